//! What can be tested. Each is one sentence of a criteria file.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::level::JmaLevel;
use crate::outlook::{Intensity, Mark, Product, ReportKind, RiskMap, TsunamiClass};

/// One test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Test {
    /// The water has reached the first of these marks that the gauge knows.
    GaugeAt {
        /// In order of preference.
        marks: Vec<Mark>,
    },
    /// The water has reached this level of a gauge of the town's own choice (危機管理型水位計 and the like).
    LevelAt {
        /// Gauge.
        gauge: String,
        /// Metres in its datum.
        level_m: f64,
    },
    /// The river does not fall.
    Rising,
    /// It rises at least so fast.
    Rise {
        /// Metres per hour.
        m_per_h: f64,
    },
    /// A forecast reaches the mark with at least this chance.
    Forecast {
        /// In order of preference.
        marks: Vec<Mark>,
        /// Within so many hours.
        within_h: u32,
        /// 0 to 1.
        chance: f64,
    },
    /// The latest useful moment to decide is here: who waits longer gets people wet.
    Deadline {
        /// Or this many minutes before it.
        within_min: u32,
        /// With at least this chance that the water comes at all within the forecast.
        chance: f64,
    },
    /// 指定河川洪水予報 of this level or above is in force for the river.
    River {
        /// Level of the agency.
        level: JmaLevel,
    },
    /// Information of this level or above is in force.
    Warning {
        /// Kind.
        product: Product,
        /// Level of the agency.
        level: JmaLevel,
    },
    /// This level or above is expected between dusk and dawn, and it is dusk.
    Night {
        /// Kind.
        product: Product,
        /// Level of the agency.
        level: JmaLevel,
        /// Dusk begins so many minutes before sunset.
        before_sunset_min: u32,
    },
    /// 暴風警報 is in force.
    Storm,
    /// This level or above is expected tonight, at whatever hour it is asked.
    Overnight {
        /// Kind.
        product: Product,
        /// Level of the agency.
        level: JmaLevel,
    },
    /// This level or above is in force, or expected at whatever hour.
    Expected {
        /// Kind.
        product: Product,
        /// Level of the agency.
        level: JmaLevel,
    },
    /// 危険度分布 has this class or above in the unit.
    RiskMap {
        /// Map.
        map: RiskMap,
        /// Class as the agency's level.
        level: JmaLevel,
    },
    /// So much rain fell, or is expected.
    Rain {
        /// Within so many hours.
        hours: u32,
        /// Millimetres.
        mm: f64,
        /// Expected instead of fallen.
        ahead: bool,
    },
    /// 記録的短時間大雨情報 is in force for the town.
    RecordRain,
    /// One of these was reported.
    Report {
        /// Any of.
        of: BTreeSet<ReportKind>,
    },
    /// A tsunami class of this strength or above is in force.
    Tsunami {
        /// Class.
        class: TsunamiClass,
    },
    /// The town shook at least so strongly.
    Shaking {
        /// Intensity.
        intensity: Intensity,
    },
    /// Any of these.
    AnyOf {
        /// Tests.
        tests: Vec<Test>,
    },
    /// All of these.
    AllOf {
        /// Tests.
        tests: Vec<Test>,
    },
}

impl Test {
    /// In plain Japanese.
    pub fn japanese(&self) -> String {
        match self {
            Self::GaugeAt { marks } => format!("水位が{}に達した", marks_ja(marks)),
            Self::LevelAt { gauge, level_m } => format!("水位計{gauge}が{level_m:.2} mに達した"),
            Self::Rising => "水位が下がっていない".to_owned(),
            Self::Rise { m_per_h } => format!("1時間に{m_per_h:.2} m以上の速さで上がっている"),
            Self::Forecast {
                marks,
                within_h,
                chance,
            } => format!(
                "{within_h}時間以内に{}に達する確率が{:.0}%以上",
                marks_ja(marks),
                chance * 100.0
            ),
            Self::Deadline {
                within_min: 0,
                chance,
            } => format!(
                "避難が間に合う最後の時刻になった(水が来る確率{:.0}%以上)",
                chance * 100.0
            ),
            Self::Deadline { within_min, chance } => format!(
                "避難が間に合う最後の時刻まで{within_min}分以内になった(水が来る確率{:.0}%以上)",
                chance * 100.0
            ),
            Self::River { level } => format!(
                "{}以上が発表されている",
                crate::outlook::named_river(*level)
            ),
            Self::Warning { product, level } => {
                format!("{}以上が発表されている", product.japanese(*level))
            }
            Self::Night {
                product,
                level,
                before_sunset_min,
            } => format!(
                "日没の{before_sunset_min}分前から日没までに、夜間から明け方に{}以上が見込まれている",
                product.japanese(*level)
            ),
            Self::Storm => "暴風警報が発表されている".to_owned(),
            Self::Overnight { product, level } => {
                format!(
                    "夜間から明け方に{}以上が見込まれている",
                    product.japanese(*level)
                )
            }
            Self::Expected { product, level } => {
                format!(
                    "{}以上が発表されているか、これから見込まれている",
                    product.japanese(*level)
                )
            }
            Self::RiskMap { map, level } => {
                format!("{}が{}以上", map.japanese(), colour(*level))
            }
            Self::Rain {
                hours,
                mm,
                ahead: false,
            } => format!("{hours}時間雨量が{mm:.0} mm以上"),
            Self::Rain {
                hours,
                mm,
                ahead: true,
            } => {
                format!("今後{hours}時間の予想雨量が{mm:.0} mm以上")
            }
            Self::RecordRain => "記録的短時間大雨情報が発表されている".to_owned(),
            Self::Report { of } => format!(
                "{}の報告があった",
                of.iter()
                    .map(|kind| kind.japanese())
                    .collect::<Vec<_>>()
                    .join("または")
            ),
            Self::Tsunami { class } => format!("{}以上が発表された", class.japanese()),
            Self::Shaking { intensity } => format!("{}以上を観測した", intensity.japanese()),
            Self::AnyOf { tests } => format!("({})", joined(tests, "、または")),
            Self::AllOf { tests } => format!("({})", joined(tests, "、かつ")),
        }
    }
}

/// Gauges named by tests, in groups too.
pub(super) fn named_gauges<'t>(tests: &'t [Test], found: &mut Vec<&'t str>) {
    for test in tests {
        match test {
            Test::LevelAt { gauge, .. } => found.push(gauge),
            Test::AnyOf { tests } | Test::AllOf { tests } => named_gauges(tests, found),
            _ => {}
        }
    }
}

pub(super) fn joined(tests: &[Test], with: &str) -> String {
    tests
        .iter()
        .map(Test::japanese)
        .collect::<Vec<_>>()
        .join(with)
}

pub(super) fn marks_ja(marks: &[Mark]) -> String {
    let mut names = marks.iter().map(|mark| mark.japanese());
    let first = names.next().unwrap_or("基準水位");
    let rest: Vec<&str> = names.collect();
    if rest.is_empty() {
        first.to_owned()
    } else {
        format!("{first}(なければ{})", rest.join("、"))
    }
}

/// The colour of a class of the maps.
pub(super) fn colour(level: JmaLevel) -> &'static str {
    match level.number() {
        5 => "災害切迫(黒)",
        4 => "危険(紫)",
        3 => "警戒(赤)",
        2 => "注意(黄)",
        _ => "今後の情報等に留意(白)",
    }
}
