//! The import plan: which files a town has, and what the files do not say themselves.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::settings::{Settings, TextEncoding};
use crate::crs::{Axes, Crs};
use crate::refusal::LoadError;
use crate::{Attribution, Depth, LayerKind};

const BYTES_MAX: usize = 1024 * 1024;
const LAYERS_MAX: usize = 1_000;
/// What may be named under `columns`.
const ASKED: [&str; 24] = [
    "depth",
    "duration",
    "zone",
    "phenomenon",
    "river",
    "number",
    "name",
    "id",
    "code",
    "people",
    "people_day",
    "households",
    "share_inside",
    "mesh",
    "address",
    "municipality",
    "capacity",
    "elevation_m",
    "accepts",
    "note",
    "lon",
    "lat",
    "town",
    "city",
];

/// A plan as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    town: Option<String>,
    #[serde(default, rename = "layer")]
    layers: Vec<WrittenLayer>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLayer {
    kind: String,
    path: String,
    crs: Option<String>,
    axes: Option<String>,
    encoding: Option<String>,
    table: Option<String>,
    #[serde(default)]
    columns: BTreeMap<String, String>,
    #[serde(default)]
    codes: BTreeMap<String, String>,
    codelist: Option<String>,
    river: Option<String>,
    #[serde(default)]
    approximate: bool,
    attribution: Option<WrittenAttribution>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAttribution {
    what: String,
    source: String,
    licence: String,
}

/// Which files a town has.
#[derive(Clone, Debug, Default)]
pub struct ImportPlan {
    /// Path of the town file, from the folder of the plan.
    pub town: Option<String>,
    /// Files, in the order they are imported.
    pub layers: Vec<PlannedLayer>,
}

/// One file of a plan.
#[derive(Clone, Debug, Default)]
pub struct PlannedLayer {
    /// Its path, from the folder of the plan.
    pub path: String,
    /// Path of a PLATEAU code list that explains its ranks.
    pub codelist: Option<String>,
    /// What the file does not say itself.
    pub settings: Settings,
}

impl ImportPlan {
    /// Reads the text of a plan. `part` names it in refusals.
    ///
    /// # Errors
    /// The first key that is wrong, with its value and what is accepted.
    pub fn read(part: &str, text: &str) -> Result<Self, LoadError> {
        if text.len() > BYTES_MAX {
            return Err(LoadError::TooLarge {
                part: part.to_owned(),
                max_bytes: BYTES_MAX,
            });
        }
        let written: Written = toml::from_str(text).map_err(|why| LoadError::Unreadable {
            part: part.to_owned(),
            format: "an import plan in TOML",
            why: why.to_string().trim_end().to_owned(),
        })?;
        if written.layers.is_empty() || written.layers.len() > LAYERS_MAX {
            let accepted = format!("1 to {LAYERS_MAX} tables [[layer]]");
            return Err(LoadError::refused(
                part,
                "layer",
                written.layers.len(),
                accepted,
            ));
        }
        let layers = written
            .layers
            .into_iter()
            .enumerate()
            .map(|(n, layer)| layer.read(&format!("{part} layer[{n}]")))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            town: written.town,
            layers,
        })
    }
}

impl WrittenLayer {
    fn read(self, part: &str) -> Result<PlannedLayer, LoadError> {
        let mut columns = self.columns.keys();
        if let Some(asked) = columns.find(|asked| !ASKED.contains(&asked.as_str())) {
            return Err(LoadError::refused(part, "columns", asked, ASKED.join(", ")));
        }
        check_codes(part, &self.codes)?;
        let settings = Settings {
            kind: read_kind(part, &self.kind)?,
            crs: self
                .crs
                .as_deref()
                .map(|name| read_crs(part, name))
                .transpose()?,
            axes: self
                .axes
                .as_deref()
                .map(|name| read_axes(part, name))
                .transpose()?,
            encoding: self
                .encoding
                .as_deref()
                .map(|name| read_encoding(part, name))
                .transpose()?,
            table: self.table,
            columns: self.columns,
            codes: self.codes,
            codelist: BTreeMap::new(),
            river: self.river,
            approximate: self.approximate,
            attribution: self.attribution.map(|credit| Attribution {
                what: credit.what,
                source: credit.source,
                licence: credit.licence,
            }),
        };
        Ok(PlannedLayer {
            path: self.path,
            codelist: self.codelist,
            settings,
        })
    }
}

/// The kind of layer with this key; nothing for `auto`, where the file says it itself.
///
/// # Errors
/// The keys that are accepted.
pub fn read_kind(part: &str, key: &str) -> Result<Option<LayerKind>, LoadError> {
    if key == "auto" {
        return Ok(None);
    }
    LayerKind::from_key(key).map(Some).ok_or_else(|| {
        let accepted = format!("auto, {}", LayerKind::ALL.map(LayerKind::key).join(", "));
        LoadError::refused(part, "kind", key, accepted)
    })
}

/// The coordinate system with this name.
///
/// # Errors
/// The systems that are accepted.
pub fn read_crs(part: &str, name: &str) -> Result<Crs, LoadError> {
    Crs::from_name(name)
        .map(|(crs, _)| crs)
        .map_err(|why| LoadError::refused(part, "crs", name, why.to_string()))
}

/// The axis order with this name.
///
/// # Errors
/// The names that are accepted.
pub fn read_axes(part: &str, name: &str) -> Result<Axes, LoadError> {
    match name {
        "east-first" => Ok(Axes::EastFirst),
        "north-first" => Ok(Axes::NorthFirst),
        _ => {
            let accepted = "east-first (longitude or Y of the law first) or north-first (latitude or X of the law first)";
            Err(LoadError::refused(part, "axes", name, accepted))
        }
    }
}

/// The encoding with this name.
///
/// # Errors
/// The names that are accepted.
pub fn read_encoding(part: &str, name: &str) -> Result<TextEncoding, LoadError> {
    TextEncoding::from_name(name).ok_or_else(|| {
        LoadError::refused(part, "encoding", name, "utf-8, cp932 (Shift_JIS) or euc-jp")
    })
}

/// Checks that the words of a list of codes say a depth.
///
/// # Errors
/// The first code whose words are not understood.
pub fn check_codes(part: &str, codes: &BTreeMap<String, String>) -> Result<(), LoadError> {
    match codes
        .iter()
        .find(|(_, words)| Depth::from_words(words).is_none())
    {
        None => Ok(()),
        Some((code, words)) => {
            let accepted = "words such as 0.5m未満, 0.3m以上1m未満, 20m以上";
            Err(LoadError::refused(
                part,
                &format!("codes.{code}"),
                words,
                accepted,
            ))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::ImportPlan;
    use crate::LayerKind;
    use crate::crs::{Axes, Crs, Datum};

    const PLAN: &str = r#"
town = "town.toml"
[[layer]]
kind = "flood_max"
path = "zones.zip"
crs = "EPSG:6677"
axes = "north-first"
encoding = "cp932"
columns = { depth = "ランク" }
codes = { A = "0.3m未満" }
[[layer]]
kind = "auto"
path = "A31a-20.xml"
"#;

    fn check(from: &str, to: &str, expected: &str) {
        assert!(PLAN.contains(from));
        let said = ImportPlan::read("plan.toml", &PLAN.replacen(from, to, 1))
            .unwrap_err()
            .to_string();
        assert!(said.contains(expected), "{said}");
    }

    #[test]
    fn a_plan_says_what_files_do_not() {
        let plan = ImportPlan::read("plan.toml", PLAN).unwrap();
        let first = &plan.layers[0].settings;
        assert_eq!(first.kind, Some(LayerKind::FloodMax));
        assert_eq!(first.crs, Some(Crs::PlaneRectangular(Datum::Jgd2011, 9)));
        assert_eq!(first.axes, Some(Axes::NorthFirst));
        assert_eq!(plan.layers[1].settings.kind, None);
    }

    #[test]
    fn faults_of_a_plan_are_named() {
        check(
            "flood_max",
            "flood",
            "plan.toml layer[0]: kind is flood; accepted: auto, flood_max",
        );
        check("EPSG:6677", "EPSG:30169", "TKY2JGD");
        check("north-first", "xy", "axes is xy; accepted: east-first");
        check("cp932", "latin1", "encoding is latin1; accepted: utf-8");
        check("depth =", "deep =", "columns is deep; accepted: depth");
        check("0.3m未満", "浅い", "codes.A is 浅い");
        check("kind = \"auto\"", "knd = \"auto\"", "knd");
        check(
            "[[layer]]\nkind = \"auto\"\npath = \"A31a-20.xml\"\n",
            "[layer",
            "an import plan in TOML",
        );
    }
}
