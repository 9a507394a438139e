//! What one message leads to, within the transaction that keeps it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use hinan_sensors::observation::Measured;
use hinan_sensors::official::{self as agency, OfficialMessage};
use hinan_sensors::quality::Flag;
use hinan_sensors::{
    Beside, Decided, Devices, Known, Limits, Packet, Reading, Refusal, Stations, TopicFilter,
    TopicRules, decide,
};
use jiff::{SignedDuration, Timestamp};

use crate::arrivals::{Ack, Message};
use crate::config::Config;
use crate::devices::{Device, List};
use crate::engine::{Engine, Reference};
use crate::events::Event;
use crate::newest::Standing;
use crate::official::{self, Kind};
use crate::store::official::{NewOfficial, digest};
use crate::store::readings::{Kept, LEVEL, Value};
use crate::store::{StoreError, Tx};

/// Characters of a series' name.
const SERIES_MAX_CHARS: usize = 100;
/// Kinds of values of one station. A device that names them ever anew would fill memory and record.
const SERIES_PER_STATION_MAX: u32 = 100;

/// Official information issued later than this after its arrival is not believed.
const ISSUED_AHEAD_MAX: SignedDuration = SignedDuration::from_hours(1);
/// What rings is news; a report that was issued longer ago than this fills a gap.
const RINGS_MAX_AGE: SignedDuration = SignedDuration::from_hours(1);
/// Values without a time of their own that one station may send within the time of one commit.
const TIMELESS_MAX: i64 = 1000;

/// A message, when it came, and who may speak now.
pub(super) struct Heard<'h> {
    pub(super) message: &'h Message,
    pub(super) received_at: Timestamp,
    pub(super) enrolled: &'h List,
}

/// What decides about a message.
pub(super) struct Rules {
    stations: Arc<Stations>,
    devices: Arc<Devices>,
    topics: TopicRules,
    limits: Limits,
    official: Vec<TopicFilter>,
    official_max_bytes: usize,
}

/// What a batch has led to so far; told to others only after the commit.
pub(super) struct Taken {
    pub(super) next_seq: i64,
    pub(super) quarantined: u64,
    pub(super) events: Vec<Event>,
    pub(super) newest: Vec<(hinan_sensors::StationId, Arc<str>, Standing)>,
    counts: std::collections::BTreeMap<(&'static str, &'static str), u64>,
}

impl Taken {
    pub(super) fn from(next_seq: i64) -> Self {
        Self {
            next_seq,
            quarantined: 0,
            events: Vec::new(),
            newest: Vec::new(),
            counts: std::collections::BTreeMap::new(),
        }
    }

    /// The next place in the order of arrival.
    fn place(&mut self) -> i64 {
        self.next_seq += 1;
        self.next_seq - 1
    }

    fn one(&mut self, what: &'static str, of: &'static str) {
        *self.counts.entry((what, of)).or_default() += 1;
    }

    /// Adds to the counters what the batch has led to.
    pub(super) fn count(&self) {
        for (&(what, of), &n) in &self.counts {
            let counter = match what {
                "reading" => metrics::counter!("hinan_readings_total", "flag" => of),
                "revised" => metrics::counter!("hinan_flags_revised_total", "flag" => of),
                "beside" => metrics::counter!("hinan_besides_total", "quantity" => of),
                "not_kept" => metrics::counter!("hinan_not_kept_total", "reason" => of),
                "quarantined" => metrics::counter!("hinan_quarantined_total", "reason" => of),
                "official" => metrics::counter!("hinan_official_total", "outcome" => of),
                "external" => metrics::counter!("hinan_external_total", "outcome" => of),
                _ => metrics::counter!("hinan_duplicates_total", "of" => of),
            };
            counter.increment(n);
        }
    }
}

impl Rules {
    pub(super) fn of(config: &Config, reference: &Reference) -> Self {
        let sensors = &config.sensors;
        Self {
            stations: Arc::clone(&reference.stations),
            devices: Arc::clone(&reference.devices),
            topics: config.rules(),
            limits: Limits {
                payload_max_bytes: sensors.payload_max_bytes,
                future_max_s: sensors.future_max_s,
                ..Limits::default()
            },
            official: config.official.filter.clone(),
            official_max_bytes: config.official.payload_max_bytes,
        }
    }

    /// Keeps what a message says.
    pub(super) fn take(
        &self,
        tx: &Tx<'_>,
        engine: &mut Engine,
        heard: &Heard<'_>,
        taken: &mut Taken,
    ) -> Result<(), StoreError> {
        let Heard {
            message,
            received_at,
            enrolled,
        } = *heard;
        let keeping = Keeping {
            tx,
            message,
            received_at,
            enrolled,
            put_aside: RefCell::default(),
        };
        let sender = message
            .device
            .as_deref()
            .and_then(|name| enrolled.get(name));
        if let Some(device) = sender.filter(|device| !device.state.in_use()) {
            return keeping.out_of_use(device, taken);
        }
        if let Some(bytes) = message.cut_from_bytes {
            let why = Refusal::TooLarge {
                bytes,
                max_bytes: message.payload.len(),
            };
            return keeping.quarantine(why.code(), &why.to_string(), taken);
        }
        if self
            .official
            .iter()
            .any(|filter| filter.matches(&message.topic))
        {
            return self.take_official(&keeping, engine, taken);
        }
        let packet = Packet {
            topic: &message.topic,
            payload: &message.payload,
            retained: message.retained,
            received_at,
        };
        let known = Known {
            stations: &self.stations,
            devices: &self.devices,
            topics: &self.topics,
            limits: &self.limits,
        };
        match survived(|| decide(&packet, &known)) {
            Some(decided) => keeping.decided(engine, decided, taken),
            None => keeping.quarantine(UNREADABLE.0, UNREADABLE.1, taken),
        }
    }

    fn take_official(
        &self,
        keeping: &Keeping<'_>,
        engine: &mut Engine,
        taken: &mut Taken,
    ) -> Result<(), StoreError> {
        let message = keeping.message;
        if message.payload.len() > self.official_max_bytes {
            let why = agency::Refusal::TooLarge {
                bytes: message.payload.len(),
                bytes_max: self.official_max_bytes,
            };
            return keeping.quarantine(why.code(), &why.to_string(), taken);
        }
        if keeping.tx.has_official(&digest(&message.payload))? {
            taken.one("duplicate", "official");
            return Ok(());
        }
        let read = survived(|| agency::decode(Some(&message.topic), &message.payload));
        match read {
            None => keeping.quarantine(UNREADABLE.0, UNREADABLE.1, taken),
            Some(Err(why)) => keeping.quarantine(why.code(), &why.to_string(), taken),
            Some(Ok(read)) => keeping.official(engine, &read, taken),
        }
    }
}

/// Code and reason where a decoder gave up in a way it must not.
const UNREADABLE: (&str, &str) = (
    "decoder_failed",
    "the decoder failed on this message, which is a fault of this program; the message is kept for its makers",
);

/// Runs a decoder, which has no state of ours in its hands. A fault in it costs its message, not the service: else the
/// broker would deliver the same message again to a service that falls over it again.
fn survived<T>(decoder: impl FnOnce() -> T) -> Option<T> {
    match std::panic::catch_unwind(AssertUnwindSafe(decoder)) {
        Ok(read) => Some(read),
        Err(_) => {
            tracing::error!("a decoder failed on a message; the message is in quarantine");
            None
        }
    }
}

/// One message and the transaction that keeps it.
struct Keeping<'k> {
    tx: &'k Tx<'k>,
    message: &'k Message,
    received_at: Timestamp,
    enrolled: &'k List,
    /// For which reasons it is in quarantine already.
    put_aside: RefCell<BTreeSet<&'static str>>,
}

impl Keeping<'_> {
    /// What a device out of use says is kept for those who ask what it did, and believed by nobody.
    fn out_of_use(&self, device: &Device, taken: &mut Taken) -> Result<(), StoreError> {
        let reason = format!(
            "device {} is {}; what it says is not believed until it is back in use",
            device.name,
            device.state.word()
        );
        self.quarantine("device_out_of_use", &reason, taken)
    }

    /// Whether a station has a device and this client of our own broker is none. A broker elsewhere looks after its own clients.
    fn is_for_others(&self, station: &str) -> bool {
        let is_ours = matches!(self.message.ack, Ack::Embedded(_));
        let named = self.message.device.as_deref();
        let is_known = named.is_some_and(|name| self.enrolled.get(name).is_some());
        is_ours && !is_known && self.enrolled.is_enrolled(station)
    }

    /// A message is put aside once for each kind of reason, with the first of them in words, and every one is counted: a
    /// pack of a thousand bad records must not be kept a thousand times.
    fn quarantine(
        &self,
        code: &'static str,
        reason: &str,
        taken: &mut Taken,
    ) -> Result<(), StoreError> {
        if self.put_aside.borrow_mut().insert(code) {
            let Message { topic, payload, .. } = self.message;
            self.tx
                .quarantine(topic, payload, self.received_at, code, reason)?;
            taken.quarantined += 1;
        }
        taken.one("quarantined", code);
        Ok(())
    }

    fn decided(
        &self,
        engine: &mut Engine,
        decided: Decided,
        taken: &mut Taken,
    ) -> Result<(), StoreError> {
        if let Some(key) = &decided.dedup
            && !self.tx.is_new_uplink(key)?
        {
            taken.one("duplicate", "message");
            return Ok(());
        }
        // A broker elsewhere does not say which device speaks for a station.
        let named = self.message.device.as_deref();
        let levels = decided.readings.iter().chain(&decided.history);
        let stations: BTreeSet<&str> = levels
            .map(|level| level.station.as_str())
            .chain(decided.besides.iter().map(|beside| beside.station.as_str()))
            .collect();
        let unheard = stations
            .iter()
            .find_map(|station| self.enrolled.distrusts(named, station));
        if let Some(device) = unheard {
            return self.out_of_use(device, taken);
        }
        if let Some(station) = stations.iter().find(|station| self.is_for_others(station)) {
            let reason = format!(
                "station {station} has a device of its own; only that one is believed at our own broker"
            );
            return self.quarantine("not_granted", &reason, taken);
        }
        for reading in decided.readings {
            self.level(engine, as_recorded(reading), false, taken)?;
        }
        for reading in decided.history {
            self.level(engine, as_recorded(reading), true, taken)?;
        }
        for beside in decided.besides {
            self.beside(beside, taken)?;
        }
        for refusal in decided.refused {
            if refusal.is_fault() {
                self.quarantine(refusal.code(), &refusal.to_string(), taken)?;
            } else {
                taken.one("not_kept", refusal.code());
            }
        }
        Ok(())
    }

    fn level(
        &self,
        engine: &mut Engine,
        mut reading: Reading,
        historic: bool,
        taken: &mut Taken,
    ) -> Result<(), StoreError> {
        let series = self.tx.series_number(&reading.station, LEVEL)?;
        match self.placed(series, reading.at, reading.level_m)? {
            (Kept::New, at) => reading.at = at,
            (Kept::Duplicate, _) => {
                taken.one("duplicate", "reading");
                return Ok(());
            }
            (Kept::Conflict, _) => return self.conflict(taken),
        }
        let judged = if historic {
            engine.take_historic(&reading)
        } else {
            engine.take(&reading)
        };
        let flag = judged.map_or(Flag::NotChecked, |judged| judged.flag);
        let new = Value {
            at: reading.at,
            value: reading.level_m,
            flag,
            received_at: self.received_at,
            historic,
            seq: taken.place(),
        };
        self.tx.put_reading(series, &new)?;
        if let Some((at, flag)) = judged.and_then(|judged| judged.revised) {
            self.tx.revise_flag(series, at, flag)?;
            taken.one("revised", word(flag));
        }
        taken.one("reading", word(flag));
        taken.events.push(Event::Reading {
            station: reading.station,
            quantity: LEVEL.into(),
            at: new.at,
            value: new.value,
            flag,
            received_at: self.received_at,
        });
        Ok(())
    }

    /// What is stored for a value's time, and that time. A value without one has the time at which it was received, as have all
    /// of its batch: of several of one station each gets a millisecond of its own, in the order in which they came.
    fn placed(
        &self,
        series: i64,
        at: Timestamp,
        value: f64,
    ) -> Result<(Kept, Timestamp), StoreError> {
        let is_timeless = at == whole_ms(self.received_at);
        let mut kept = (self.tx.compare_reading(series, at, value)?, at);
        for later_ms in 1..TIMELESS_MAX {
            if !is_timeless || kept.0 != Kept::Conflict {
                break;
            }
            let at = at + SignedDuration::from_millis(later_ms);
            kept = (self.tx.compare_reading(series, at, value)?, at);
        }
        Ok(kept)
    }

    /// The first value for a time stands; a differing one is for a person to look at.
    fn conflict(&self, taken: &mut Taken) -> Result<(), StoreError> {
        let reason = "another value is already stored for this station, quantity and time; the first one stands. \
                      A correction needs its own time";
        self.quarantine("conflict", reason, taken)
    }

    fn beside(&self, beside: Beside, taken: &mut Taken) -> Result<(), StoreError> {
        let seen = &beside.observation;
        let value = match &seen.measured {
            Measured::Number(value) => *value,
            Measured::Nothing { problem, .. } => {
                taken.one("not_kept", problem.code());
                return Ok(());
            }
            _ => {
                taken.one("not_kept", "not_a_number");
                return Ok(());
            }
        };
        let mut name = seen.quantity.name().to_owned();
        if let Some(label) = &seen.label {
            name = format!("{name}/{label}");
        }
        if let Some(over_s) = seen.over_s {
            name = format!("{name}/{over_s}s");
        }
        let name: String = name.chars().take(SERIES_MAX_CHARS).collect();
        let at = whole_ms(beside.at);
        let Some(series) =
            self.tx
                .further_series(&beside.station, &name, SERIES_PER_STATION_MAX)?
        else {
            let reason = format!(
                "station {} has {SERIES_PER_STATION_MAX} kinds of values already; {name:?} would be one more. A device that \
                 names its values ever anew is out of order",
                beside.station
            );
            return self.quarantine("too_many_series", &reason, taken);
        };
        let at = match self.placed(series, at, value)? {
            (Kept::New, at) => at,
            (Kept::Duplicate, _) => {
                taken.one("duplicate", "beside");
                return Ok(());
            }
            (Kept::Conflict, _) => return self.conflict(taken),
        };
        let new = Value {
            at,
            value,
            flag: Flag::NotChecked,
            received_at: self.received_at,
            historic: seen.historic,
            seq: taken.place(),
        };
        self.tx.put_reading(series, &new)?;
        taken.one("beside", seen.quantity.name());
        let name: Arc<str> = name.into();
        taken.events.push(Event::Reading {
            station: beside.station.clone(),
            quantity: name.to_string().into(),
            at,
            value,
            flag: Flag::NotChecked,
            received_at: self.received_at,
        });
        let standing = Standing {
            at,
            value,
            received_at: self.received_at,
        };
        taken.newest.push((beside.station, name, standing));
        Ok(())
    }

    fn official(
        &self,
        engine: &mut Engine,
        read: &OfficialMessage,
        taken: &mut Taken,
    ) -> Result<(), StoreError> {
        let Message {
            topic,
            payload,
            retained,
            ..
        } = self.message;
        let label = match official::kind(read) {
            Kind::Information(label) => label,
            Kind::Drill => {
                self.tx
                    .put_official_drill(topic, payload, self.received_at)?;
                taken.one("official", "drill");
                return Ok(());
            }
        };
        let is_ahead =
            |issued: Timestamp| issued.duration_since(self.received_at) > ISSUED_AHEAD_MAX;
        if let Some(issued_at) = label.issued_at.filter(|issued| is_ahead(*issued)) {
            let reason = format!(
                "it says that it was issued at {issued_at}, more than an hour after it arrived; it would stand before all that \
                 is issued until then"
            );
            return self.quarantine("issued_in_the_future", &reason, taken);
        }
        let stored = NewOfficial {
            seq: taken.place(),
            topic,
            bytes: payload,
            label: &label,
            received_at: self.received_at,
            is_ground: engine.grounds(read).is_some(),
        };
        self.tx.put_official(&stored)?;
        let received = engine.hear(read, self.received_at);
        if let Some(became) = received.external {
            taken.one("external", became.word());
            taken.events.push(Event::External {
                kind: label.kind,
                outcome: became.word(),
                received_at: self.received_at,
            });
            return Ok(());
        }
        let applied = received.applied;
        let outcome = official::outcome_word(applied.outcome);
        let age = |issued: Timestamp| self.received_at.duration_since(issued);
        let is_news = label
            .issued_at
            .is_none_or(|issued| age(issued) < RINGS_MAX_AGE);
        taken.one("official", outcome);
        taken.events.push(Event::Official {
            kind: label.kind,
            office: label.office,
            title: label.title,
            issued_at: label.issued_at,
            outcome: outcome.to_owned(),
            // What a broker kept for us is a state that was told before, not news.
            rings: !retained && is_news && applied.changes.iter().any(|change| change.rings),
            received_at: self.received_at,
        });
        Ok(())
    }
}

fn word(flag: Flag) -> &'static str {
    match flag {
        Flag::Good => "1",
        Flag::NotChecked => "2",
        Flag::Suspect => "3",
        Flag::Bad => "4",
        Flag::Missing => "9",
    }
}

/// The record keeps whole milliseconds and no minus zero, and the engine must know what the record will give back after
/// a restart.
fn as_recorded(mut reading: Reading) -> Reading {
    reading.at = whole_ms(reading.at);
    reading.level_m += 0.0;
    reading
}

fn whole_ms(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_that_fails_costs_its_message_only() {
        assert_eq!(survived(|| 1), Some(1));
        assert_eq!(survived(|| -> u8 { panic!("a fault of ours") }), None);
    }

    #[test]
    fn the_engine_gets_what_the_record_will_give_back() {
        let reading = as_recorded(Reading {
            station: "obihiro".parse().expect("an id"),
            at: "2026-09-01T00:00:00.123456Z".parse().expect("a time"),
            level_m: -0.0,
            sequence: None,
        });
        assert_eq!(reading.at.to_string(), "2026-09-01T00:00:00.123Z");
        assert!(reading.level_m.is_sign_positive());
    }

    #[test]
    fn the_words_of_flags_are_their_numbers() {
        for flag in [
            Flag::Good,
            Flag::NotChecked,
            Flag::Suspect,
            Flag::Bad,
            Flag::Missing,
        ] {
            assert_eq!(word(flag), flag.qartod().to_string());
        }
    }
}
