//! Gauges as rows and hydrographs.

use hinan_dashboard::view::{
    FanPoint, GaugeRow, GaugeState, Hydrograph, LevelMark, NextMark, Quality, Reading,
};
use hinan_sensors::quality::Flag;
use hinan_sensors::{State, StationId};
use jiff::SignedDuration;

use super::lines;
use crate::app::{App, Picture};
use crate::outlook::{Assumed, GaugeOutlook, Voice};

/// The past shown in a hydrograph.
const PAST: SignedDuration = SignedDuration::from_hours(24);
/// The lead whose record stands beside the figures.
const RECORD_LEAD_H: u32 = 3;
const SOURCE: &str = "水位計";

/// One gauge as a row of the table.
pub(super) fn row(app: &App, gauge: &GaugeOutlook) -> GaugeRow {
    let level = gauge.observed.map(|o| o.level_m);
    let marks = gauge.marks.named();
    let next_mark = |name: &str, mark_m: f64| NextMark {
        name: lines::mark(name).to_owned(),
        level: lines::mark_level(name),
        level_m: mark_m,
        margin_m: mark_m - level.unwrap_or(f64::NAN),
    };
    let reached = level.and_then(|level| {
        marks
            .iter()
            .rfind(|(_, m)| level >= *m)
            .map(|(n, m)| next_mark(n, *m))
    });
    let next = level.and_then(|level| {
        marks
            .iter()
            .find(|(_, m)| level < *m)
            .map(|(n, m)| next_mark(n, *m))
    });
    let chance_of = next.as_ref().map(|next| (next.name.clone(), next.level_m));
    GaugeRow {
        name: gauge.name.clone(),
        river: gauge.river.clone(),
        level_m: level,
        at: gauge.observed.map(|o| o.at),
        state: state(gauge),
        quality: gauge
            .observed
            .map_or(Quality::NotChecked, |o| quality(o.flag)),
        quality_note: note(gauge),
        rise_m_per_h: gauge.rise_m_per_h,
        reached,
        next,
        chances: match &chance_of {
            Some((_, mark_m)) if !gauge.is_silent() => lines::chances(gauge, *mark_m),
            _ => Vec::new(),
        },
        chance_of: chance_of.map(|(name, _)| name),
        tier: lines::tier(gauge),
        record: lines::record(gauge, RECORD_LEAD_H),
        source: source(app),
    }
}

/// One gauge as a hydrograph.
pub(super) fn hydrograph(app: &App, picture: &Picture, gauge: &GaugeOutlook) -> Hydrograph {
    let now = picture.advice.outlook.as_of;
    let observed = gauge
        .id
        .parse()
        .ok()
        .map(|id: StationId| picture.situation.between(&id, now - PAST, now))
        .unwrap_or_default();
    let fan = |lead: &hinan_models::LeadForecast| FanPoint {
        at: lead.at,
        low90_m: lead.quantile_m(0.05),
        low50_m: lead.quantile_m(0.25),
        median_m: lead.quantile_m(0.5),
        high50_m: lead.quantile_m(0.75),
        high90_m: lead.quantile_m(0.95),
    };
    let forecast: Vec<FanPoint> = if gauge.is_silent() {
        Vec::new()
    } else {
        gauge.forecast.leads.iter().map(fan).collect()
    };
    let no_forecast = forecast.is_empty().then(|| match gauge.voice {
        Voice::NeverHeard => format!("{}からはまだ水位が届いていないため、予測がありません", gauge.name),
        _ => format!("{}からの水位が途絶えているため、予測がありません。最後の水位を保っています。その後は分かりません", gauge.name),
    });
    Hydrograph {
        gauge: gauge.name.clone(),
        river: gauge.river.clone(),
        observed: observed
            .into_iter()
            .map(|o| Reading {
                at: o.at,
                level_m: Some(o.level_m),
                quality: quality(o.flag),
            })
            .collect(),
        cadence_min: app.config.sensors.cadence_s / 60,
        forecast,
        no_forecast,
        marks: gauge
            .marks
            .named()
            .into_iter()
            .filter(|(name, _)| *name != "standby")
            .map(|(name, level_m)| LevelMark {
                name: lines::mark(name).to_owned(),
                level: lines::mark_level(name),
                level_m,
            })
            .collect(),
        now,
        datum: "標高 T.P.".to_owned(),
        source: source(app),
        tier: lines::tier(gauge),
        record: lines::record(gauge, RECORD_LEAD_H),
    }
}

fn source(app: &App) -> String {
    match &app.replay {
        Some(_) => "国土交通省 水文水質データベース(加工)".to_owned(),
        None => SOURCE.to_owned(),
    }
}

fn state(gauge: &GaugeOutlook) -> GaugeState {
    match gauge.health.as_ref().map(|health| health.state) {
        Some(State::Live) => GaugeState::Live,
        Some(State::QuietAsDesigned) => GaugeState::QuietAsDesigned,
        Some(State::Late) => GaugeState::Late,
        Some(State::Frozen) => GaugeState::Frozen,
        Some(State::SuspectedSubmerged) => GaugeState::SuspectedSubmerged,
        Some(State::Failed | State::NeverHeard) | None => GaugeState::Silent,
    }
}

/// Why the gauge is not simply believed: what its checks doubt, and how its device is.
fn note(gauge: &GaugeOutlook) -> Option<String> {
    let doubts = gauge.observed.into_iter().flat_map(|o| o.doubts.iter());
    let health = gauge.health.as_ref();
    let unsound = health.filter(|health| health.state != State::Live);
    let notes: Vec<String> = doubts
        .map(|check| check.ja().to_owned())
        .chain(unsound.map(|health| health.reason.ja()))
        .chain(assumed(gauge))
        .collect();
    (!notes.is_empty()).then(|| notes.join("。"))
}

/// What to assume of a gauge that fell silent while the water rose.
fn assumed(gauge: &GaugeOutlook) -> Option<String> {
    let assumed = gauge
        .assumed(gauge.forecast.as_of)
        .filter(Assumed::is_worse)?;
    Some(format!(
        "上昇が続いたと仮定すると、いま {:.2} m(判断に使用)",
        assumed.level_m
    ))
}

/// A flag as the pages know it.
pub(super) fn quality(flag: Flag) -> Quality {
    match flag {
        Flag::Good => Quality::Good,
        Flag::NotChecked => Quality::NotChecked,
        Flag::Suspect => Quality::Suspect,
        Flag::Bad | Flag::Missing => Quality::Bad,
    }
}
