//! A whole series at once: with the checks that decisions rest on, or as the reference would judge it.

use jiff::Timestamp;

use super::checker::Checker;
use super::qartod::{
    AttenuatedSignal, CheckType, Climatology, FlatLine, GrossRange, Member, Method, Period,
    RateOfChange, Refused, Spike, TimeGap, Tspan, compare,
};
use super::settings::QualitySettings;
use super::verdict::{Flag, Verdict};

/// The verdicts of a series in the end, when every reading that is judged anew by the next one has been. In the order in
/// which the readings came; a level that is not finite is missing.
///
/// ```
/// use hinan_sensors::quality::{Flag, QualitySettings, SpikeLimits, judge_series};
/// let spike = Some(SpikeLimits { low_m: 0.5, high_m: Some(2.0) });
/// let settings = QualitySettings { spike, ..QualitySettings::default() };
/// let series = [("2016-08-30T09:00:00Z", 1.0), ("2016-08-30T09:10:00Z", 9.0), ("2016-08-30T09:20:00Z", 1.1)];
/// let verdicts = judge_series(&settings, series.map(|(at, level_m)| (at.parse().unwrap(), level_m)));
/// assert_eq!(verdicts[1].flag, Flag::Bad);
/// ```
#[must_use]
pub fn judge_series(
    settings: &QualitySettings,
    series: impl IntoIterator<Item = (Timestamp, f64)>,
) -> Vec<Verdict> {
    let mut checker = Checker::new(settings);
    let mut verdicts: Vec<Verdict> = Vec::new();
    // The place of the reading that may still be revised, with its time.
    let mut open: Option<(Timestamp, usize)> = None;
    for (at, level_m) in series {
        let observed = checker.observe(at, level_m);
        if let (Some(revised), Some((open_at, place))) = (observed.revised, open)
            && revised.at == open_at
        {
            verdicts[place] = revised.verdict;
        }
        if checker.newest_at() == Some(at) && open.is_none_or(|(open_at, _)| open_at < at) {
            open = Some((at, verdicts.len()));
        }
        verdicts.push(observed.verdict);
    }
    verdicts
}

/// What the reference's tests say of a series: one flag per reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceFlags {
    /// By the name the reference gives the test, in the order of our checks.
    pub tests: Vec<(&'static str, Vec<Flag>)>,
    /// Joined as the reference joins: one passed test hides those that were not made.
    pub joined: Vec<Flag>,
}

/// Judges a series exactly as the reference would with these limits. Both forms of the spike test are made. Months are
/// counted in UTC, as there; neighbours and cadence are not known there.
///
/// # Errors
/// What the reference cannot judge, such as times that go back.
pub fn judge_series_as_reference(
    settings: &QualitySettings,
    series: &[(Timestamp, f64)],
) -> Result<ReferenceFlags, Refused> {
    let times: Vec<Timestamp> = series.iter().map(|&(at, _)| at).collect();
    let levels_m: Vec<f64> = series.iter().map(|&(_, level_m)| level_m).collect();
    let mut tests = Vec::new();
    if let Some(test) = gross_range(settings) {
        tests.push(("gross_range_test", test.flags(&levels_m)?));
    }
    if let Some(test) = climatology(settings) {
        let depths = vec![f64::NAN; levels_m.len()];
        tests.push(("climatology_test", test.flags(&levels_m, &times, &depths)?));
    }
    if let Some(limits) = settings.spike {
        let average = Spike {
            suspect_threshold: Some(limits.low_m),
            fail_threshold: limits.high_m,
            method: Method::Average,
        };
        let differential = Spike {
            method: Method::Differential,
            ..average
        };
        tests.push(("spike_test", average.flags(&levels_m)));
        tests.push(("spike_test_differential", differential.flags(&levels_m)));
    }
    if let Some(limit) = settings.rate {
        let test = RateOfChange {
            threshold: limit.suspect_m_per_h / 3600.0,
            fail_threshold: None,
        };
        tests.push(("rate_of_change_test", test.flags(&levels_m, &times)?));
    }
    if let Some(limits) = settings.flat {
        let test = FlatLine {
            suspect_threshold: limits.suspect_after_s,
            // No series is that long.
            fail_threshold: limits.fail_after_s.unwrap_or(u32::MAX),
            tolerance: limits.tolerance_m,
        };
        tests.push(("flat_line_test", test.flags(&levels_m, &times)?));
    }
    if let Some(limits) = settings.attenuated {
        let test = AttenuatedSignal {
            suspect_threshold: limits.suspect_m,
            // Nothing moves by less than nothing.
            fail_threshold: limits.fail_m.unwrap_or(0.0),
            test_period: Some(f64::from(limits.period_s)),
            min_obs: None,
            min_period: None,
            check_type: CheckType::Range,
        };
        tests.push(("attenuated_signal_test", test.flags(&levels_m, &times)?));
    }
    if let Some(limit) = settings.gap {
        let test = TimeGap {
            fail_span: f64::from(limit.suspect_after_s) / 3600.0,
        };
        let times: Vec<Option<Timestamp>> = times.iter().copied().map(Some).collect();
        tests.push(("time_gap_test", test.flags(&times)?));
    }
    let joined = if tests.is_empty() {
        let unmade = |level_m: &f64| match level_m.is_finite() {
            true => Flag::NotChecked,
            false => Flag::Missing,
        };
        levels_m.iter().map(unmade).collect()
    } else {
        let flags: Vec<&[Flag]> = tests.iter().map(|(_, flags)| flags.as_slice()).collect();
        compare(&flags)?
    };
    Ok(ReferenceFlags { tests, joined })
}

fn gross_range(settings: &QualitySettings) -> Option<GrossRange> {
    let usual = settings.usual.map(|span| [span.low, span.high]);
    let sensor = settings.sensor.map(|span| [span.low, span.high]);
    if sensor.is_none() && usual.is_none() {
        return None;
    }
    Some(GrossRange {
        fail_span: sensor.unwrap_or([f64::NEG_INFINITY, f64::INFINITY]),
        suspect_span: usual,
    })
}

fn climatology(settings: &QualitySettings) -> Option<Climatology> {
    let seasons = settings.season.as_ref()?;
    let mut members = Vec::new();
    for season in seasons {
        let [first, last] = season.months;
        let spans = if first <= last {
            vec![[first, last]]
        } else {
            vec![[first, 12], [1, last]]
        };
        members.extend(spans.into_iter().map(|months| Member {
            tspan: Tspan::Numbers(months.map(f64::from)),
            vspan: [season.low, season.high],
            fspan: None,
            zspan: None,
            period: Some(Period::Month),
        }));
    }
    Some(Climatology { members })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::quality::{Check, GapLimit, RateLimit, Season, Span, SpikeLimits};

    fn series(levels_m: &[f64]) -> Vec<(Timestamp, f64)> {
        (0..)
            .zip(levels_m)
            .map(|(n, &level_m)| {
                let second = 1_472_515_200 + 600 * n;
                (Timestamp::from_second(second).unwrap(), level_m)
            })
            .collect()
    }

    fn settings() -> QualitySettings {
        QualitySettings {
            sensor: Some(Span {
                low: 0.0,
                high: 20.0,
            }),
            spike: Some(SpikeLimits {
                low_m: 0.5,
                high_m: Some(2.0),
            }),
            rate: Some(RateLimit {
                suspect_m_per_h: 6.0,
            }),
            season: Some(vec![Season {
                months: [11, 9],
                low: 0.0,
                high: 5.0,
            }]),
            gap: Some(GapLimit {
                suspect_after_s: 3600,
            }),
            ..QualitySettings::default()
        }
    }

    #[test]
    fn each_reading_has_its_last_verdict_wherever_missing_and_late_ones_stand() {
        let mut series = series(&[1.0, 1.0, f64::NAN, 6.0, 1.0, 1.0]);
        // A late one between the spike and the reading that shows it.
        let late = (series[0].0 - jiff::SignedDuration::from_mins(5), 1.0);
        series.insert(4, late);
        let verdicts = judge_series(&settings(), series);
        let flags: Vec<u8> = verdicts.iter().map(|v| v.flag.qartod()).collect();
        assert_eq!(flags, [2, 1, 9, 4, 2, 3, 1]);
        assert_eq!(verdicts[3].checks[&Check::Spike], Flag::Bad);
    }

    #[test]
    fn as_the_reference_judges_a_missing_neighbour_hides_a_spike_and_months_are_those_of_utc() {
        let found =
            judge_series_as_reference(&settings(), &series(&[1.0, 1.0, f64::NAN, 6.0, 1.0, 1.0]))
                .unwrap();
        let numbers = |flags: &[Flag]| flags.iter().map(|f| f.qartod()).collect::<Vec<u8>>();
        let by_name = |name: &str| {
            let (_, flags) = found.tests.iter().find(|(test, _)| *test == name).unwrap();
            numbers(flags)
        };
        assert_eq!(by_name("gross_range_test"), [1, 1, 9, 1, 1, 1]);
        assert_eq!(by_name("climatology_test"), [1, 1, 9, 3, 1, 1]);
        assert_eq!(by_name("spike_test_differential"), [2, 2, 9, 2, 1, 2]);
        assert_eq!(by_name("rate_of_change_test"), [1, 1, 9, 1, 3, 1]);
        assert_eq!(by_name("time_gap_test"), [1, 1, 1, 1, 1, 1]);
        // A passed gap test hides the missing level, and the other form of the spike test blames the spike's neighbour.
        assert_eq!(numbers(&found.joined), [1, 1, 1, 3, 4, 1]);
    }

    #[test]
    fn without_any_check_nothing_is_good() {
        let none = QualitySettings::default();
        let found = judge_series_as_reference(&none, &series(&[1.0, f64::NAN])).unwrap();
        assert_eq!(found.joined, [Flag::NotChecked, Flag::Missing]);
    }
}
