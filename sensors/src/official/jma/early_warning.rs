//! 緊急地震速報 (VXSE43, 44, 45). Every serial replaces the one before; the last says 最終報. Passing these on has rules of its
//! own: they are shown to officers, never published.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::earthquake::{Comment, Earthquake, comments, earthquake};
use crate::official::area::Area;
use crate::official::envelope::time;
use crate::official::refusal::Refusal;
use crate::official::value::Intensity;
use crate::official::xml::{Element, cut};

const AREAS_MAX: usize = 2000;

/// One report of an early warning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlyWarning {
    /// The earthquake as it is estimated now.
    pub earthquake: Option<Earthquake>,
    /// Expected intensities.
    pub areas: Vec<ExpectedIntensity>,
    /// 最終報: no further report will come.
    pub last: bool,
    /// Fixed sentences.
    pub comments: Vec<Comment>,
}

/// What is expected in one area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpectedIntensity {
    /// Prefecture (府県予報区).
    pub prefecture: Area,
    /// Area (細分区域).
    pub area: Area,
    /// `Kind/Code`: 10, 11, 19 are warnings, 00, 01, 09 forecasts.
    pub kind_code: String,
    /// Lower bound.
    pub from: Option<Intensity>,
    /// Upper bound; `None` with `or_more` when there is none.
    pub to: Option<Intensity>,
    /// 程度以上: the upper bound is open.
    pub or_more: bool,
    /// When the strong motion arrives; `None` with a condition such as 既に主要動到達と推測.
    pub arrives_at: Option<Timestamp>,
    /// In the agency's words.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub condition: String,
}

impl ExpectedIntensity {
    /// Whether it is a warning (警報) and not a forecast (予報).
    #[must_use]
    pub fn is_warning(&self) -> bool {
        self.kind_code.starts_with('1')
    }
}

/// Reads a report.
pub(crate) fn read(body: &Element) -> Result<EarlyWarning, Refusal> {
    let mut areas = Vec::new();
    for pref in body
        .at(&["Intensity", "Forecast"])
        .iter()
        .flat_map(|forecast| forecast.all("Pref"))
    {
        for area in pref.all("Area") {
            if areas.len() >= AREAS_MAX {
                return Err(Refusal::TooMany {
                    what: "areas",
                    max: AREAS_MAX,
                });
            }
            let to = area.text_at(&["ForecastInt", "To"]);
            areas.push(ExpectedIntensity {
                prefecture: Area::of(pref),
                area: Area::of(area),
                kind_code: cut(area.text_at(&["Category", "Kind", "Code"]), 10),
                from: Intensity::read(area.text_at(&["ForecastInt", "From"])),
                to: Intensity::read(to),
                or_more: to == "over",
                arrives_at: match area.text_of("ArrivalTime") {
                    "" => None,
                    text => Some(time("Area/ArrivalTime", text)?),
                },
                condition: cut(area.text_of("Condition"), 80),
            });
        }
    }
    Ok(EarlyWarning {
        earthquake: body.child("Earthquake").map(earthquake).transpose()?,
        areas,
        last: body.text_of("NextAdvisory").contains("最終報"),
        comments: comments(body),
    })
}
