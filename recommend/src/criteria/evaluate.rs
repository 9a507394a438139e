//! Asks the conditions of one kind for one unit and one gauge.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::finding::{Answer, Finding, Result, Seen};
use super::{Condition, Criteria, Input, Kind, Posture, Test};
use crate::deadline::{Deadlines, Sun};
use crate::id::SourceId;
use crate::level::{JmaLevel, OrderLevel};
use crate::outlook::{Gauge, Mark, Outlook, Tier, Told, TsunamiClass, Voice};
use crate::policy::Policy;
use crate::town::{Exposure, Unit};

/// Whom and what the conditions are asked of.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// What is known.
    pub outlook: &'a Outlook,
    /// The criteria, for when a word is too old.
    pub criteria: &'a Criteria,
    /// The unit.
    pub unit: &'a Unit,
    /// What threatens it.
    pub exposure: &'a Exposure,
    /// The gauge that decides.
    pub gauge: Option<(&'a SourceId, &'a Gauge)>,
    /// By when at the latest.
    pub deadlines: Option<&'a Deadlines>,
    /// Sunrise and sunset here.
    pub sun: Sun,
    /// What nobody tells this service.
    pub unheard: &'a BTreeSet<Input>,
}

/// Answers every condition of the exposure's kind, in the order of the file.
pub fn evaluate(asked: &Asked<'_>) -> Vec<Finding> {
    asked
        .criteria
        .of(asked.exposure.kind)
        .map(|condition| one(asked, condition))
        .collect()
}

/// Findings that are the same for whoever asks the same gauge, river and rain stations: worked out once and shared.
#[derive(Default)]
pub(crate) struct Alike<'a>(BTreeMap<Asking<'a>, Vec<Option<Arc<Finding>>>>);

type Asking<'a> = (Kind, Option<&'a str>, Option<&'a SourceId>, &'a [SourceId]);

impl<'a> Alike<'a> {
    /// The same answers as [`evaluate`] gives, asked of this exposure and gauge.
    pub(crate) fn evaluate(
        &mut self,
        asked: &Asked<'_>,
        exposure: &'a Exposure,
        gauge: Option<&'a SourceId>,
    ) -> Vec<Arc<Finding>> {
        let river = exposure.river.as_deref();
        let asking = (exposure.kind, river, gauge, exposure.rain.as_slice());
        let conditions = || asked.criteria.of(exposure.kind);
        let known = self.0.entry(asking).or_insert_with(|| {
            let shared = conditions().map(|condition| {
                let alike = condition.all.iter().all(|test| is_alike(asked, test));
                alike.then(|| Arc::new(one(asked, condition)))
            });
            shared.collect()
        });
        conditions()
            .zip(known)
            .map(|(condition, known)| match known {
                Some(known) => Arc::clone(known),
                None => Arc::new(one(asked, condition)),
            })
            .collect()
    }
}

/// Whether a test says the same to every unit that asks the same gauge, river and rain stations.
fn is_alike(asked: &Asked<'_>, test: &Test) -> bool {
    if test
        .input()
        .is_some_and(|input| asked.unheard.contains(&input))
    {
        return true;
    }
    match test {
        Test::AnyOf { tests } | Test::AllOf { tests } => {
            tests.iter().all(|test| is_alike(asked, test))
        }
        Test::Report { .. } => asked.outlook.reports.is_empty(),
        Test::Deadline { .. } | Test::RiskMap { .. } | Test::Tsunami { .. } => false,
        // Every test by name: one that is added must be thought of here.
        Test::GaugeAt { .. }
        | Test::LevelAt { .. }
        | Test::Rising
        | Test::Rise { .. }
        | Test::Forecast { .. }
        | Test::River { .. }
        | Test::Warning { .. }
        | Test::Overnight { .. }
        | Test::Expected { .. }
        | Test::Night { .. }
        | Test::Storm
        | Test::RecordRain
        | Test::Rain { .. }
        | Test::Shaking { .. } => true,
    }
}

fn one(asked: &Asked<'_>, condition: &Arc<Condition>) -> Finding {
    let tests: Vec<Result> = condition
        .all
        .iter()
        .map(|test| answer(asked, test, condition.level))
        .collect();
    Finding {
        condition: Arc::clone(condition),
        answer: Answer::all(tests.iter().map(|result| result.answer)),
        gauge: asked.gauge.map(|(id, _)| id.clone()),
        tests,
    }
}

/// Whether a posture is asked for. Only what concerns the whole town can be asked.
pub(crate) fn posture(outlook: &Outlook, policy: &Policy, posture: &Posture) -> Answer {
    let criteria = &policy.criteria;
    Answer::all(posture.all.iter().map(|test| match test {
        _ if !test.can_hold_without(&policy.unheard) => Answer::Unknown,
        Test::Warning { .. }
        | Test::Storm
        | Test::RecordRain
        | Test::Overnight { .. }
        | Test::Expected { .. }
        | Test::Tsunami { .. }
        | Test::Shaking { .. } => official(outlook, criteria, test, None, None).answer,
        _ => Answer::Unknown,
    }))
}

fn answer(asked: &Asked<'_>, test: &Test, level: OrderLevel) -> Result {
    if let Some(input) = test.input().filter(|input| asked.unheard.contains(input)) {
        let seen = Seen {
            unheard: true,
            ..Seen::of(input.japanese())
        };
        return unknown(seen, "このシステムでは分かりません");
    }
    match test {
        Test::GaugeAt { marks } => gauge_at(asked, marks),
        Test::LevelAt { gauge, level_m } => level_at(asked, gauge, *level_m),
        Test::Rising => rising(asked),
        Test::Rise { m_per_h } => rise(asked, *m_per_h),
        Test::Forecast {
            marks,
            within_h,
            chance,
        } => forecast(asked, marks, *within_h, *chance),
        Test::Deadline { within_min, chance } => deadline(asked, *within_min, *chance, level),
        Test::Rain { hours, mm, ahead } => rain(asked, *hours, *mm, *ahead),
        Test::Report { .. } => report(asked, test, level),
        Test::Tsunami { class } => tsunami(asked, *class),
        Test::AnyOf { tests } => group(asked, tests, level, Answer::any),
        Test::AllOf { tests } => group(asked, tests, level, Answer::all),
        Test::Night {
            product,
            level: expected,
            before_sunset_min,
        } => {
            let overnight = Test::Overnight {
                product: *product,
                level: *expected,
            };
            let mut found = official(asked.outlook, asked.criteria, &overnight, None, None);
            let dusk = asked.sun.sets_at.is_some_and(|sets_at| {
                let before = SignedDuration::from_mins(i64::from(*before_sunset_min));
                let left = sets_at.duration_since(asked.outlook.as_of);
                left >= SignedDuration::ZERO && left <= before
            });
            if !dusk {
                found.answer = Answer::NotMet;
            }
            found
        }
        _ => official(
            asked.outlook,
            asked.criteria,
            test,
            Some(asked.unit),
            asked.exposure.river.as_deref(),
        ),
    }
}

/// Seaward of the wall an advisory is enough; behind it only what comes over. Where the town's data do not say from which class a
/// unit is reached, a warning reaches it, and of an advisory nobody knows.
fn tsunami(asked: &Asked<'_>, class: TsunamiClass) -> Result {
    let ask = |class| {
        let test = Test::Tsunami { class };
        official(asked.outlook, asked.criteria, &test, Some(asked.unit), None)
    };
    match asked.exposure.tsunami_from {
        Some(from) => ask(from.max(class)),
        None => {
            let by_warning = ask(class.max(TsunamiClass::Warning));
            let weaker = by_warning.answer == Answer::NotMet && ask(class).answer == Answer::Met;
            if weaker {
                unknown(
                    by_warning.seen,
                    "この地区にどの予報区分から及ぶかが、町のデータにありません",
                )
            } else {
                by_warning
            }
        }
    }
}

fn group(
    asked: &Asked<'_>,
    tests: &[Test],
    level: OrderLevel,
    join: fn(Vec<Answer>) -> Answer,
) -> Result {
    let inner: Vec<Result> = tests
        .iter()
        .map(|test| answer(asked, test, level))
        .collect();
    Result {
        answer: join(inner.iter().map(|result| result.answer).collect()),
        seen: Seen::default(),
        inner,
    }
}

fn result(answer: Answer, seen: Seen) -> Result {
    Result {
        answer,
        seen,
        inner: Vec::new(),
    }
}

fn unknown(mut seen: Seen, why: impl Into<String>) -> Result {
    seen.why = Some(why.into());
    result(Answer::Unknown, seen)
}

/// A gauge that is not heard any more holds its last level and is assumed to have gone on rising: reached stays reached,
/// assumed counts as reached, but "not reached" becomes unknown.
fn gauge_at(asked: &Asked<'_>, marks: &[Mark]) -> Result {
    let Some((_, gauge)) = asked.gauge else {
        return unknown(Seen::default(), "この地区を判断する水位計がありません");
    };
    let Some((mark, level_m)) = gauge.marks.first_known(marks) else {
        return unknown(Seen::of(&gauge.name), "この水位計の基準水位が分かりません");
    };
    let mut found = reached(asked, gauge, level_m);
    found.seen.mark = Some((mark, level_m));
    found
}

fn level_at(asked: &Asked<'_>, id: &str, level_m: f64) -> Result {
    match asked.outlook.gauges.get(id) {
        Some(gauge) => reached(asked, gauge, level_m),
        None => unknown(Seen::of(id), "この水位計からの情報がありません"),
    }
}

fn reached(asked: &Asked<'_>, gauge: &Gauge, level_m: f64) -> Result {
    let as_of = asked.outlook.as_of;
    let mut seen = Seen {
        source: gauge.name.clone(),
        value: gauge.observed.map(|observed| observed.level_m),
        threshold: Some(level_m),
        at: gauge.observed.map(|observed| observed.at),
        ..Seen::default()
    };
    let held = gauge.is_held();
    if held {
        seen.assumed = gauge.held;
    }
    let Some(worst_m) = gauge.worst_m(as_of) else {
        return unknown(seen, "水位が一度も届いていません");
    };
    if seen
        .value
        .is_none_or(|observed_m| observed_m < level_m && worst_m >= level_m)
    {
        seen.assumed_m = Some(worst_m);
    }
    match (worst_m >= level_m, held) {
        (true, _) => result(Answer::Met, seen),
        (false, true) => unknown(seen, "水位計が途絶しています"),
        (false, false) => result(Answer::NotMet, seen),
    }
}

/// A river that clearly falls does not rise. Whether one that fell when its gauge was last heard still falls, nobody knows.
fn rising(asked: &Asked<'_>) -> Result {
    let Some((_, gauge)) = asked.gauge else {
        return unknown(Seen::default(), "この地区を判断する水位計がありません");
    };
    let rise = gauge
        .rise_m_per_h
        .or(gauge.held.and_then(|held| held.rise_m_per_h));
    let mut seen = Seen {
        source: gauge.name.clone(),
        value: rise,
        threshold: Some(0.0),
        at: gauge.observed.map(|observed| observed.at),
        ..Seen::default()
    };
    if gauge.is_held() {
        seen.assumed = gauge.held;
    }
    match (rise, gauge.is_held()) {
        (None, _) => unknown(seen, "比べる観測値がまだありません"),
        (Some(rise), _) if rise >= 0.0 => result(Answer::Met, seen),
        (Some(_), true) => unknown(seen, "水位計が途絶しています"),
        (Some(_), false) => result(Answer::NotMet, seen),
    }
}

fn rise(asked: &Asked<'_>, m_per_h: f64) -> Result {
    let Some((_, gauge)) = asked.gauge else {
        return unknown(Seen::default(), "この地区を判断する水位計がありません");
    };
    let held = gauge.is_held();
    let rise = if held {
        gauge.held.and_then(|held| held.rise_m_per_h)
    } else {
        gauge.rise_m_per_h
    };
    let mut seen = Seen {
        source: gauge.name.clone(),
        value: rise,
        threshold: Some(m_per_h),
        at: gauge.observed.map(|observed| observed.at),
        ..Seen::default()
    };
    if held {
        seen.assumed = gauge.held;
        seen.assumed_m = gauge.worst_m(asked.outlook.as_of);
    }
    match rise {
        Some(rise) if rise >= m_per_h => result(Answer::Met, seen),
        Some(_) if !held => result(Answer::NotMet, seen),
        Some(_) => {
            seen.assumed_m = None;
            unknown(seen, "水位計が途絶しています")
        }
        None => unknown(seen, "比べる観測値がまだありません"),
    }
}

fn forecast(asked: &Asked<'_>, marks: &[Mark], within_h: u32, chance: f64) -> Result {
    let Some((_, gauge)) = asked.gauge else {
        return unknown(Seen::default(), "この地区を判断する水位計がありません");
    };
    let mut seen = Seen {
        source: gauge.name.clone(),
        threshold: Some(chance),
        at: gauge.observed.map(|observed| observed.at),
        ..Seen::default()
    };
    let Some((mark, level_m)) = gauge.marks.first_known(marks) else {
        return unknown(seen, "この水位計の基準水位が分かりません");
    };
    seen.mark = Some((mark, level_m));
    let as_of = asked.outlook.as_of;
    let limit = SignedDuration::from_mins(i64::from(asked.criteria.stale.forecast_min));
    let silent = matches!(gauge.voice, Voice::Silent { .. } | Voice::NeverHeard);
    let made = gauge
        .forecast
        .as_ref()
        .filter(|forecast| as_of.duration_since(forecast.made_at) <= limit)
        .filter(|_| !silent && gauge.observed.is_some());
    let mut found = Answer::Unknown;
    if let Some(made) = made {
        let now_m = gauge.observed.map(|observed| observed.level_m);
        seen.made_at = Some(made.made_at);
        if let Some(of) = made.chance_within(now_m, level_m, within_h) {
            seen.value = Some(of);
            seen.range_m = made
                .leads
                .iter()
                .find(|lead| lead.lead_h == within_h)
                .map(|lead| (lead.quantile_m(0.05), lead.quantile_m(0.95)));
            let reaches_so_far = made
                .leads
                .last()
                .is_some_and(|last| last.lead_h >= within_h);
            found = if of >= chance {
                Answer::Met
            } else if reaches_so_far {
                Answer::NotMet
            } else {
                // What is not reached in the hours that are foreseen may be in those that are not.
                Answer::Unknown
            };
        }
    }
    if gauge.is_held() && found != Answer::Met {
        // What a forecast says of a level that is only held is no "not met". A rise that is assumed to go on leads somewhere.
        let ahead = SignedDuration::from_hours(i64::from(within_h));
        let then_m = as_of
            .checked_add(ahead)
            .ok()
            .and_then(|then| gauge.worst_m(then));
        seen.assumed = gauge.held;
        if let Some(then_m) = then_m.filter(|then_m| *then_m >= level_m) {
            seen.assumed_m = Some(then_m);
            return result(Answer::Met, seen);
        }
        return unknown(seen, "水位計が途絶しています");
    }
    match found {
        // That the last level stays, said of itself, rules nothing out.
        Answer::NotMet if made.is_some_and(|made| made.tier == Tier::Persistence) => {
            unknown(seen, "予測がなく、いまの水位を据え置いているだけです")
        }
        Answer::Unknown if seen.value.is_some() => {
            unknown(seen, format!("予測が{within_h}時間先まで届いていません"))
        }
        Answer::Unknown => unknown(seen, "使える予測がありません"),
        known => result(known, seen),
    }
}

fn deadline(asked: &Asked<'_>, within_min: u32, chance: f64, level: OrderLevel) -> Result {
    let mut seen = Seen {
        threshold: Some(f64::from(within_min)),
        ..Seen::default()
    };
    let Some(deadlines) = asked.deadlines else {
        return unknown(seen, "水が来る時刻の見込みがありません");
    };
    seen.at = Some(deadlines.as_of);
    let Some(of) = deadlines.of(level) else {
        seen.source = "見込みの時間内に水は来ない".to_owned();
        return match deadlines.chance {
            Some(_) if deadlines.arrival.is_none() => result(Answer::NotMet, seen),
            _ => unknown(seen, "水が来る時刻の見込みがありません"),
        };
    };
    seen.source = of.named();
    let left_min = of
        .decide_by
        .duration_since(asked.outlook.as_of)
        .as_secs_f64()
        / 60.0;
    seen.value = Some(left_min);
    match deadlines.chance {
        None => unknown(seen, "水が来る確率が分かりません"),
        Some(of) if of >= chance && left_min <= f64::from(within_min) => result(Answer::Met, seen),
        Some(_) => result(Answer::NotMet, seen),
    }
}

fn rain(asked: &Asked<'_>, hours: u32, mm: f64, ahead: bool) -> Result {
    if ahead {
        return rain_ahead(asked, hours, mm);
    }
    let stations = &asked.exposure.rain;
    if stations.is_empty() {
        return unknown(Seen::default(), "この地区を判断する雨量計がありません");
    }
    let mut best: Option<Result> = None;
    let mut missing = false;
    for id in stations {
        let station = asked.outlook.rain.get(id);
        let told = station.and_then(|station| station.past_mm.get(&hours));
        let fresh = told
            .filter(|told| is_fresh(asked.outlook.as_of, told.at, asked.criteria.stale.rain_min));
        let (Some(told), Some(station)) = (fresh, station) else {
            missing = true;
            continue;
        };
        let seen = Seen {
            source: station.name.clone(),
            value: Some(told.value),
            threshold: Some(mm),
            at: Some(told.at),
            ..Seen::default()
        };
        let answer = if told.value >= mm {
            Answer::Met
        } else {
            Answer::NotMet
        };
        let more = best
            .as_ref()
            .is_none_or(|best| best.seen.value < Some(told.value));
        if more {
            best = Some(result(answer, seen));
        }
    }
    match best {
        Some(best) if best.answer == Answer::Met || !missing => best,
        Some(best) => unknown(best.seen, "雨量が届いていない観測所があります"),
        None => unknown(Seen::default(), "雨量が届いていません"),
    }
}

/// What the agency expects for the municipality: the most within an hour, span by span. The sum over some hours is at least the
/// greatest of them and at most each hour of every span at its most; between the two nobody knows.
fn rain_ahead(asked: &Asked<'_>, hours: u32, mm: f64) -> Result {
    let as_of = asked.outlook.as_of;
    let Some(told) = asked.outlook.official.rain_ahead.as_ref() else {
        return unknown(Seen::default(), "予想雨量が届いていません");
    };
    let mut seen = Seen {
        source: told.source.clone(),
        threshold: Some(mm),
        at: Some(told.at),
        ..Seen::default()
    };
    let Some((low, high)) = crate::outlook::expected_mm(&told.value, as_of, hours) else {
        return unknown(seen, "予想雨量がその時間の先まで届いていません");
    };
    seen.between = Some((low, high));
    if low >= mm {
        result(Answer::Met, seen)
    } else if high < mm {
        result(Answer::NotMet, seen)
    } else {
        unknown(
            seen,
            format!("1時間の最大からは{low:.0}〜{high:.0} mmとしか分かりません"),
        )
    }
}

/// Level 5 must not go to a whole town because somebody typed no place.
fn report(asked: &Asked<'_>, test: &Test, level: OrderLevel) -> Result {
    let Test::Report { of } = test else {
        return unknown(Seen::default(), "報告の種類が分かりません");
    };
    let mut concerning = asked.outlook.reports.iter().filter(|report| {
        of.contains(&report.kind)
            && report.at <= asked.outlook.as_of
            && report.concerns(&asked.unit.id, asked.exposure.river.as_deref())
    });
    // One that names its place speaks before one that does not.
    let first = concerning.next();
    let has_place =
        |report: &&crate::outlook::Report| report.river.is_some() || !report.units.is_empty();
    let found = match first {
        Some(report) if !has_place(&report) => concerning.find(has_place).or(first),
        other => other,
    };
    match found {
        Some(report) => {
            let mut seen = Seen::of(&report.source);
            seen.at = Some(report.at);
            if level == OrderLevel::EmergencySafety
                && report.river.is_none()
                && report.units.is_empty()
            {
                return unknown(seen, "報告に場所が書かれていません");
            }
            result(Answer::Met, seen)
        }
        None => result(Answer::NotMet, Seen::of("報告は届いていません")),
    }
}

/// What the agency says. What is not in force is "not met" only where the agency was heard lately.
fn official(
    outlook: &Outlook,
    criteria: &Criteria,
    test: &Test,
    unit: Option<&Unit>,
    river: Option<&str>,
) -> Result {
    let official = &outlook.official;
    let mut heard_at = official.heard_at;
    let mut limit_min = criteria.stale.official_min;
    let (told, wanted): (Option<(f64, Timestamp, &str)>, f64) = match test {
        Test::River { level } => {
            let told = river.and_then(|river| official.rivers.get(river));
            (told.map(said), number(*level))
        }
        Test::Warning { product, level } => {
            (official.levels.get(product).map(said), number(*level))
        }
        Test::Overnight { product, level } => {
            (official.overnight.get(product).map(said), number(*level))
        }
        Test::Expected { product, level } => {
            let told = [official.levels.get(product), official.expected.get(product)];
            let highest = told.into_iter().flatten().max_by_key(|told| told.value);
            (highest.map(said), number(*level))
        }
        Test::RiskMap { map, level } => {
            heard_at = official.risk_maps_at.get(map).copied();
            limit_min = criteria.stale.risk_map_min;
            let of_unit = unit.and_then(|unit| official.risk_maps.get(map)?.get(&unit.id));
            (of_unit.map(said), number(*level))
        }
        Test::Storm => {
            let told = official.storm_warning.as_ref();
            (told.map(|told| (1.0, told.at, told.source.as_str())), 1.0)
        }
        Test::RecordRain => {
            let told = official.record_rain.as_ref();
            (told.map(|told| (1.0, told.at, told.source.as_str())), 1.0)
        }
        Test::Tsunami { class } => {
            let told = official.tsunami.as_ref();
            let strength = |class| f64::from(class as u8);
            (
                told.map(|told| (strength(told.value), told.at, told.source.as_str())),
                strength(*class),
            )
        }
        Test::Shaking { intensity } => {
            let told = official.intensity.as_ref();
            let strength = |intensity| f64::from(intensity as u8);
            (
                told.map(|told| (strength(told.value), told.at, told.source.as_str())),
                strength(*intensity),
            )
        }
        _ => return unknown(Seen::default(), "この条件は公的情報では答えられません"),
    };
    let mut seen = Seen {
        threshold: Some(wanted),
        at: heard_at,
        ..Seen::default()
    };
    let Some(heard_at) = heard_at.filter(|heard_at| is_fresh(outlook.as_of, *heard_at, limit_min))
    else {
        return unknown(seen, "公的情報が届いていないか、古くなっています");
    };
    // What is known is enough where it meets; else a code that nobody knows may be more.
    let reached = told.is_some_and(|(value, _, _)| value >= wanted);
    if !reached
        && test
            .input()
            .is_some_and(|input| official.unclear.contains(&input))
    {
        return unknown(
            seen,
            "このシステムが知らない符号で発表されています。原文を確かめてください",
        );
    }
    match told {
        Some((value, at, source)) => {
            seen.value = Some(value);
            seen.at = Some(at);
            source.clone_into(&mut seen.source);
            let answer = if value >= wanted {
                Answer::Met
            } else {
                Answer::NotMet
            };
            result(answer, seen)
        }
        None => {
            seen.at = Some(heard_at);
            seen.value = Some(0.0);
            "発表なし".clone_into(&mut seen.source);
            result(Answer::NotMet, seen)
        }
    }
}

fn said(told: &Told<JmaLevel>) -> (f64, Timestamp, &str) {
    (number(told.value), told.at, told.source.as_str())
}

fn number(level: JmaLevel) -> f64 {
    f64::from(level.number())
}

fn is_fresh(as_of: Timestamp, at: Timestamp, limit_min: u32) -> bool {
    as_of.duration_since(at) <= SignedDuration::from_mins(i64::from(limit_min))
}
