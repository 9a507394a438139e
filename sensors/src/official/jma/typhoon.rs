//! 台風解析・予報情報 (VPTW60–65 and the older VPTW4x), 暴風域に入る確率 (VPTA).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::official::envelope::time;
use crate::official::refusal::Refusal;
use crate::official::value::{Measured, Place, coordinate};
use crate::official::xml::{Element, cut};

const STEPS_MAX: usize = 100;

/// One report about one typhoon or tropical cyclone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TyphoonReport {
    /// Name in Latin letters; empty for one without a name.
    pub name: String,
    /// Name in kana.
    pub name_kana: String,
    /// Number, such as `1718`; empty for one without a number.
    pub number: String,
    /// `Remark` of the name: 台風発生, 上陸, 温帯低気圧化, ….
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub remark: String,
    /// Now and then, in the order of the telegram.
    pub steps: Vec<TyphoonStep>,
}

/// Where it is or will be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TyphoonStep {
    /// When.
    pub at: Timestamp,
    /// 実況, 推定, 予報　１２時間後, …
    pub label: String,
    /// Centre, or centre of the forecast circle, degrees.
    pub centre: Option<Place>,
    /// Radius of the forecast circle, km: 70 % probability.
    pub circle_km: Option<f64>,
    /// Class: 台風(TS), 熱帯低気圧(TD), ….
    pub class: String,
    /// 大きさ階級.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub size: String,
    /// 強さ階級.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub strength: String,
    /// Pressure at the centre, hPa.
    pub pressure_hpa: Option<f64>,
    /// Greatest wind, m/s.
    pub wind_m_per_s: Option<f64>,
    /// Greatest gust, m/s.
    pub gust_m_per_s: Option<f64>,
    /// 暴風域 (25 m/s): greatest radius, km. `None`: none, or not given.
    pub storm_radius_km: Option<f64>,
    /// 強風域 (15 m/s): greatest radius, km.
    pub gale_radius_km: Option<f64>,
    /// 暴風警戒域: greatest radius, km.
    pub storm_warning_radius_km: Option<f64>,
}

/// Reads a report.
pub(crate) fn read(body: &Element) -> Result<TyphoonReport, Refusal> {
    let mut report = TyphoonReport {
        name: String::new(),
        name_kana: String::new(),
        number: String::new(),
        remark: String::new(),
        steps: Vec::new(),
    };
    for info in body
        .all("MeteorologicalInfos")
        .flat_map(|infos| infos.all("MeteorologicalInfo"))
        .take(STEPS_MAX)
    {
        let mut named = Vec::new();
        info.below("TyphoonNamePart", &mut named);
        if let Some(part) = named.first() {
            report.name = cut(part.text_of("Name"), 40);
            report.name_kana = cut(part.text_of("NameKana"), 40);
            report.number = cut(part.text_of("Number"), 10);
            report.remark = cut(part.text_of("Remark"), 80);
        }
        report.steps.push(step(info)?);
    }
    Ok(report)
}

fn step(info: &Element) -> Result<TyphoonStep, Refusal> {
    let date = info.child("DateTime");
    let first = |name: &str, kind: &str, unit: &str| -> Option<Measured> {
        let mut found = Vec::new();
        info.below(name, &mut found);
        found
            .into_iter()
            .find(|one| {
                (kind.is_empty() || one.attribute("type").contains(kind))
                    && (unit.is_empty() || one.attribute("unit") == unit)
            })
            .map(Measured::of)
    };
    let text = |name: &str| {
        let mut found = Vec::new();
        info.below(name, &mut found);
        found
            .first()
            .map_or(String::new(), |one| cut(one.text(), 80))
    };
    let mut centres = Vec::new();
    info.below("Coordinate", &mut centres);
    let mut points = Vec::new();
    info.below("BasePoint", &mut points);
    let centre = centres
        .iter()
        .chain(&points)
        .find(|point| !point.attribute("type").contains("度分"))
        .and_then(|point| coordinate(point));
    Ok(TyphoonStep {
        at: time(
            "MeteorologicalInfo/DateTime",
            date.map_or("", Element::text),
        )?,
        label: date.map_or(String::new(), |date| cut(date.attribute("type"), 40)),
        centre,
        circle_km: first("Radius", "確率半径", "km").and_then(|r| r.value),
        class: text("TyphoonClass"),
        size: text("AreaClass"),
        strength: text("IntensityClass"),
        pressure_hpa: first("Pressure", "中心気圧", "hPa").and_then(|p| p.value),
        wind_m_per_s: first("WindSpeed", "最大風速", "m/s").and_then(|w| w.value),
        gust_m_per_s: first("WindSpeed", "最大瞬間風速", "m/s").and_then(|w| w.value),
        storm_radius_km: radius(info, "暴風域"),
        gale_radius_km: radius(info, "強風域"),
        storm_warning_radius_km: radius(info, "暴風警戒域"),
    })
}

/// The greatest radius of a kind of circle: it may differ by direction.
fn radius(info: &Element, kind: &str) -> Option<f64> {
    let mut circles = Vec::new();
    info.below("Circle", &mut circles);
    let mut greatest: Option<f64> = None;
    for circle in circles
        .into_iter()
        .filter(|circle| circle.attribute("type") == kind)
    {
        let mut found = Vec::new();
        circle.below("Radius", &mut found);
        for one in found
            .into_iter()
            .filter(|one| one.attribute("unit") == "km")
        {
            if let Some(value) = Measured::of(one).value {
                greatest = Some(greatest.map_or(value, |known| known.max(value)));
            }
        }
    }
    greatest
}
