//! Telegrams (電文) of the Japan Meteorological Agency: 防災情報XML. One file per family of telegrams.

pub mod bulletin;
pub mod early_warning;
pub mod earthquake;
pub mod level_series;
pub mod river;
pub mod tsunami;
pub mod typhoon;
pub mod volcano;
pub mod warning;

use serde::{Deserialize, Serialize};

use super::envelope::{self, Envelope, InfoType, REPORT, Status};
use super::refusal::Refusal;
use super::standing::{Drill, Live, Standing};
use super::xml::Element;

use bulletin::Bulletin;
use early_warning::EarlyWarning;
use earthquake::EarthquakeReport;
use level_series::LevelSeries;
use river::RiverReport;
use tsunami::TsunamiReport;
use typhoon::TyphoonReport;
use volcano::VolcanoReport;
use warning::WarningBulletin;

/// A telegram of standing `S`. Made only by the gate in this file, which looks at `Control/Status` before anything else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Telegram<S: Standing> {
    standing: S,
    /// Who said it, when, about what.
    pub envelope: Envelope,
    /// What it says.
    pub content: Content,
}

/// What a telegram says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "family", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Content {
    /// Warnings per municipality.
    Warning(WarningBulletin),
    /// Expected grades, hour by hour.
    LevelSeries(LevelSeries),
    /// A river's report.
    River(RiverReport),
    /// An earthquake's report.
    Earthquake(EarthquakeReport),
    /// An earthquake early warning.
    EarlyWarning(EarlyWarning),
    /// A tsunami's report.
    Tsunami(TsunamiReport),
    /// A typhoon's report.
    Typhoon(TyphoonReport),
    /// A volcano's report.
    Volcano(VolcanoReport),
    /// Words, with tags and areas.
    Bulletin(Bulletin),
    /// 取消: the report it names was a mistake. Its body says nothing about areas.
    Retracted(Bulletin),
    /// A type nobody here knows: kept with its words, shown, never dropped.
    Other(Bulletin),
}

/// A telegram after the gate.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Gated {
    Live(Telegram<Live>),
    Drill(Telegram<Drill>),
}

/// Whether an element is a telegram.
pub(crate) fn is_telegram(root: &Element) -> bool {
    &*root.name == "Report" && &*root.namespace == REPORT
}

/// Reads a telegram.
pub(crate) fn read(report: &Element, name: Option<&str>) -> Result<Gated, Refusal> {
    match envelope::status(report)? {
        Status::Normal => telegram(report, name).map(Gated::Live),
        Status::Drill | Status::Test => telegram(report, name).map(Gated::Drill),
    }
}

fn telegram<S: Standing>(report: &Element, name: Option<&str>) -> Result<Telegram<S>, Refusal> {
    let (envelope, body) = envelope::open(report, name)?;
    let head = report
        .child("Head")
        .ok_or(Refusal::Missing { what: "Head" })?;
    let content = content(&envelope, head, body)?;
    Ok(Telegram {
        standing: S::IT,
        envelope,
        content,
    })
}

fn content(envelope: &Envelope, head: &Element, body: &Element) -> Result<Content, Refusal> {
    if envelope.info_type == InfoType::Retraction {
        return bulletin::read(head, body).map(Content::Retracted);
    }
    match envelope.telegram_type.as_str() {
        "VPWW50" | "VPWW53" | "VPWW54" | "VPWW55" | "VPWW56" | "VPWW57" | "VPWW58" | "VPWW59"
        | "VPWW60" | "VPWW61" | "VXWW50" | "VPHW50" | "VPHW51" | "VPNO50" | "VPOA50" => {
            warning::read(envelope, head, body).map(Content::Warning)
        }
        "VPWP50" => level_series::read(body).map(Content::LevelSeries),
        "VXSE51" | "VXSE52" | "VXSE53" | "VXSE61" | "VXSE62" => {
            earthquake::read(envelope, body).map(Content::Earthquake)
        }
        "VXSE42" | "VXSE43" | "VXSE44" | "VXSE45" => {
            early_warning::read(body).map(Content::EarlyWarning)
        }
        "VTSE41" | "VTSE51" | "VTSE52" => tsunami::read(body).map(Content::Tsunami),
        kind if kind.starts_with("VXKO") || kind.starts_with("VXSU") => {
            river::read(head, body).map(Content::River)
        }
        kind if kind.starts_with("VPTW") => typhoon::read(body).map(Content::Typhoon),
        kind if kind.starts_with("VFVO") => volcano::read(body).map(Content::Volcano),
        kind if WORDS.iter().any(|known| kind.starts_with(known)) => {
            bulletin::read(head, body).map(Content::Bulletin)
        }
        // A newer warning form than ours still has the shape of one: read it rather than lose it.
        kind if kind.starts_with("VPWW") => {
            warning::read(envelope, head, body).map(Content::Warning)
        }
        _ => bulletin::read(head, body).map(Content::Other),
    }
}

/// Families that are words: bulletins, forecasts in words, notices.
const WORDS: [&str; 15] = [
    "VPBS", "VPFJ", "VPCJ", "VPZJ", "VPTI", "VPTA", "VPFD", "VPFW", "VPFG", "VXSE56", "VXSE60",
    "VYSE", "VZSE", "VMCJ", "VPCU",
];
