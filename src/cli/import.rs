//! `hinan import`

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use hinan_gis::import::{
    FileReport, ImportPlan, Imported, PlannedLayer, Settings, Source, check_codes, check_fit,
    import, read_axes, read_codelist, read_crs, read_encoding, read_kind,
};
use hinan_gis::{Bundle, ROADS, TownFile};
use indicatif::{ProgressBar, ProgressStyle};

use super::print::say;

/// 取込: turn the geodata a town really has into one checked bundle.
///
/// Reads Shapefile (zip or files), national data in GML (KSJ), GeoJSON, FlatGeobuf, GeoPackage, PLATEAU CityGML, elevation models
/// of GSI, OpenStreetMap extracts (roads), and CSV lists of shelters and people; each also in .zip or .gz. What a file does not say (its coordinate system, its
/// encoding, what its codes mean) must be said here or in a plan; nothing is guessed in silence, and the report says what was used
/// and why. Outlines that contradict themselves are repaired or left out, each with its number, reason and place.
///
/// 例 / examples:
///
///   hinan import --layer boundary=N03.zip --layer auto=A31a-20.xml --layer shelter_emergency=sites.csv --check
///
///   hinan import --layer flood_max=zones.shp --crs EPSG:6677 --encoding cp932 --out town.hinan
///
///   hinan import --plan import.toml --out town.hinan --report report.json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Import {
    /// A file and what it shows, KIND=PATH; may be given several times. KIND is auto where the file says it itself (KSJ flood
    /// data, PLATEAU), else flood_max, flood_planned, flood_duration, house_collapse_flow, house_collapse_erosion, inland_flood,
    /// storm_surge, tsunami, landslide, reservoir, flood_observed, tsunami_observed, landslide_observed, boundary, neighbour,
    /// district, shelter_emergency, shelter_designated, population, road, facility, gauge, camera, town_point, landmark, elevation
    #[arg(long, value_name = "KIND=PATH")]
    layer: Vec<String>,
    /// A plan in TOML that lists a town's files (docs/import.md); its paths start at its own folder
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// The town file (town.toml): name, code, gauges, rivers, credits. Without it the bundle is layers, but no town yet
    #[arg(long, value_name = "FILE")]
    town: Option<PathBuf>,
    /// Coordinate system of the files given with --layer, where they do not state it: EPSG:6668, EPSG:6677, …
    #[arg(long, value_name = "EPSG")]
    crs: Option<String>,
    /// Order of the two numbers in the files given with --layer, where it is not the habit of their format:
    /// east-first or north-first
    #[arg(long, value_name = "ORDER")]
    axes: Option<String>,
    /// Encoding of the files given with --layer, where they do not state it: utf-8, cp932 or euc-jp
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// A PLATEAU code list (XML) that explains the ranks of the files given with --layer
    #[arg(long, value_name = "FILE")]
    codelist: Option<PathBuf>,
    /// The bundle to write; it appears whole or not at all
    #[arg(long, value_name = "BUNDLE", required_unless_present = "check")]
    out: Option<PathBuf>,
    /// Write the report as JSON, too
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Read and check everything, write no bundle
    #[arg(long)]
    check: bool,
}

/// One file to read, with its path.
struct Job {
    path: PathBuf,
    settings: Settings,
}

impl Import {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let (jobs, town) = self.jobs()?;
        if jobs.is_empty() {
            bail!(
                "取り込むファイルがありません / no file to import; give --layer KIND=PATH or --plan FILE (see --help)"
            );
        }
        let town_file = town.as_deref().map(read_town).transpose()?;
        let (mut layers, mut grids, mut reports) = (Vec::new(), Vec::new(), Vec::new());
        let mut roads = None;
        for (n, job) in jobs.iter().enumerate() {
            let (imported, report) = read(job, n + 1, jobs.len())?;
            match imported {
                Imported::Layer(layer) => layers.push(layer),
                Imported::Grid(grid) => grids.push(grid),
                Imported::Roads(graph) if roads.is_none() => roads = Some(graph.to_bytes()),
                Imported::Roads(_) => bail!(
                    "{}: 道路は1ファイルだけです / accepted: one file of roads",
                    job.path.display()
                ),
            }
            say(&words(&report));
            reports.push(report);
        }
        if let Some(path) = &self.report {
            let json = serde_json::to_vec_pretty(&reports)?;
            write_whole(path, &json)?;
        }
        let has_town = town_file.is_some();
        let mut bundle = Bundle::new(town_file, layers, grids);
        check_fit(&reports, bundle.own_bounds()?)?;
        if let Some(roads) = roads {
            bundle = bundle.with_part(ROADS, roads);
        }
        let bytes = bundle.write()?;
        // What is written is read again, so that a bundle that cannot be used never appears.
        let read_back = Bundle::open(&bytes)?;
        read_back.roads()?;
        if has_town {
            let town = read_back.town()?;
            let (own, all) = read_back.own_border()?;
            if own < all {
                say(&format!(
                    "境界{all}件のうち町のものは{own}件です / {own} of {all} features of the boundary are the town's"
                ));
            }
            for note in &town.notes {
                say(&format!("注意 note: {} / {}", note.ja, note.en));
            }
            say(&format!(
                "{} {}: 発令区域 {} districts, 避難場所 {} shelters, 浸水区域 {} zones, 人口 {} people",
                town.name,
                town.code,
                town.districts.len(),
                town.shelters.len(),
                town.zones().len(),
                town.districts
                    .iter()
                    .map(|district| u64::from(district.people))
                    .sum::<u64>()
            ));
        } else {
            say(
                "町のファイル（--town）がないため、レイヤーだけの束です / without a town file this bundle is layers only",
            );
        }
        match &self.out {
            Some(path) if !self.check => {
                write_whole(path, &bytes)?;
                say(&format!(
                    "書き込みました wrote {} ({} bytes)",
                    path.display(),
                    bytes.len()
                ));
            }
            _ => say(&format!(
                "検査のみ checked only, nothing written ({} bytes)",
                bytes.len()
            )),
        }
        Ok(())
    }

    /// The files of the plan, then those of the command line.
    fn jobs(&self) -> anyhow::Result<(Vec<Job>, Option<PathBuf>)> {
        let mut jobs = Vec::new();
        let mut town = self.town.clone();
        if let Some(path) = &self.plan {
            let part = path.display().to_string();
            let text = std::fs::read_to_string(path).with_context(|| part.clone())?;
            let plan = ImportPlan::read(&part, &text)?;
            let folder = path.parent().unwrap_or_else(|| Path::new(""));
            for layer in plan.layers {
                jobs.push(planned(layer, folder)?);
            }
            town = town.or_else(|| plan.town.map(|town| folder.join(town)));
        }
        let said = Settings {
            crs: self
                .crs
                .as_deref()
                .map(|name| read_crs("--crs", name))
                .transpose()?,
            axes: self
                .axes
                .as_deref()
                .map(|name| read_axes("--axes", name))
                .transpose()?,
            encoding: self
                .encoding
                .as_deref()
                .map(|name| read_encoding("--encoding", name))
                .transpose()?,
            codelist: match &self.codelist {
                Some(_) if self.layer.len() > 1 => bail!(
                    "--codelist は1つの --layer にだけ使えます / accepted: --codelist with one --layer, or codelist of a layer in a plan; each city has its own list"
                ),
                Some(path) => codelist(path)?,
                None => Default::default(),
            },
            ..Settings::default()
        };
        for layer in &self.layer {
            let Some((kind, path)) = layer.split_once('=') else {
                bail!("--layer is {layer}; accepted: KIND=PATH, such as boundary=N03.zip");
            };
            jobs.push(Job {
                path: PathBuf::from(path),
                settings: Settings {
                    kind: read_kind("--layer", kind)?,
                    ..said.clone()
                },
            });
        }
        Ok((jobs, town))
    }
}

fn planned(layer: PlannedLayer, folder: &Path) -> anyhow::Result<Job> {
    let mut settings = layer.settings;
    if let Some(path) = layer.codelist {
        settings.codelist = codelist(&folder.join(path))?;
    }
    Ok(Job {
        path: folder.join(layer.path),
        settings,
    })
}

fn codelist(path: &Path) -> anyhow::Result<std::collections::BTreeMap<String, String>> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).with_context(|| name.clone())?;
    let codes = read_codelist(&name, &bytes)?;
    check_codes(&name, &codes)?;
    Ok(codes)
}

fn read_town(path: &Path) -> anyhow::Result<TownFile> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(TownFile::read(&text)?)
}

fn read(job: &Job, n: usize, of: usize) -> anyhow::Result<(Imported, FileReport)> {
    let shown = job.path.display().to_string();
    let source = Source {
        name: job
            .path
            .file_name()
            .map_or_else(|| shown.clone(), |name| name.to_string_lossy().into_owned()),
        bytes: bytes(&job.path)?,
        beside: beside(&job.path)?,
    };
    // Packed files grow while they are read, so there is no length to measure against: what is shown is how far it has come.
    let style =
        ProgressStyle::with_template("取込 importing {prefix} {msg} {spinner} {bytes} {elapsed}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
    let bar = ProgressBar::new_spinner().with_style(style);
    bar.set_prefix(format!("{n}/{of}"));
    bar.set_message(source.name.clone());
    let outcome = import(&source, &job.settings, &mut |done| bar.set_position(done));
    bar.finish_and_clear();
    Ok(outcome?)
}

fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    /// More than any geodata file is; larger ones are not even read.
    const BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
    let shown = path.display().to_string();
    let length = std::fs::metadata(path)
        .with_context(|| shown.clone())?
        .len();
    if length > BYTES_MAX {
        bail!("{shown}: {length} bytes; accepted: at most {BYTES_MAX} bytes");
    }
    std::fs::read(path).context(shown)
}

/// The files that belong to a Shapefile, in either case of letters.
fn beside(path: &Path) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let is_shapefile = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("shp"));
    let mut found = Vec::new();
    for extension in ["dbf", "prj", "cpg", "DBF", "PRJ", "CPG"] {
        let beside = path.with_extension(extension);
        if is_shapefile && beside.is_file() {
            let name = beside
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            found.push((name, bytes(&beside)?));
        }
    }
    Ok(found)
}

/// What became of a file, in a few lines.
fn words(report: &FileReport) -> String {
    let mut lines = vec![format!(
        "{} → {} ({}): 読込 read {}, 採用 accepted {}, 補正 repaired {}, 整形 tidied {}, 除外 refused {}",
        report.file,
        report.kind,
        report.format,
        report.read,
        report.accepted,
        report.repaired,
        report.tidied,
        report.refused
    )];
    lines.push(format!(
        "  座標系 crs: {} ← {}",
        report.crs, report.crs_from
    ));
    if !report.axes.is_empty() {
        lines.push(format!(
            "  軸の順 axes: {} ← {}",
            report.axes, report.axes_from
        ));
    }
    if let (Some(encoding), Some(from)) = (&report.encoding, &report.encoding_from) {
        lines.push(format!("  文字 encoding: {encoding} ← {from}"));
    }
    if let Some([west, south, east, north]) = report.bounds {
        lines.push(format!(
            "  範囲 bounds: {west:.5} {south:.5} – {east:.5} {north:.5}"
        ));
    }
    if let Some(m2) = report.area_m2 {
        lines.push(format!("  面積 area: {:.3} km²", m2 / 1e6));
    }
    for (class, count) in &report.by_class {
        let area = report
            .area_by_class_m2
            .get(class)
            .map_or_else(String::new, |m2| format!(", {:.3} km²", m2 / 1e6));
        lines.push(format!("    {class}: {count}{area}"));
    }
    if let Some(people) = report.people {
        lines.push(format!("  人口 people: {people}"));
    }
    for (fault, count) in &report.faults {
        let (ja, en) = fault.words();
        lines.push(format!("  {ja} {en}: {count}"));
    }
    for warning in &report.warnings {
        lines.push(format!("  注意 warning: {warning}"));
    }
    const SHOWN_MAX: usize = 10;
    for refusal in report.refusals.iter().take(SHOWN_MAX) {
        let at = refusal
            .at
            .map_or_else(String::new, |[lon, lat]| format!(" ({lon:.6} {lat:.6})"));
        lines.push(format!(
            "  除外 refused: {}{at}: {}",
            refusal.feature, refusal.why
        ));
    }
    if report.refused as usize > SHOWN_MAX {
        lines.push(format!(
            "  … ほか {} more; --report lists them",
            report.refused as usize - SHOWN_MAX
        ));
    }
    lines.join("\n")
}

/// Writes beside the path and renames, so that nobody ever sees a half-written file.
fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let shown = path.display().to_string();
    let mut name = path
        .file_name()
        .with_context(|| format!("{shown} is no file name"))?
        .to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&part, path)
    };
    write()
        .inspect_err(|_| drop(std::fs::remove_file(&part)))
        .with_context(|| shown)
}
