//! 時系列情報 (VPWP50): how serious it is expected to become, hour by hour. What the evening's look-ahead rests on.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::official::area::AreaCode;
use crate::official::envelope::time;
use crate::official::grade::{Grade, Hazard};
use crate::official::refusal::Refusal;
use crate::official::value::{Measured, number};
use crate::official::warning_code;
use crate::official::xml::{Element, cut};

/// Steps of one telegram.
const STEPS_MAX: usize = 50_000;

/// Expected grades and amounts per municipality.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LevelSeries {
    /// Expected grades, in the order of the telegram.
    pub grades: Vec<GradeStep>,
    /// Expected amounts (rain, snow, wind), in the order of the telegram.
    pub amounts: Vec<AmountStep>,
}

/// Expected grade over one span of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GradeStep {
    /// Municipality or part of one.
    pub area: AreaCode,
    /// What it is about.
    pub hazard: Hazard,
    /// Begin of the span.
    pub from: Timestamp,
    /// End of the span.
    pub until: Timestamp,
    /// Expected grade; `None`: the telegram says that there is no value.
    pub grade: Option<Grade>,
}

/// Expected amount over one span of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AmountStep {
    /// Municipality or part of one.
    pub area: AreaCode,
    /// Begin of the span.
    pub from: Timestamp,
    /// End of the span.
    pub until: Timestamp,
    /// What and how much, with the agency's words.
    pub amount: Measured,
}

/// Reads the series of a body.
pub(crate) fn read(body: &Element) -> Result<LevelSeries, Refusal> {
    let mut series = LevelSeries {
        grades: Vec::new(),
        amounts: Vec::new(),
    };
    for infos in body.all("MeteorologicalInfos") {
        if !infos.attribute("type").ends_with("（市町村等）") {
            continue;
        }
        for info in infos.all("TimeSeriesInfo") {
            let spans = spans(info)?;
            for item in info.all("Item") {
                let Some(area) = item
                    .child("Area")
                    .and_then(|area| AreaCode::read(area.text_of("Code")))
                else {
                    continue;
                };
                for kind in item.all("Kind") {
                    take(kind, area, &spans, &mut series)?;
                }
            }
        }
    }
    Ok(series)
}

type Spans = Vec<(String, Timestamp, Timestamp)>;

/// The spans of time that values refer to by `refID`.
pub(crate) fn spans(info: &Element) -> Result<Spans, Refusal> {
    let mut spans = Vec::new();
    for define in info
        .child("TimeDefines")
        .iter()
        .flat_map(|defines| defines.all("TimeDefine"))
        .take(500)
    {
        let from = time("TimeDefine/DateTime", define.text_of("DateTime"))?;
        let long: SignedDuration = match define.text_of("Duration") {
            "" => SignedDuration::ZERO,
            text => duration(text).ok_or_else(|| {
                Refusal::unknown(
                    "TimeDefine/Duration",
                    text,
                    "a duration like PT3H or P1DT2H",
                )
            })?,
        };
        let until = from.checked_add(long).map_err(|_| {
            Refusal::unknown(
                "TimeDefine/Duration",
                "too long",
                "an end before the year 9999",
            )
        })?;
        spans.push((cut(define.attribute("timeId"), 20), from, until));
    }
    Ok(spans)
}

/// A duration of whole days and time, a day being 24 hours: Japan has no daylight saving.
pub(crate) fn duration(text: &str) -> Option<SignedDuration> {
    let span: jiff::Span = text.parse().ok()?;
    if span.get_months() != 0 || span.get_years() != 0 || span.get_weeks() != 0 {
        return None;
    }
    span.to_duration(jiff::SpanRelativeTo::days_are_24_hours())
        .ok()
}

fn take(
    kind: &Element,
    area: AreaCode,
    spans: &Spans,
    series: &mut LevelSeries,
) -> Result<(), Refusal> {
    let span = |id: &str| spans.iter().find(|span| span.0 == id);
    let mut found = Vec::new();
    kind.below("Significancy", &mut found);
    for one in found {
        let Some((_, from, until)) = span(one.attribute("refID")) else {
            continue;
        };
        let what = one.attribute("type");
        series.grades.push(GradeStep {
            area,
            hazard: hazard(what),
            from: *from,
            until: *until,
            grade: warning_code::significancy(one.text_of("Code")),
        });
    }
    for name in [
        "Precipitation",
        "SnowfallDepth",
        "WindSpeed",
        "WaveHeight",
        "TidalLevel",
    ] {
        let mut found = Vec::new();
        kind.below(name, &mut found);
        for one in found {
            let Some((_, from, until)) = span(one.attribute("refID")) else {
                continue;
            };
            if number(one.text()).is_none() && one.attribute("condition").is_empty() {
                continue;
            }
            series.amounts.push(AmountStep {
                area,
                from: *from,
                until: *until,
                amount: Measured::of(one),
            });
        }
    }
    if series.grades.len() + series.amounts.len() > STEPS_MAX {
        return Err(Refusal::TooMany {
            what: "steps of a series",
            max: STEPS_MAX,
        });
    }
    Ok(())
}

/// What a kind of danger is about: 大雨浸水危険度, 風危険度, 波危険度, 雪危険度 and those with the name of a warning.
fn hazard(danger: &str) -> Hazard {
    match danger {
        "風危険度" => Hazard::Storm,
        "波危険度" => Hazard::Waves,
        "雪危険度" => Hazard::HeavySnow,
        "浸水害危険度" => Hazard::HeavyRain,
        other => warning_code::hazard_of(other),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_24_hours_and_a_month_is_refused() {
        assert_eq!(duration("P1DT2H").unwrap(), SignedDuration::from_hours(26));
        assert_eq!(duration("PT3H").unwrap(), SignedDuration::from_hours(3));
        assert_eq!(duration("P1M"), None);
        assert_eq!(duration("soon"), None);
    }

    #[test]
    fn kinds_of_danger_are_told_by_their_names() {
        for (name, wanted) in [
            ("大雨浸水危険度", Hazard::HeavyRain),
            ("土砂災害危険度", Hazard::Landslide),
            ("着雪危険度", Hazard::WetSnow),
            ("雪危険度", Hazard::HeavySnow),
            ("融雪危険度", Hazard::Snowmelt),
            ("風危険度", Hazard::Storm),
            ("洪水害危険度", Hazard::Flood),
        ] {
            assert_eq!(hazard(name), wanted, "{name}");
        }
    }
}
