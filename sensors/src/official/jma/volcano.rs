//! 噴火警報・予報 (VFVO50), 火山の状況に関する解説情報 (VFVO51), 噴火に関する火山観測報 (VFVO52), 噴火速報 (VFVO56), 降灰予報 (VFVO53–55).

use serde::{Deserialize, Serialize};

use crate::official::area::{Area, AreaCode};
use crate::official::grade::{Class, Grade};
use crate::official::refusal::Refusal;
use crate::official::xml::{Element, cut};

use super::bulletin::texts;

const ROWS_MAX: usize = 5000;

/// One report about a volcano.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VolcanoReport {
    /// Volcanoes it is about.
    pub volcanoes: Vec<Area>,
    /// What it says of them: `レベル３（入山規制）`, 噴火, ….
    pub kinds: Vec<VolcanoKind>,
    /// What it says of municipalities.
    pub municipalities: Vec<VolcanoArea>,
    /// Texts; each cut after 4000 characters.
    pub texts: Vec<String>,
}

/// A kind as sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolcanoKind {
    /// `Kind/Code`.
    pub code: String,
    /// `Kind/Name`.
    pub name: String,
    /// `Kind/Condition`: 引上げ, 引下げ, 継続, 発表, 解除.
    pub condition: String,
}

/// What is said of one municipality.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolcanoArea {
    /// Municipality.
    pub area: AreaCode,
    /// Its name.
    pub name: String,
    /// How serious.
    pub grade: Grade,
    /// The kind as sent.
    pub kind: VolcanoKind,
}

/// `Kind/Code` for municipalities. Eruption levels (噴火警戒レベル) are no alert levels of floods, so none is given.
pub(crate) fn grade(kind: &VolcanoKind) -> Grade {
    let class = match (kind.code.as_str(), kind.name.as_str()) {
        _ if kind.condition == "解除" => Class::None,
        ("01" | "02" | "03", _) => Class::Warning,
        ("04" | "05" | "06", _) | (_, "噴火予報") => Class::None,
        // 噴火速報: an eruption was seen.
        ("51" | "52" | "53" | "54" | "55" | "56", _) => Class::Information,
        (_, name) if name.contains("警報") => Class::Warning,
        _ => Class::Unknown,
    };
    Grade::new(class, None)
}

/// Reads a report.
pub(crate) fn read(body: &Element) -> Result<VolcanoReport, Refusal> {
    let mut report = VolcanoReport {
        volcanoes: Vec::new(),
        kinds: Vec::new(),
        municipalities: Vec::new(),
        texts: Vec::new(),
    };
    for info in body.all("VolcanoInfo") {
        let about = info.attribute("type");
        for item in info.all("Item") {
            let kind = VolcanoKind {
                code: cut(item.text_at(&["Kind", "Code"]), 10),
                name: cut(item.text_at(&["Kind", "Name"]), 80),
                condition: cut(item.text_at(&["Kind", "Condition"]), 40),
            };
            for areas in item.all("Areas") {
                let table = areas.attribute("codeType");
                for area in areas.all("Area") {
                    if report.municipalities.len() + report.volcanoes.len() >= ROWS_MAX {
                        return Err(Refusal::TooMany {
                            what: "areas of a volcano",
                            max: ROWS_MAX,
                        });
                    }
                    if table == "火山名" {
                        let named = Area::of(area);
                        if !report.volcanoes.contains(&named) {
                            report.volcanoes.push(named);
                        }
                        if !report.kinds.contains(&kind) {
                            report.kinds.push(kind.clone());
                        }
                    } else if about.contains("（対象市町村等）")
                        && let Some(code) = AreaCode::read(area.text_of("Code"))
                    {
                        report.municipalities.push(VolcanoArea {
                            area: code,
                            name: cut(area.text_of("Name"), 80),
                            grade: grade(&kind),
                            kind: kind.clone(),
                        });
                    }
                }
            }
        }
    }
    texts(body, &mut report.texts);
    Ok(report)
}
