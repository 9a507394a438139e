//! What agencies say, in the words of the core: information for criteria that name it, never an order.

mod sea_and_shaking;

use std::collections::BTreeMap;

use hinan_gis::Town;
use hinan_recommend::{Input, JmaLevel, Official, Place, Product, RainSpan, Sun, Told};
use hinan_sensors::official::lanes::{Ahead, Holding, RiverHolding, Source};
use hinan_sensors::official::{Class, Hazard, Lanes, Live, View};
use jiff::{SignedDuration, Timestamp};

use super::plan::{AgencyNames, Plan};
use crate::official::{ahead, for_town, municipality};

/// Of the next hours, what is expected after dusk counts as tonight: a night is shorter than this.
const NIGHT_MAX: SignedDuration = SignedDuration::from_hours(16);

/// What holds for the town at a moment.
#[must_use]
pub fn official(
    lanes: &Lanes<Live>,
    town: &Town,
    plan: &Plan,
    place: Place,
    as_of: Timestamp,
) -> Official {
    let view = for_town(lanes, &town.code, as_of);
    let mut official = Official {
        heard_at: view.feed.heard_at,
        ..Official::default()
    };
    for held in &view.holdings {
        if held.grade.class == Class::Unknown {
            official.unclear.extend(concerned(held.hazard));
        }
        if let Some(product) = product(held.hazard) {
            level(&mut official, product, held);
        }
        let storm = matches!(held.hazard, Hazard::Storm | Hazard::Snowstorm);
        if storm && matches!(held.grade.class, Class::Warning | Class::Special) {
            official.storm_warning = Some(told((), &held.source));
            // Areas are warned one by one: the first storm to come counts, and one that says no time takes no other's away.
            let begins = held.expected.iter().filter_map(|period| period.from).min();
            if let Some(begins) = begins
                && official
                    .storm_from
                    .as_ref()
                    .is_none_or(|known| begins < known.value)
            {
                official.storm_from = Some(told(begins, &held.source));
            }
        }
    }
    for held in &view.rivers {
        river(&mut official, town, &plan.agency, held);
    }
    sea_and_shaking::tsunami(&mut official, &view, &plan.agency);
    sea_and_shaking::shaking(&mut official, &view, town, &plan.agency, as_of);
    record_rain(&mut official, &view, &plan.agency);
    let series = ahead(lanes, &town.code, as_of);
    official.rain_ahead = rain_ahead(&series);
    overnight(&mut official, &series, place, as_of);
    official.expected = highest(&series, as_of, Timestamp::MAX);
    official
}

fn product(hazard: Hazard) -> Option<Product> {
    match hazard {
        Hazard::HeavyRain => Some(Product::HeavyRain),
        Hazard::Landslide => Some(Product::Landslide),
        Hazard::StormSurge => Some(Product::StormSurge),
        _ => None,
    }
}

/// What a code that is in no table may be about.
fn concerned(hazard: Hazard) -> Vec<Input> {
    match hazard {
        Hazard::HeavyRain | Hazard::Landslide | Hazard::StormSurge => {
            vec![Input::Warnings, Input::Expected]
        }
        Hazard::Storm | Hazard::Snowstorm => vec![Input::Storm],
        Hazard::RecordRain => vec![Input::RecordRain],
        Hazard::Unknown => vec![Input::Warnings, Input::Expected, Input::Storm],
        _ => Vec::new(),
    }
}

/// 記録的短時間大雨情報 is told of areas wider than a municipality; in newer forms of municipalities.
fn record_rain(official: &mut Official, view: &View, names: &AgencyNames) {
    let here = view
        .holdings
        .iter()
        .filter(|held| held.hazard == Hazard::RecordRain)
        .map(|held| &held.source);
    let around = view
        .wider
        .iter()
        .filter(|held| held.hazard == Hazard::RecordRain)
        .filter(|held| names.record_rain_areas.contains(&held.area.code))
        .map(|held| &held.source);
    official.record_rain = here
        .chain(around)
        .max_by_key(|source| source.report_at)
        .map(|source| told((), source));
}

/// The most within an hour, span by span; of several areas of the town the wettest. A span of which some area says no number, or only
/// "at least", is left out, so that it shows as a gap.
fn rain_ahead(series: &[Ahead]) -> Option<Told<Vec<RainSpan>>> {
    let mut spans: BTreeMap<(Timestamp, Timestamp), Option<f64>> = BTreeMap::new();
    let mut newest: Option<&Source> = None;
    for of in series {
        for step in of
            .amounts
            .iter()
            .filter(|step| step.amount.kind == "１時間最大雨量")
        {
            let sure = !step.amount.is_at_least();
            let mm = step.amount.value.filter(|mm| sure && *mm >= 0.0);
            let most = spans.entry((step.from, step.until)).or_insert(Some(0.0));
            *most = most.zip(mm).map(|(most, mm)| most.max(mm));
            newest = newest
                .filter(|known| known.report_at >= of.source.report_at)
                .or(Some(&of.source));
        }
    }
    let spans = spans.into_iter().filter_map(|((from, until), mm)| {
        Some(RainSpan {
            from,
            until,
            most_mm_per_h: mm?,
        })
    });
    newest.map(|source| told(spans.collect(), source))
}

fn told<T>(value: T, source: &Source) -> Told<T> {
    Told {
        value,
        at: source.report_at,
        source: format!("{} {}", source.office, source.telegram_type),
    }
}

/// The highest of the town's areas counts.
fn level(official: &mut Official, product: Product, held: &Holding) {
    let Some(level) = core_level(held.grade.level) else {
        return;
    };
    if official
        .levels
        .get(&product)
        .is_none_or(|known| known.value < level)
    {
        official.levels.insert(product, told(level, &held.source));
    }
    let periods = held.expected.iter();
    let first = criterion_from(periods.map(|of| (of.level.map(|of| of.number()), of.from)));
    if let Some(first) = first
        && official
            .reached_by
            .get(&product)
            .is_none_or(|known| first < known.value)
    {
        official
            .reached_by
            .insert(product, told(first, &held.source));
    }
}

/// When everybody would be ordered: the first period for which the agency expects the criterion of level 4 or 5. That of an advisory or
/// a warning is reached long before anybody is in danger, and is no arrival.
fn criterion_from(
    periods: impl Iterator<Item = (Option<u8>, Option<Timestamp>)>,
) -> Option<Timestamp> {
    periods
        .filter(|(level, _)| level.is_some_and(|level| level >= 4))
        .filter_map(|(_, from)| from)
        .min()
}

fn core_level(level: Option<hinan_sensors::official::JmaLevel>) -> Option<JmaLevel> {
    JmaLevel::new(level?.number())
}

/// Stretches that 指定河川洪水予報 names behind a river, such as 十勝川下流.
const STRETCHES: [&str; 9] = [
    "",
    "上流",
    "中流",
    "下流",
    "上流部",
    "中流部",
    "下流部",
    "上中流",
    "中下流",
];

/// Rivers of one name flow in many prefectures, and a river upstream does not say that its water comes here: a report counts where it
/// names the river, whole or by a stretch, and says that flooding may reach the town (浸水想定地区). One that names no
/// municipality at all counts where the town's plan names the code of its forecast area or river; else it is shown and proves nothing.
fn river(official: &mut Official, town: &Town, names: &AgencyNames, held: &RiverHolding) {
    let report = &held.report;
    let codes = report
        .rivers
        .iter()
        .map(|area| area.code.as_str())
        .chain([report.forecast_area.code.as_str()]);
    let by_code: Vec<&String> = codes.filter_map(|code| names.rivers.get(code)).collect();
    let ours = municipality(&town.code);
    let names_nobody = report.reaches.is_empty() && report.reaches_names.is_empty();
    let comes_here = (names_nobody && !by_code.is_empty())
        || report
            .reaches
            .iter()
            .any(|area| Some(area.municipality()) == ours)
        || report.reaches_names.contains(&town.name);
    if !comes_here {
        return;
    }
    for river in &town.rivers {
        let meant = report
            .rivers
            .iter()
            .map(|area| area.name.as_str())
            .chain([report.forecast_area.name.as_str()])
            .any(|name| is_river(name, &river.name))
            || by_code.contains(&&river.name);
        if !meant {
            continue;
        }
        let Some(level) = core_level(report.grade.level) else {
            if report.grade.class == Class::Unknown {
                official.unclear.insert(Input::RiverWarnings);
            }
            continue;
        };
        if official
            .rivers
            .get(&river.name)
            .is_none_or(|known| known.value < level)
        {
            official
                .rivers
                .insert(river.name.clone(), told(level, &held.source));
        }
    }
}

fn is_river(name: &str, river: &str) -> bool {
    name.strip_prefix(river)
        .is_some_and(|stretch| STRETCHES.contains(&stretch))
}

/// 夜間から明け方: the highest level expected between the coming dusk, or now when it is dark, and the dawn after it.
fn overnight(official: &mut Official, series: &[Ahead], place: Place, as_of: Timestamp) {
    let sun = Sun::at(place, as_of);
    let begins = if sun.is_dark(as_of) {
        Some(as_of)
    } else {
        sun.sets_at.filter(|sets_at| *sets_at > as_of)
    };
    let Some(begins) = begins else {
        return;
    };
    let Ok(limit) = begins.checked_add(NIGHT_MAX) else {
        return;
    };
    let tomorrow = Sun::at(place, limit);
    let ends = [sun.rises_at, tomorrow.rises_at]
        .into_iter()
        .flatten()
        .filter(|rises_at| *rises_at > begins)
        .min()
        .unwrap_or(limit);
    official.overnight = highest(series, begins, ends);
}

/// The highest level that is expected of each kind between two moments.
fn highest(
    series: &[Ahead],
    begins: Timestamp,
    ends: Timestamp,
) -> BTreeMap<Product, Told<JmaLevel>> {
    let mut found: BTreeMap<Product, Told<JmaLevel>> = BTreeMap::new();
    for series in series {
        for step in &series.grades {
            let (Some(product), Some(level)) = (
                product(step.hazard),
                core_level(step.grade.and_then(|g| g.level)),
            ) else {
                continue;
            };
            let within = step.from < ends && step.until > begins;
            if within && found.get(&product).is_none_or(|known| known.value < level) {
                found.insert(product, told(level, &series.source));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_criterion_of_a_warning_is_no_arrival_and_that_of_a_danger_warning_is() {
        let at = |hour: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour);
        let periods = [
            (Some(3), Some(at(1))),
            (Some(5), Some(at(9))),
            (Some(4), Some(at(6))),
        ];
        assert_eq!(criterion_from(periods.into_iter()), Some(at(6)));
        assert_eq!(
            criterion_from([(Some(3), Some(at(1))), (None, None)].into_iter()),
            None
        );
    }

    #[test]
    fn a_river_is_meant_by_its_whole_name_or_by_a_stretch_of_it_and_by_no_longer_name() {
        assert!(is_river("十勝川", "十勝川"));
        assert!(is_river("十勝川下流", "十勝川"));
        assert!(!is_river("新十勝川", "十勝川"));
        assert!(!is_river("十勝川支川", "十勝川"));
        assert!(!is_river("浦幌十勝川", "十勝川"));
    }
}
