//! `hinan locate`

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use geo::Point;
use hinan_gis::road::{
    Light, RoadGraph, RoadLimits, WalkConditions, WalkGroup, WalkSettings, Weather,
};
use hinan_gis::{Bundle, Hazard, LocateSettings, Located, Locator, ShelterThere, Town};
use serde::Serialize;

/// Says what is known about places: zones, depth, district, nearest usable shelters and the way there.
///
/// Reads one place a line, longitude and then latitude in degrees, with blanks, a comma or a tab between them:
///
///   echo 143.2017 42.9236 | hinan locate --town config/obihiro
///   hinan locate --town town.hinan houses.csv > houses.jsonl
///
/// Empty lines and what follows a # are left out. Each place gives one line of JSON, in the order of the input; a line
/// that is no place gives one with its number and the error, and the exit status is 1 at the end. A place on the line of
/// a zone is inside. docs/locate.md describes every key.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Locate {
    /// 町: a town bundle made by `hinan import`, or a folder with town.toml and map.json.gz
    #[arg(long, value_name = "BUNDLE|DIR")]
    town: PathBuf,
    /// Files of places; standard input where none is named, or for -
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// 災害種別: the hazard the shelters must be designated for
    #[arg(long, default_value = "flood", value_parser = hazard)]
    hazard: Hazard,
    /// How many shelters, 0 to 100
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(0..=100))]
    shelters: u8,
    /// 道路: an OpenStreetMap file (.osm, .osm.gz, .osm.pbf) for a town folder; a bundle has its own roads
    #[arg(long, value_name = "FILE")]
    roads: Option<PathBuf>,
    /// 誰が歩くか: adults, elderly, with_infants or assisted
    #[arg(long, default_value = "adults", value_parser = group)]
    group: WalkGroup,
    /// 夜間: at night people walk more slowly
    #[arg(long)]
    night: bool,
    /// 天候: fair, rain or snow
    #[arg(long, default_value = "fair", value_parser = weather)]
    weather: Weather,
}

impl Locate {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let locator = self.locator()?;
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let stdin = PathBuf::from("-");
        let files = if self.files.is_empty() {
            std::slice::from_ref(&stdin)
        } else {
            &self.files
        };
        let mut bad = 0_u64;
        for path in files {
            let read = if path == &stdin {
                self.answer(&locator, io::stdin().lock(), &mut out)
            } else {
                File::open(path).and_then(|file| {
                    self.answer(&locator, BufReader::with_capacity(1 << 16, file), &mut out)
                })
            };
            bad += match read {
                // Whoever reads us has enough: not our fault, and nothing is left to do.
                Err(why) if why.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
                read => read.with_context(|| path.display().to_string())?,
            };
        }
        out.flush()?;
        if bad > 0 {
            bail!("{bad}行は場所として読めませんでした / {bad} lines could not be read as places");
        }
        Ok(())
    }

    /// From a town folder or a bundle, with the roads there are.
    fn locator(&self) -> anyhow::Result<Locator> {
        let light = if self.night { Light::Night } else { Light::Day };
        let settings = LocateSettings {
            hazard: self.hazard,
            shelters: usize::from(self.shelters),
            walking: WalkSettings::default(),
            conditions: WalkConditions::in_hazard(self.hazard, self.group, light, self.weather),
        };
        let path = &self.town;
        if path.is_dir() {
            let text = read(&path.join("town.toml"))?;
            let text = String::from_utf8(text)
                .with_context(|| path.join("town.toml").display().to_string())?;
            let town = Town::load(&text, &read(&path.join("map.json.gz"))?)?;
            let roads = match &self.roads {
                Some(path) => Some(
                    RoadGraph::from_osm(&read(path)?, RoadLimits::default())
                        .with_context(|| path.display().to_string())?,
                ),
                None => None,
            };
            return Ok(Locator::of_town(town, roads, settings));
        }
        if let Some(roads) = &self.roads {
            bail!(
                "--roads {}: 束は自分の道路を持ちます / accepted: only beside a town folder; a bundle gets its roads from hinan import --layer road=FILE",
                roads.display()
            );
        }
        let shown = || path.display().to_string();
        let bundle = Bundle::open(&read(path)?).with_context(shown)?;
        Locator::of_bundle(&bundle, settings).with_context(shown)
    }

    /// Answers every line of one input; how many were no place.
    fn answer(
        &self,
        locator: &Locator,
        mut input: impl BufRead,
        out: &mut impl Write,
    ) -> io::Result<u64> {
        let mut bad = 0;
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            if !read_line(&mut input, &mut line)? {
                break;
            }
            match place(&line) {
                Ok(None) => continue,
                Ok(Some(place)) => {
                    let located = locator.locate(place);
                    serde_json::to_writer(&mut *out, &Answer::of(number, place, &located))?;
                }
                Err(refused) => {
                    bad += 1;
                    serde_json::to_writer(
                        &mut *out,
                        &Refused {
                            line: number,
                            ..refused
                        },
                    )?;
                }
            }
            out.write_all(b"\n")?;
        }
        Ok(bad)
    }
}

/// One line of the answer. The keys are a promise: see docs/locate.md.
#[derive(Serialize)]
struct Answer<'a> {
    line: u64,
    lon: f64,
    lat: f64,
    in_town: Option<bool>,
    district: Option<District<'a>>,
    in_flood_zone: bool,
    depth_rank: Option<u8>,
    depth_ja: Option<&'a str>,
    depth_en: Option<&'a str>,
    zones: Vec<Zone<'a>>,
    flood_zone_m: Option<f64>,
    shelters: Vec<Shelter<'a>>,
}

impl<'a> Answer<'a> {
    fn of(line: u64, place: Point<f64>, found: &'a Located<'a>) -> Self {
        Self {
            line,
            lon: place.x(),
            lat: place.y(),
            in_town: found.in_town,
            district: found.district.map(|(id, name)| District { id, name }),
            in_flood_zone: found.in_flood_zone,
            depth_rank: found.flood_rank.map(hinan_gis::DepthRank::get),
            depth_ja: found.flood_rank.map(hinan_gis::DepthRank::words_ja),
            depth_en: found.flood_rank.map(hinan_gis::DepthRank::words_en),
            zones: found
                .zones
                .iter()
                .map(|zone| Zone {
                    layer: zone.layer.key(),
                    number: zone.number,
                    rank: zone.rank.map(hinan_gis::DepthRank::get),
                    words_ja: &zone.words_ja,
                    words_en: &zone.words_en,
                    river: zone.river,
                })
                .collect(),
            flood_zone_m: found.flood_zone_m.map(tenths),
            shelters: found.shelters.iter().map(Shelter::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct District<'a> {
    id: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct Zone<'a> {
    layer: &'a str,
    number: u32,
    rank: Option<u8>,
    words_ja: &'a str,
    words_en: &'a str,
    river: Option<&'a str>,
}

#[derive(Serialize)]
struct Shelter<'a> {
    id: &'a str,
    name: &'a str,
    distance_m: f64,
    walk_s: Option<u32>,
    walk_basis: Option<&'a str>,
    no_way_ja: Option<String>,
    no_way: Option<String>,
    in_town: bool,
}

impl<'a> Shelter<'a> {
    fn of(there: &ShelterThere<'a>) -> Self {
        let (walk, no_way) = (there.walk.ok(), there.walk.err());
        Self {
            id: &there.shelter.id,
            name: &there.shelter.name,
            distance_m: tenths(there.distance_m),
            walk_s: walk.map(|walk| walk.time_ms.div_ceil(1_000)),
            walk_basis: walk.map(|walk| walk.basis.key()),
            no_way_ja: no_way.map(|why| why.words_ja()),
            no_way: no_way.map(|why| why.words_en()),
            in_town: there.shelter.in_town,
        }
    }
}

/// A line that is no place.
#[derive(Debug, PartialEq, Serialize)]
struct Refused {
    line: u64,
    error_ja: &'static str,
    error: &'static str,
    found: String,
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}

/// Longest line that is looked at; no place needs as much.
const LINE_BYTES_MAX: usize = 4_096;

/// Reads one line, and of one that is too long only the beginning. False at the end.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    let mut limited = io::Read::take(&mut *input, LINE_BYTES_MAX as u64 + 1);
    if limited.read_until(b'\n', line)? == 0 {
        return Ok(false);
    }
    if line.len() > LINE_BYTES_MAX && line.last() != Some(&b'\n') {
        loop {
            let more = input.fill_buf()?;
            if more.is_empty() {
                break;
            }
            let end = more.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(more.len(), |end| end + 1);
            input.consume(used);
            if end.is_some() {
                break;
            }
        }
    }
    Ok(true)
}

/// The place of a line; nothing for one that is empty or a comment.
fn place(line: &[u8]) -> Result<Option<Point<f64>>, Refused> {
    let refused = |error_ja, error| Refused {
        line: 0,
        error_ja,
        error,
        found: String::from_utf8_lossy(line)
            .trim_end()
            .chars()
            .take(80)
            .collect(),
    };
    let without_end = line.strip_suffix(b"\n").unwrap_or(line);
    let without_end = without_end.strip_suffix(b"\r").unwrap_or(without_end);
    if without_end.len() > LINE_BYTES_MAX {
        return Err(refused(
            "行が長すぎます（4096バイトまで）",
            "the line is longer than 4096 bytes",
        ));
    }
    let Ok(text) = std::str::from_utf8(line) else {
        return Err(refused("UTF-8ではありません", "not UTF-8"));
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.split('#').next().unwrap_or_default().trim();
    if text.is_empty() {
        return Ok(None);
    }
    let parts: Vec<&str> = text
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|part| !part.is_empty())
        .collect();
    let [lon, lat] = parts[..] else {
        return Err(refused(
            "経度と緯度の2つの数が必要です",
            "two numbers are needed: longitude and then latitude",
        ));
    };
    let (Ok(lon), Ok(lat)) = (lon.parse::<f64>(), lat.parse::<f64>()) else {
        return Err(refused("数ではありません", "not a number"));
    };
    if (122.0..=154.5).contains(&lon) && (20.0..=46.5).contains(&lat) {
        return Ok(Some(Point::new(lon, lat)));
    }
    if (122.0..=154.5).contains(&lat) && (20.0..=46.5).contains(&lon) {
        return Err(refused(
            "経度と緯度が逆です（経度が先）",
            "longitude and latitude are exchanged; longitude comes first",
        ));
    }
    Err(refused(
        "日本の外です（経度122〜154.5、緯度20〜46.5）",
        "outside Japan: longitude 122 to 154.5, latitude 20 to 46.5",
    ))
}

/// Rounded to a tenth of a metre: more would pretend.
fn tenths(metres: f64) -> f64 {
    (metres * 10.0).round() / 10.0
}

fn hazard(key: &str) -> Result<Hazard, String> {
    Hazard::from_key(key)
        .ok_or_else(|| format!("accepted: {}", Hazard::ALL.map(Hazard::key).join(", ")))
}

fn group(key: &str) -> Result<WalkGroup, String> {
    WalkGroup::from_key(key).ok_or_else(|| {
        format!(
            "accepted: {}",
            WalkGroup::ALL.map(WalkGroup::key).join(", ")
        )
    })
}

fn weather(key: &str) -> Result<Weather, String> {
    Weather::from_key(key)
        .ok_or_else(|| format!("accepted: {}", Weather::ALL.map(Weather::key).join(", ")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::path::PathBuf;

    use super::{Locate, place};
    use hinan_gis::Hazard;
    use hinan_gis::road::{WalkGroup, Weather};

    fn command(town: PathBuf) -> Locate {
        Locate {
            town,
            files: Vec::new(),
            hazard: Hazard::Flood,
            shelters: 2,
            roads: None,
            group: WalkGroup::Adults,
            night: false,
            weather: Weather::Fair,
        }
    }

    fn obihiro() -> PathBuf {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/config/obihiro"))
    }

    fn locate(input: &str) -> (Vec<serde_json::Value>, u64) {
        let command = command(obihiro());
        let locator = command.locator().unwrap();
        let mut out = Vec::new();
        let bad = command
            .answer(&locator, input.as_bytes(), &mut out)
            .unwrap();
        let lines = String::from_utf8(out).unwrap();
        (
            lines
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect(),
            bad,
        )
    }

    #[test]
    fn each_place_gets_one_line_in_the_order_of_the_input() {
        let (lines, bad) = locate(
            "# houses\n143.2017 42.9236\n\n143.2017,42.9236 # the same\n\u{feff}143.2017\t42.9236\r\n",
        );
        assert_eq!(bad, 0);
        let numbers: Vec<u64> = lines
            .iter()
            .map(|line| line["line"].as_u64().unwrap())
            .collect();
        assert_eq!(numbers, [2, 4, 5]);
        for line in &lines {
            assert_eq!(
                (line["lon"].as_f64(), line["lat"].as_f64()),
                (Some(143.2017), Some(42.9236))
            );
            assert_eq!(line["zones"], lines[0]["zones"]);
        }
    }

    /// The keys are a promise to those who read them with a program.
    #[test]
    fn the_shape_of_an_answer_stays() {
        let (lines, _) = locate("143.2017 42.9236\n");
        let keys: Vec<&str> = lines[0]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let mut expected = [
            "line",
            "lon",
            "lat",
            "in_town",
            "district",
            "in_flood_zone",
            "depth_rank",
            "depth_ja",
            "depth_en",
            "zones",
            "flood_zone_m",
            "shelters",
        ];
        expected.sort_unstable();
        let mut found = keys.clone();
        found.sort_unstable();
        assert_eq!(found, expected);
        let shelters = lines[0]["shelters"].as_array().unwrap();
        assert_eq!(shelters.len(), 2);
        let (metres, seconds) = (
            shelters[0]["distance_m"].as_f64().unwrap(),
            shelters[0]["walk_s"].as_f64().unwrap(),
        );
        assert!(
            (seconds - metres * 1.3).abs() < 1.2 && shelters[0]["walk_basis"] == "straight_line"
        );
    }

    #[test]
    fn a_line_that_is_no_place_is_told_with_its_number_and_does_not_stop_the_rest() {
        let (lines, bad) = locate("42.9 143.2\n1 2 3\nx y\n10 10\nnan 43\n143.2 42.9\n");
        assert_eq!(bad, 5);
        let said: Vec<&str> = lines[..5]
            .iter()
            .map(|line| line["error"].as_str().unwrap())
            .collect();
        assert!(
            said[0].contains("exchanged")
                && said[1].contains("two numbers")
                && said[2] == "not a number"
        );
        assert!(said[3].contains("outside Japan") && said[4].contains("outside Japan"));
        assert_eq!(lines[1]["found"], "1 2 3");
        assert_eq!(lines[5]["line"], 6);
    }

    #[test]
    fn a_line_without_end_is_refused_and_the_next_one_is_read() {
        let long = "1".repeat(100_000);
        let (lines, bad) = locate(&format!("{long}\n143.2 42.9\n{long}"));
        assert_eq!((bad, lines.len()), (2, 3));
        assert_eq!(lines[1]["line"], 2);
        assert!(lines[0]["found"].as_str().unwrap().len() <= 80);
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert_eq!(place(b"\xff\xfe 1").unwrap_err().error, "not UTF-8");
        assert_eq!(place(b"  # only a remark\n"), Ok(None));
    }

    #[test]
    fn a_town_that_is_not_there_is_named() {
        let command = command(PathBuf::from("/no/such/town"));
        let said = format!("{:#}", command.locator().unwrap_err());
        assert!(said.contains("/no/such/town"), "{said}");
    }

    #[test]
    fn roads_beside_a_bundle_are_refused_because_it_has_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("town.hinan");
        std::fs::write(&path, hinan_gis::Bundle::default().write().unwrap()).unwrap();
        let mut command = command(path);
        command.roads = Some(PathBuf::from("roads.osm"));
        let said = command.locator().unwrap_err().to_string();
        assert!(
            said.contains("roads.osm") && said.contains("only beside a town folder"),
            "{said}"
        );
    }

    #[test]
    fn with_roads_a_time_says_that_it_rests_on_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("roads.osm");
        let map = "<osm><node id='1' lat='42.92' lon='143.19'/><node id='2' lat='42.92' lon='143.22'/>\
                   <way id='1'><nd ref='1'/><nd ref='2'/><tag k='highway' v='residential'/></way></osm>";
        std::fs::write(&path, map).unwrap();
        let mut command = command(obihiro());
        command.roads = Some(path);
        let locator = command.locator().unwrap();
        let mut out = Vec::new();
        command
            .answer(&locator, &b"143.2017 42.9201\n143.5 42.5\n"[..], &mut out)
            .unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let near = &lines[0]["shelters"][0];
        assert!(
            near["walk_basis"] == "roads" && near["walk_s"].as_u64().unwrap() > 0,
            "{near}"
        );
        let far = &lines[1]["shelters"][0];
        assert!(
            far["walk_s"].is_null() && far["no_way"] == "no way for walking near the start",
            "{far}"
        );
    }
}
