//! Finding, importing and tabulating the files of other people.

use std::path::{Path, PathBuf};

use hinan_gis::import::{FileReport, ImportError, Imported, Settings, Source, import};
use hinan_gis::{Facts, Layer, LayerKind};

/// The folder of geodata; nothing where there are no samples, which is said.
pub(crate) fn folder(of: &str) -> Option<PathBuf> {
    let Some(samples) = std::env::var_os("HINAN_SAMPLES") else {
        println!("skipped: no samples");
        return None;
    };
    // Tests run in the folder of their crate; the variable is meant from the root of the workspace.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    Some(root.join(samples).join("gis").join(of))
}

pub(crate) fn kind(kind: LayerKind) -> Settings {
    Settings {
        kind: Some(kind),
        ..Settings::default()
    }
}

pub(crate) fn read(
    folder: &Path,
    file: &str,
    settings: &Settings,
) -> Result<(Imported, FileReport), ImportError> {
    let path = folder.join(file);
    let source = Source {
        name: path.file_name().unwrap().to_string_lossy().into_owned(),
        bytes: std::fs::read(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display())),
        beside: Vec::new(),
    };
    let mut last = 0;
    let outcome = import(&source, settings, &mut |done| {
        assert!(done >= last, "progress never goes back");
        last = done;
    });
    match &outcome {
        Ok((_, report)) => row(report),
        Err(why) => println!("{file}: refused: {why}"),
    }
    outcome
}

/// Reads a file that must become a layer.
pub(crate) fn layer(folder: &Path, file: &str, settings: &Settings) -> (Layer, FileReport) {
    match read(folder, file, settings) {
        Ok((Imported::Layer(layer), report)) => (layer, report),
        other => panic!("{file}: {other:?}"),
    }
}

pub(crate) fn row(report: &FileReport) {
    println!(
        "{:52} {:22} {:16} read {:6} accepted {:6} repaired {:4} tidied {:4} refused {:3} {:>10} km2  {} ({}) {:?} {:?}",
        report.file,
        report.kind,
        report.format,
        report.read,
        report.accepted,
        report.repaired,
        report.tidied,
        report.refused,
        report
            .area_m2
            .map_or_else(|| "-".to_owned(), |m2| format!("{:.3}", m2 / 1e6)),
        report.crs,
        report.crs_from,
        report.faults,
        report.unknown_codes,
    );
    for warning in &report.warnings {
        println!("    {warning}");
    }
    for refusal in report.refusals.iter().take(3) {
        println!(
            "    feature {} {:?}: {}",
            refusal.feature, refusal.at, refusal.why
        );
    }
}

pub(crate) fn km2(report: &FileReport) -> f64 {
    report.area_m2.unwrap() / 1e6
}

/// How many sites are designated for each hazard, in the order of the national list.
pub(crate) fn flags(layer: &Layer) -> [usize; 8] {
    hinan_gis::Hazard::ALL.map(|hazard| {
        layer
            .features
            .iter()
            .filter(|feature| matches!(&feature.facts, Facts::Site(site) if site.approved_for.contains(&hazard)))
            .count()
    })
}
