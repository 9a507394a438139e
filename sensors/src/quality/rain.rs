//! Rain at stations, remembered as far as the checks of gauges ask for it.
//!
//! A sum is known only where every minute of it is: a hole is never taken for dry.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

/// Values older than this, counted from the newest of the station, are forgotten.
const KEEP: SignedDuration = SignedDuration::from_hours(72);
/// Values of one station that are remembered: three days of one each ten minutes, and as much again for reports at odd times.
const VALUES_MAX: usize = 864;
/// The newest value may be so old: what fell since has hardly reached a gauge.
const SLACK: SignedDuration = SignedDuration::from_mins(20);
const TEN_MINUTES: SignedDuration = SignedDuration::from_mins(10);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Rain that fell at one station.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RainPast {
    /// By the end of the time over which it fell.
    fallen: BTreeMap<Timestamp, Fallen>,
}

/// Rain up to one moment, millimetres; none where there is no usable value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fallen {
    /// In the ten minutes before.
    pub ten_minutes_mm: Option<f64>,
    /// In the hour before.
    pub hour_mm: Option<f64>,
}

impl RainPast {
    /// Takes what a station said of the time up to `until`. A second word for the same moment changes nothing but what the
    /// first left out.
    pub fn take(&mut self, until: Timestamp, fallen: Fallen) {
        if fallen == Fallen::default() {
            return;
        }
        let known = self.fallen.entry(until).or_default();
        known.ten_minutes_mm = known.ten_minutes_mm.or(fallen.ten_minutes_mm);
        known.hour_mm = known.hour_mm.or(fallen.hour_mm);
        let newest = self.fallen.last_key_value().map_or(until, |(at, _)| *at);
        while let Some((oldest, _)) = self.fallen.first_key_value()
            && (self.fallen.len() > VALUES_MAX || newest.duration_since(*oldest) > KEEP)
        {
            self.fallen.pop_first();
        }
    }

    /// The end of the newest value that was known at `to`.
    #[must_use]
    pub fn newest_at(&self, to: Timestamp) -> Option<Timestamp> {
        self.fallen.range(..=to).next_back().map(|(at, _)| *at)
    }

    /// How much fell from `from` to `to`, millimetres; what was known at `to` only. `None`: a part of it is not known. As
    /// values cover whole ten minutes or hours, a little of the time before `from` may be in it.
    #[must_use]
    pub fn between_mm(&self, from: Timestamp, to: Timestamp) -> Option<f64> {
        let (&newest, _) = self.fallen.range(..=to).next_back()?;
        if to.duration_since(newest) > SLACK {
            return None;
        }
        let (mut until, mut sum_mm) = (newest, 0.0);
        while until > from {
            let known = self.fallen.get(&until)?;
            let ten_minutes_ago = until.checked_sub(TEN_MINUTES).ok()?;
            // Ten minutes lead on only where there is a word for the moment they begin at.
            let leads_on = ten_minutes_ago <= from || self.fallen.contains_key(&ten_minutes_ago);
            match (known.ten_minutes_mm.filter(|_| leads_on), known.hour_mm) {
                (Some(mm), _) => {
                    sum_mm += mm;
                    until = ten_minutes_ago;
                }
                (None, Some(mm)) => {
                    sum_mm += mm;
                    until = until.checked_sub(HOUR).ok()?;
                }
                (None, None) => return None,
            }
        }
        Some(sum_mm)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_472_515_200 + 60 * minute).unwrap()
    }

    fn ten(mm: f64) -> Fallen {
        Fallen {
            ten_minutes_mm: Some(mm),
            hour_mm: None,
        }
    }

    #[test]
    fn a_sum_is_known_only_where_all_of_it_is() {
        let mut rain = RainPast::default();
        for n in 1..=18 {
            rain.take(at(10 * n), ten(0.5));
        }
        assert_eq!(rain.between_mm(at(0), at(180)), Some(9.0));
        assert_eq!(
            rain.between_mm(at(60), at(195)),
            Some(6.0),
            "fifteen minutes ago is new enough"
        );
        assert_eq!(
            rain.between_mm(at(60), at(201)),
            None,
            "half a question is no answer"
        );
        assert_eq!(
            rain.between_mm(at(-60), at(180)),
            None,
            "before the first word"
        );
        assert_eq!(
            rain.between_mm(at(60), at(120)),
            Some(3.0),
            "nothing later than asked"
        );
        let mut holed = RainPast::default();
        for n in (1..=18).filter(|n| *n != 9) {
            holed.take(at(10 * n), ten(0.0));
        }
        assert_eq!(holed.between_mm(at(0), at(180)), None, "a hole is not dry");
        assert_eq!(holed.between_mm(at(90), at(180)), Some(0.0));
    }

    #[test]
    fn an_hour_stands_in_where_ten_minutes_are_not_known() {
        let mut rain = RainPast::default();
        for n in 1..=3 {
            let hour_mm = Some(2.0);
            rain.take(
                at(60 * n),
                Fallen {
                    ten_minutes_mm: None,
                    hour_mm,
                },
            );
        }
        assert_eq!(rain.between_mm(at(30), at(180)), Some(6.0), "whole hours");
        rain.take(at(180), ten(0.1));
        assert_eq!(
            rain.between_mm(at(30), at(180)),
            Some(6.0),
            "the hour still tells all of it"
        );
    }

    #[test]
    fn memory_is_bounded_in_time_and_number() {
        let mut rain = RainPast::default();
        for minute in 0..6000 {
            rain.take(at(minute), ten(0.0));
        }
        assert!(rain.fallen.len() <= VALUES_MAX);
        rain.take(at(20_000), ten(1.0));
        assert_eq!(rain.fallen.len(), 1);
    }
}
