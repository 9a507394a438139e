//! 津波と震度: what the agency says of the sea and of the ground, for the places that the town's plan names.

use hinan_gis::Town;
use hinan_recommend::{Input, Intensity, Official, TsunamiClass};
use hinan_sensors::official::lanes::{QuakeHolding, Source};
use hinan_sensors::official::value::Intensity as Measured;
use hinan_sensors::official::{Class, View};
use jiff::{SignedDuration, Timestamp};

use super::told;
use crate::official::municipality;
use crate::recommend::plan::AgencyNames;

/// Shaking of longer ago opens no shelter any more. **Assumed**: by then somebody has looked.
const SHAKING_COUNTS: SignedDuration = SignedDuration::from_hours(12);

/// The strongest class in force for the town's coast, and the earliest first wave.
pub(super) fn tsunami(official: &mut Official, view: &View, names: &AgencyNames) {
    for held in &view.tsunami {
        let forecast = &held.forecast;
        if !names.tsunami_areas.contains(&forecast.area.code) {
            continue;
        }
        let class = match forecast.grade.class {
            Class::Advisory => TsunamiClass::Advisory,
            Class::Warning | Class::Danger => TsunamiClass::Warning,
            Class::Special => TsunamiClass::Major,
            Class::Unknown => {
                official.unclear.insert(Input::Tsunami);
                continue;
            }
            Class::None | Class::Information => continue,
        };
        let stronger = official
            .tsunami
            .as_ref()
            .is_none_or(|known| known.value < class);
        if stronger {
            official.tsunami = Some(told(class, &held.source));
        }
        // ただちに津波来襲と予測, 津波到達中と推測, 第１波の到達を確認: it is there, or about to be.
        let now = (!forecast.first_condition.is_empty()).then_some(held.source.report_at);
        let Some(first_at) = forecast.first_at.or(now) else {
            continue;
        };
        let earlier = official
            .tsunami_at
            .as_ref()
            .is_none_or(|known| first_at < known.value);
        if earlier {
            official.tsunami_at = Some(told(first_at, &held.source));
        }
    }
}

/// The strongest shaking in the town of the last hours. Before the municipalities are known, that of its area in the flash report: it
/// opens shelters and orders nobody, so the careful side is to take it.
pub(super) fn shaking(
    official: &mut Official,
    view: &View,
    town: &Town,
    names: &AgencyNames,
    as_of: Timestamp,
) {
    for quake in view.quakes.iter().filter(|quake| !quake.eruption) {
        let Some((source, at)) = when(quake) else {
            continue;
        };
        let recent = as_of.duration_since(at) <= SHAKING_COUNTS;
        let Some(measured) = here(quake, town, names).filter(|_| recent) else {
            continue;
        };
        let Some(intensity) = from_four_on(measured) else {
            continue;
        };
        let stronger = official
            .intensity
            .as_ref()
            .is_none_or(|known| known.value < intensity);
        if stronger {
            let mut told = told(intensity, source);
            told.at = at;
            official.intensity = Some(told);
        }
    }
}

fn when(quake: &QuakeHolding) -> Option<(&Source, Timestamp)> {
    let source = quake.sources.first()?;
    let origin = quake.earthquake.as_ref().and_then(|of| of.origin_at);
    Some((source, origin.unwrap_or(source.report_at)))
}

fn here(quake: &QuakeHolding, town: &Town, names: &AgencyNames) -> Option<Measured> {
    let ours = municipality(&town.code);
    let by_city = quake
        .cities
        .iter()
        .filter(|(city, _)| Some(city.municipality()) == ours)
        .map(|(_, intensity)| *intensity)
        .max();
    by_city.or_else(|| {
        let cities_are_known = !quake.cities.is_empty();
        quake
            .areas
            .iter()
            .filter(|(area, _)| !cities_are_known && names.shaking_areas.contains(&area.code))
            .map(|(_, intensity)| *intensity)
            .max()
    })
}

fn from_four_on(measured: Measured) -> Option<Intensity> {
    match measured {
        Measured::I0 | Measured::I1 | Measured::I2 | Measured::I3 => None,
        Measured::I4 => Some(Intensity::Four),
        // Nothing arrived from there, and it is thought to be this or more.
        Measured::I5Lower | Measured::AtLeast5Lower => Some(Intensity::FiveLower),
        Measured::I5Upper => Some(Intensity::FiveUpper),
        Measured::I6Lower => Some(Intensity::SixLower),
        Measured::I6Upper => Some(Intensity::SixUpper),
        Measured::I7 => Some(Intensity::Seven),
    }
}
