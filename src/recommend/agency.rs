//! What agencies say, in the words of the core: information for criteria that name it, never an order.

use hinan_gis::Town;
use hinan_recommend::{JmaLevel, Official, Place, Product, Sun, Told};
use hinan_sensors::official::lanes::{Holding, RiverHolding, Source};
use hinan_sensors::official::{Class, Hazard, Lanes, Live};
use jiff::{SignedDuration, Timestamp};

use crate::official::{ahead, for_town, municipality};

/// Of the next hours, what is expected after dusk counts as tonight: a night is shorter than this.
const NIGHT_MAX: SignedDuration = SignedDuration::from_hours(16);

/// What holds for the town at a moment.
#[must_use]
pub fn official(lanes: &Lanes<Live>, town: &Town, place: Place, as_of: Timestamp) -> Official {
    let view = for_town(lanes, &town.code, as_of);
    let mut official = Official {
        heard_at: view.feed.heard_at,
        ..Official::default()
    };
    for held in &view.holdings {
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
        river(&mut official, town, held);
    }
    overnight(&mut official, lanes, town, place, as_of);
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
    let first = held
        .expected
        .iter()
        .filter(|period| period.level.is_some())
        .filter_map(|period| period.from)
        .min();
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
/// municipality is shown and proves nothing.
fn river(official: &mut Official, town: &Town, held: &RiverHolding) {
    let Some(level) = core_level(held.report.grade.level) else {
        return;
    };
    let report = &held.report;
    let ours = municipality(&town.code);
    let comes_here = report
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
            .any(|name| is_river(name, &river.name));
        if meant
            && official
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
fn overnight(
    official: &mut Official,
    lanes: &Lanes<Live>,
    town: &Town,
    place: Place,
    as_of: Timestamp,
) {
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
    for series in ahead(lanes, &town.code, as_of) {
        for step in &series.grades {
            let (Some(product), Some(level)) = (
                product(step.hazard),
                core_level(step.grade.and_then(|g| g.level)),
            ) else {
                continue;
            };
            let tonight = step.from < ends && step.until > begins;
            if tonight
                && official
                    .overnight
                    .get(&product)
                    .is_none_or(|known| known.value < level)
            {
                official
                    .overnight
                    .insert(product, told(level, &series.source));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_river_is_meant_by_its_whole_name_or_by_a_stretch_of_it_and_by_no_longer_name() {
        assert!(is_river("十勝川", "十勝川"));
        assert!(is_river("十勝川下流", "十勝川"));
        assert!(!is_river("新十勝川", "十勝川"));
        assert!(!is_river("十勝川支川", "十勝川"));
        assert!(!is_river("浦幌十勝川", "十勝川"));
    }
}
