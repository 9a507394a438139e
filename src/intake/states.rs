//! How stations were when it was last told, and what is told when one is not as it was.

use std::collections::BTreeMap;

use crate::events::Event;
use crate::outlook::Outlook;
use crate::station_state;

/// The word of each station, as everybody can know it.
pub(super) struct States(BTreeMap<String, &'static str>);

impl States {
    /// As a picture shows them. Whoever read that picture and listens is owed every change from it: also one that comes before the
    /// first advice.
    pub(super) fn shown_in(outlook: &Outlook) -> Self {
        let known = outlook.gauges.values();
        Self(
            known
                .map(|gauge| (gauge.id.clone(), station_state::word(gauge)))
                .collect(),
        )
    }

    /// What is not as it was, each change once.
    pub(super) fn changes(&mut self, outlook: &Outlook) -> Vec<Event> {
        let mut events = Vec::new();
        for gauge in outlook.gauges.values() {
            let word = station_state::word(gauge);
            let before = match self.0.get_mut(&gauge.id) {
                Some(known) if *known == word => continue,
                Some(known) => Some(std::mem::replace(known, word)),
                None => self.0.insert(gauge.id.clone(), word),
            };
            // A gauge whose id no device can have is never heard, and nobody can listen for it.
            if let Ok(station) = gauge.id.parse() {
                let now = station_state::of(gauge, outlook.as_of);
                events.push(Event::Health {
                    station,
                    state: now.state,
                    before,
                    ja: now.ja,
                    en: now.en,
                    at: outlook.as_of,
                });
            }
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use geo::Point;
    use hinan_gis::{GaugeSite, ReferenceLevels};
    use hinan_sensors::quality::{Agreement, Cadence, Doubts, Flag};
    use hinan_sensors::{Heard, health};
    use jiff::Timestamp;

    use super::*;
    use crate::outlook::GaugeOutlook;

    const GAUGE: &str = "bridge";

    fn at(time: &str) -> Timestamp {
        time.parse().expect("a time")
    }

    /// One gauge that reports every ten minutes and was heard at 9:00, or not yet.
    fn outlook(heard: bool, as_of: &str) -> Outlook {
        let as_of = at(as_of);
        let site = GaugeSite {
            id: GAUGE.to_owned(),
            name: "橋".to_owned(),
            kana: None,
            name_en: "Bridge".to_owned(),
            river: "川".to_owned(),
            river_en: "River".to_owned(),
            at: Point::new(143.2, 42.9),
            river_km: None,
            upstream: Vec::new(),
            levels: ReferenceLevels::default(),
            in_town: true,
        };
        let heard = heard.then(|| Heard {
            at: at("2016-08-30T09:00:00Z"),
            level_m: 1.2,
            flag: Flag::Good,
            doubts: Doubts::default(),
        });
        let contract = Cadence::default().contract(600);
        let gauge = GaugeOutlook {
            health: Some(health(&contract, None, heard, &Agreement::Unknown, as_of)),
            ..GaugeOutlook::of_site(&site, as_of)
        };
        Outlook {
            as_of,
            gauges: [(GAUGE.to_owned(), gauge)].into(),
            models_on: false,
        }
    }

    fn told(states: &mut States, outlook: &Outlook) -> Vec<(Option<&'static str>, &'static str)> {
        let word = |event: Event| match event {
            Event::Health { state, before, .. } => (before, state),
            other => panic!("{other:?}"),
        };
        states.changes(outlook).into_iter().map(word).collect()
    }

    #[test]
    fn what_changed_between_the_first_picture_and_the_first_advice_is_told() {
        let mut states = States::shown_in(&outlook(false, "2016-08-30T09:00:00Z"));
        let first = outlook(true, "2016-08-30T09:01:00Z");
        assert_eq!(told(&mut states, &first), [(Some("never_heard"), "live")]);
    }

    #[test]
    fn a_change_is_told_once_and_what_stays_is_not() {
        let mut states = States::shown_in(&outlook(false, "2016-08-30T09:00:00Z"));
        assert_eq!(
            told(&mut states, &outlook(false, "2016-08-30T09:00:30Z")),
            []
        );
        assert_eq!(
            told(&mut states, &outlook(true, "2016-08-30T09:01:00Z")).len(),
            1
        );
        assert_eq!(
            told(&mut states, &outlook(true, "2016-08-30T09:02:00Z")),
            []
        );
        assert_eq!(
            told(&mut states, &outlook(true, "2016-08-30T09:20:00Z")),
            [(Some("live"), "late")]
        );
    }
}
