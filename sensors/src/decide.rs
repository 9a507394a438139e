//! What one packet means.

use jiff::Timestamp;

use crate::device::{Device, Devices};
use crate::level::{NoLevel, is_level, level_m};
use crate::observation::{DedupKey, DeviceName, Measured, Observation, Quantity};
use crate::payload::{
    self, BYTES_LABEL, Context, Format, MM_PER_M, RefusedPart, Sample, Unit, Unreadable, cut,
};
use crate::refusal::Refusal;
use crate::rules::{FormatRule, TopicRules};
use crate::station::{Station, StationId, Stations};

/// One packet as it came off the broker.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Where it was published.
    pub topic: &'a str,
    /// What was published.
    pub payload: &'a [u8],
    /// Whether the broker kept it as the last known value. Such a packet tells a state, not an event: it is read like
    /// any other, is the same reading as the one it repeats, and must not ring an alarm again.
    pub retained: bool,
    /// When it reached us.
    pub received_at: Timestamp,
}

/// A water level as a gauge reported it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The gauge.
    pub station: StationId,
    /// The device's own time: when the level was measured.
    pub at: Timestamp,
    /// Water level above the gauge's zero, metres. Finite when it comes from [`decide()`].
    pub level_m: f64,
    /// The device's running number.
    pub sequence: Option<u64>,
}

/// Something measured beside the level: rain, a temperature, a battery.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// The gauge.
    pub station: StationId,
    /// When it was measured: the device's time, else the network's, else the arrival.
    pub at: Timestamp,
    /// What was measured.
    pub observation: Observation,
}

/// What a packet was. When all of it is durable, the packet may be acknowledged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decided {
    /// Levels: check their quality and keep them.
    pub readings: Vec<Reading>,
    /// Levels that the device had kept and says are old: keep them at their own time, and ring no alarm for them.
    pub history: Vec<Reading>,
    /// Everything else that was measured.
    pub besides: Vec<Beside>,
    /// What could not be used: keep the packet and the reasons where an operator can see them.
    pub refused: Vec<Refusal>,
    /// The same for the same message, if its network says how to tell: a second one changes nothing.
    pub dedup: Option<DedupKey>,
}

impl Decided {
    fn refused(why: Refusal) -> Self {
        Self {
            refused: vec![why],
            ..Self::default()
        }
    }
}

/// What the town knows: its gauges, its devices, its topics.
#[derive(Clone, Copy, Debug)]
pub struct Known<'k> {
    /// The gauges.
    pub stations: &'k Stations,
    /// The devices that do not name their gauge themselves.
    pub devices: &'k Devices,
    /// Which topics carry what.
    pub topics: &'k TopicRules,
    /// What is accepted.
    pub limits: &'k Limits,
}

/// What a reading may at most be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest payload of a reading, bytes.
    pub payload_max_bytes: usize,
    /// How far a device's clock may be ahead of ours, seconds.
    pub future_max_s: i64,
    /// How long a device may have kept a reading to itself, seconds.
    pub oldest_max_s: i64,
}

impl Default for Limits {
    /// 4096 bytes, five minutes ahead, a week behind: a gauge that was cut off by a storm may still tell its story.
    fn default() -> Self {
        Self {
            payload_max_bytes: 4096,
            future_max_s: 300,
            oldest_max_s: 7 * 86_400,
        }
    }
}

/// Decides what one packet means. Never waits, reads no clock and never fails: what we cannot use is refused by name,
/// so that one broken gauge cannot stop the feed.
///
/// A packet on the topic of a gauge is that gauge's, whatever its format. Elsewhere the first rule whose filter matches
/// names the format, or the content does, and the message names its device.
///
/// ```
/// use hinan_sensors::{Devices, Known, Limits, Packet, Station, Stations, TopicRules, decide};
/// let stations = Stations::new([Station {
///     id: "obihiro".parse()?,
///     name: "帯広".to_owned(),
///     quality: Default::default(),
///     cadence_s: 600,
/// }])?;
/// let packet = Packet {
///     topic: "hinan/v1/readings/obihiro",
///     payload: br#"{"at":"2016-08-30T18:00:00+09:00","level_m":35.33}"#,
///     retained: false,
///     received_at: "2016-08-30T09:00:02Z".parse()?,
/// };
/// let known = Known {
///     stations: &stations,
///     devices: &Devices::default(),
///     topics: &TopicRules::default(),
///     limits: &Limits::default(),
/// };
/// let decided = decide(&packet, &known);
/// assert_eq!(decided.readings[0].station.as_str(), "obihiro");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn decide(packet: &Packet<'_>, known: &Known<'_>) -> Decided {
    match known.topics.readings.station(packet.topic) {
        Some(_) => own_topic(packet, known),
        None => match known.topics.rule(packet.topic) {
            Some(rule) => ruled_topic(packet, rule, known),
            None => Decided::refused(Refusal::TopicMismatch {
                said: cut(packet.topic, 200),
                expected: known.topics.filters().collect::<Vec<_>>().join(", "),
            }),
        },
    }
}

/// A packet on the topic of a gauge. Nearly all are native, so that is tried first; what is not may be another format.
fn own_topic(packet: &Packet<'_>, known: &Known<'_>) -> Decided {
    // Size first: nothing below looks at a payload that is too large to be a reading.
    if let Err(why) = small_enough(packet, known.limits.payload_max_bytes) {
        return Decided::refused(why);
    }
    let station = match station(packet.topic, known) {
        Ok(station) => station,
        Err(why) => return Decided::refused(why),
    };
    let native = match payload::decode_native(packet.payload) {
        Ok(sample) => {
            return native(&sample, station, packet, known.limits).unwrap_or_else(Decided::refused);
        }
        Err(why) => why,
    };
    match payload::recognise(packet.payload) {
        None | Some(Format::Native) => Decided::refused(refusal(native, station)),
        Some(format) => message(format, packet, Some(station), known),
    }
}

fn native(
    sample: &Sample,
    station: &Station,
    packet: &Packet<'_>,
    limits: &Limits,
) -> Result<Decided, Refusal> {
    agrees(sample, station)?;
    timely(sample.at, packet.received_at, limits)?;
    Ok(Decided {
        readings: vec![Reading {
            station: station.id.clone(),
            at: sample.at,
            level_m: sample.level_m,
            sequence: sample.sequence,
        }],
        ..Decided::default()
    })
}

fn ruled_topic(packet: &Packet<'_>, rule: &FormatRule, known: &Known<'_>) -> Decided {
    if let Err(why) = small_enough(packet, rule.payload_max_bytes) {
        return Decided::refused(why);
    }
    match rule.format.or_else(|| payload::recognise(packet.payload)) {
        Some(format) => message(format, packet, None, known),
        None => Decided::refused(Refusal::UnknownFormat),
    }
}

/// Reads a message and judges each of its observations on its own. `station` is that of the topic, if it names one.
fn message(
    format: Format,
    packet: &Packet<'_>,
    station: Option<&Station>,
    known: &Known<'_>,
) -> Decided {
    let device_of = |name: &DeviceName| known.devices.get(name.as_str());
    let profile_of = |name: &DeviceName| {
        let listed = device_of(name).or_else(|| known.devices.only_one_of(&station?.id));
        listed.and_then(|device| device.profile)
    };
    let context = Context {
        topic: Some(packet.topic),
        received_at: packet.received_at,
        profile_of: &profile_of,
    };
    let message = match payload::decode(format, packet.payload, &context) {
        Ok(message) => message,
        Err(why) => return Decided::refused(Refusal::Message { format, why }),
    };
    let mut decided = Decided {
        refused: message
            .refused
            .into_iter()
            .map(|RefusedPart { part, why }| Refusal::Part { format, part, why })
            .collect(),
        dedup: message.dedup,
        ..Decided::default()
    };
    let several = several_unstated(&message.observations);
    for seen in message.observations {
        if let Err(why) = judge(seen, several, packet, station, known, &mut decided) {
            // One reason for one device, not one per record of its pack.
            if !decided.refused.contains(&why) {
                decided.refused.push(why);
            }
        }
    }
    decided
}

/// Whether a device says several numbers of different names without saying what they are.
fn several_unstated(observations: &[Observation]) -> bool {
    let mut unstated = observations.iter().filter(|seen| is_unstated(seen));
    unstated.next().is_some_and(|first| {
        unstated.any(|other| other.device == first.device && other.label != first.label)
    })
}

fn is_unstated(seen: &Observation) -> bool {
    matches!(seen.quantity, Quantity::Unstated | Quantity::Length)
}

fn judge(
    mut seen: Observation,
    several_unstated: bool,
    packet: &Packet<'_>,
    station: Option<&Station>,
    known: &Known<'_>,
    decided: &mut Decided,
) -> Result<(), Refusal> {
    let (station, device) = owner(&seen, station, known)?;
    let name = seen
        .device
        .clone()
        .or_else(|| station.id.as_str().parse().ok())
        .ok_or(Refusal::NoDevice)?;
    state(&mut seen, &name, device, several_unstated)?;
    if matches!(seen.measured, Measured::Number(value) if !value.is_finite()) {
        return Err(Refusal::NotFinite {
            station: station.id.clone(),
        });
    }
    let at = seen.time_or(packet.received_at);
    timely(at, packet.received_at, known.limits)?;
    let level_m = match &seen.measured {
        Measured::Number(value) => match level_m(seen.quantity, *value, device) {
            Ok(level_m) if level_m.is_finite() => Some(level_m),
            Ok(_) => {
                return Err(Refusal::NotFinite {
                    station: station.id.clone(),
                });
            }
            Err(NoLevel::Otherwise) => None,
            Err(NoLevel::NoMountingHeight) => {
                return Err(Refusal::NoMountingHeight {
                    device: name,
                    quantity: seen.quantity,
                });
            }
        },
        Measured::Nothing { problem, .. } if is_level(seen.quantity, device) => {
            return Err(Refusal::NoMeasurement {
                device: name,
                quantity: seen.quantity,
                problem: *problem,
            });
        }
        _ => None,
    };
    let Some(level_m) = level_m else {
        decided.besides.push(Beside {
            station: station.id.clone(),
            at,
            observation: seen,
        });
        return Ok(());
    };
    let list = if seen.historic {
        &mut decided.history
    } else {
        &mut decided.readings
    };
    list.push(Reading {
        station: station.id.clone(),
        at,
        level_m,
        sequence: seen.sequence,
    });
    Ok(())
}

/// Whose observation it is. On the topic of a gauge it is that gauge's, and a device that is listed for another may not
/// speak there.
fn owner<'k>(
    seen: &Observation,
    of_topic: Option<&'k Station>,
    known: &Known<'k>,
) -> Result<(&'k Station, Option<&'k Device>), Refusal> {
    let listed = seen
        .device
        .as_ref()
        .and_then(|name| known.devices.get(name.as_str()));
    match (of_topic, listed, &seen.device) {
        (Some(station), Some(device), Some(name)) if device.station != station.id => {
            Err(Refusal::TopicMismatch {
                said: cut(name.as_str(), 200),
                expected: station.id.to_string(),
            })
        }
        (Some(station), Some(device), _) => Ok((station, Some(device))),
        (Some(station), None, _) => Ok((station, known.devices.only_one_of(&station.id))),
        (None, Some(device), Some(name)) => known
            .stations
            .get(device.station.as_str())
            .map(|station| (station, Some(device)))
            .ok_or_else(|| Refusal::UnknownDevice {
                device: name.clone(),
            }),
        (None, _, Some(name)) => Err(Refusal::UnknownDevice {
            device: name.clone(),
        }),
        (None, _, None) => Err(Refusal::NoDevice),
    }
}

/// Gives a bare number the meaning that the town's configuration says it has.
fn state(
    seen: &mut Observation,
    name: &DeviceName,
    device: Option<&Device>,
    several_unstated: bool,
) -> Result<(), Refusal> {
    if matches!(seen.measured, Measured::Bytes(_)) && seen.label.as_deref() == Some(BYTES_LABEL) {
        return Err(Refusal::NoProfile {
            device: name.clone(),
        });
    }
    let label = seen.label.as_deref().unwrap_or("");
    let field = device.and_then(|device| device.field.as_deref());
    let meant = match field {
        Some(field) => field == label,
        // A data stream of SensorThings has one result, whatever its kind.
        None => is_unstated(seen) || (seen.label.is_none() && seen.quantity == Quantity::Other),
    };
    let Some(measures) = device.and_then(|device| device.measures).filter(|_| meant) else {
        // Where a field is named, the other numbers are nobody's business.
        return if is_unstated(seen) && field.is_none() {
            Err(Refusal::Unstated {
                device: name.clone(),
                label: cut(label, 64),
            })
        } else {
            Ok(())
        };
    };
    if field.is_none() && several_unstated && is_unstated(seen) {
        return Err(Refusal::Unstated {
            device: name.clone(),
            label: cut(label, 64),
        });
    }
    let unit = device
        .and_then(Device::unit)
        .filter(|_| seen.quantity == Quantity::Unstated);
    let is_metres = seen.quantity == Quantity::Length || unit.is_some_and(Unit::is_length);
    match &mut seen.measured {
        Measured::Number(number) => {
            if let Some(unit) = unit {
                *number = unit.to_ours(*number);
            }
            // Of all lengths only rain is told in millimetres.
            if is_metres && matches!(measures, Quantity::Rain | Quantity::RainTotal) {
                *number *= MM_PER_M;
            }
        }
        Measured::Nothing { .. } => {}
        Measured::Text(said) => {
            return Err(Refusal::NotANumber {
                device: name.clone(),
                said: cut(said, 64),
            });
        }
        Measured::Truth(said) => {
            return Err(Refusal::NotANumber {
                device: name.clone(),
                said: said.to_string(),
            });
        }
        Measured::Bytes(_) => {
            return Err(Refusal::NotANumber {
                device: name.clone(),
                said: "bytes".to_owned(),
            });
        }
    }
    if is_unstated(seen) {
        seen.quantity = measures;
    }
    Ok(())
}

fn small_enough(packet: &Packet<'_>, max_bytes: usize) -> Result<(), Refusal> {
    if packet.payload.len() > max_bytes {
        return Err(Refusal::TooLarge {
            bytes: packet.payload.len(),
            max_bytes,
        });
    }
    Ok(())
}

fn station<'k>(topic: &str, known: &Known<'k>) -> Result<&'k Station, Refusal> {
    let id = known.topics.readings.station(topic).unwrap_or_default();
    known
        .stations
        .get(id)
        .ok_or_else(|| Refusal::UnknownStation { id: cut(id, 64) })
}

fn refusal(why: Unreadable, station: &Station) -> Refusal {
    match why {
        Unreadable::NotUtf8 => Refusal::NotUtf8,
        Unreadable::NotJson(why) => Refusal::NotJson { why },
        Unreadable::WrongShape(why) => Refusal::WrongShape { why },
        Unreadable::NotFinite => Refusal::NotFinite {
            station: station.id.clone(),
        },
        why => Refusal::Message {
            format: Format::Native,
            why,
        },
    }
}

/// A payload need not name its gauge; if it does, it must be the one whose topic it used.
fn agrees(sample: &Sample, station: &Station) -> Result<(), Refusal> {
    match &sample.station {
        Some(said) if said != station.id.as_str() => Err(Refusal::TopicMismatch {
            said: cut(said, 200),
            expected: station.id.to_string(),
        }),
        _ => Ok(()),
    }
}

fn timely(at: Timestamp, received_at: Timestamp, limits: &Limits) -> Result<(), Refusal> {
    let ahead = at.duration_since(received_at);
    let by_s = ahead.as_secs();
    // A started second counts: 300.5 s ahead is more than 300 s.
    let beyond = |max_s: i64| ahead.abs() > jiff::SignedDuration::from_secs(max_s);
    if ahead.is_positive() && beyond(limits.future_max_s) {
        return Err(Refusal::FromTheFuture {
            at,
            by_s,
            max_s: limits.future_max_s,
        });
    }
    if ahead.is_negative() && beyond(limits.oldest_max_s) {
        return Err(Refusal::TooOld {
            at,
            by_s: by_s.saturating_neg(),
            max_s: limits.oldest_max_s,
        });
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::{ProptestConfig, any, prop, prop_assert, prop_assert_eq, proptest};

    use super::*;
    use crate::payload::native_payload;

    const ARRIVAL: &str = "2016-08-30T09:00:00Z";

    fn town() -> Stations {
        Stations::new(["obihiro", "shimizu"].map(|id| Station {
            id: id.parse().unwrap(),
            name: id.to_owned(),
            quality: crate::QualitySettings::default(),
            cadence_s: 600,
        }))
        .unwrap()
    }

    /// A device's description in the town's configuration.
    fn device(json: &str) -> Device {
        serde_json::from_str(json).unwrap()
    }

    /// What becomes of a packet where these devices are listed, and `net/+` carries what networks send.
    fn decided_with(devices: &[Device], topic: &str, payload: &[u8]) -> Decided {
        let packet = Packet {
            topic,
            payload,
            retained: false,
            received_at: ARRIVAL.parse().unwrap(),
        };
        let stations = town();
        let rule = FormatRule {
            filter: "net/+".parse().unwrap(),
            format: None,
            payload_max_bytes: 10_000,
        };
        let known = Known {
            stations: &stations,
            devices: &Devices::new(devices.iter().cloned(), &stations).unwrap(),
            topics: &TopicRules {
                formats: vec![rule],
                ..TopicRules::default()
            },
            limits: &Limits::default(),
        };
        decide(&packet, &known)
    }

    fn decided(topic: &str, payload: &[u8]) -> Decided {
        decided_with(&[], topic, payload)
    }

    fn codes(decided: &Decided) -> Vec<&'static str> {
        decided.refused.iter().map(Refusal::code).collect()
    }

    fn levels(decided: &Decided) -> Vec<f64> {
        decided
            .readings
            .iter()
            .map(|reading| reading.level_m)
            .collect()
    }

    fn refused(topic: &str, payload: &str, code: &str, text: &str) {
        let decided = decided(topic, payload.as_bytes());
        assert!(decided.readings.is_empty(), "{decided:?}");
        assert_eq!(codes(&decided), [code], "{decided:?}");
        let why = decided.refused[0].to_string();
        assert!(why.contains(text), "{why}");
    }

    const OBIHIRO: &str = "hinan/v1/readings/obihiro";

    #[test]
    fn a_reading_of_a_known_gauge_is_stored() {
        let payload =
            br#"{"at":"2016-08-30T08:59:00Z","level_m":35.33,"seq":12,"station":"obihiro"}"#;
        let reading = &decided(OBIHIRO, payload).readings[0];
        assert_eq!(reading.station.as_str(), "obihiro");
        assert_eq!(reading.at.to_string(), "2016-08-30T08:59:00Z");
        assert_eq!(reading.sequence, Some(12));
    }

    #[test]
    fn a_gauge_nobody_listed_is_quarantined() {
        let payload = r#"{"at":"2016-08-30T09:00:00Z","level_m":1}"#;
        refused(
            "hinan/v1/readings/elsewhere",
            payload,
            "unknown_station",
            "elsewhere",
        );
    }

    #[test]
    fn a_gauge_cannot_speak_for_another() {
        let payload = r#"{"at":"2016-08-30T09:00:00Z","level_m":1,"station":"shimizu"}"#;
        refused(OBIHIRO, payload, "topic_mismatch", "shimizu");
        refused(
            "elsewhere/obihiro",
            payload,
            "topic_mismatch",
            "hinan/v1/readings/+",
        );
    }

    #[test]
    fn a_clock_five_minutes_ahead_is_tolerated_and_a_second_more_is_not() {
        let at = |time: &str| format!(r#"{{"at":"{time}","level_m":1}}"#);
        assert_eq!(
            levels(&decided(OBIHIRO, at("2016-08-30T09:05:00Z").as_bytes())),
            [1.0]
        );
        refused(
            OBIHIRO,
            &at("2016-08-30T09:05:01Z"),
            "from_the_future",
            "301 s after",
        );
        refused(
            OBIHIRO,
            &at("2016-08-30T09:05:00.5Z"),
            "from_the_future",
            "at most 300 s",
        );
        refused(
            OBIHIRO,
            &at("9999-12-30T00:00:00Z"),
            "from_the_future",
            "at most 300 s",
        );
    }

    #[test]
    fn a_week_old_reading_is_stored_and_an_older_one_is_not() {
        let at = |time: &str| format!(r#"{{"at":"{time}","level_m":1}}"#);
        assert_eq!(
            levels(&decided(OBIHIRO, at("2016-08-23T09:00:00Z").as_bytes())),
            [1.0]
        );
        refused(
            OBIHIRO,
            &at("2016-08-23T08:59:59Z"),
            "too_old",
            "604801 s before",
        );
        refused(
            OBIHIRO,
            &at("1970-01-01T00:00:00Z"),
            "too_old",
            "at most 604800 s",
        );
    }

    #[test]
    fn a_payload_one_byte_too_large_is_quarantined_unread() {
        let largest = format!(
            r#"{{"at":"{ARRIVAL}","level_m":1}}{}"#,
            " ".repeat(4096 - 41)
        );
        assert_eq!(largest.len(), 4096);
        assert_eq!(levels(&decided(OBIHIRO, largest.as_bytes())), [1.0]);
        refused(OBIHIRO, &format!("{largest} "), "too_large", "4097 bytes");
    }

    #[test]
    fn an_infinite_level_is_named_as_such() {
        refused(
            OBIHIRO,
            r#"{"at":"2016-08-30T09:00:00Z","level_m":1e400}"#,
            "not_finite",
            "finite number of metres",
        );
    }

    const SENML: &[u8] =
        br#"[{"bn":"urn:dev:ow:1:","bt":1472547000,"n":"distance","u":"m","v":3.2},{"n":"batt","u":"%EL","v":90}]"#;

    fn above_the_river() -> Device {
        device(r#"{"name":"urn:dev:ow:1","station":"obihiro","mounting_height_m":5.0}"#)
    }

    #[test]
    fn a_distance_becomes_a_level_with_the_height_of_its_sensor() {
        let decided = decided_with(&[above_the_river()], "net/x", SENML);
        assert_eq!(decided.refused, []);
        let reading = &decided.readings[0];
        assert_eq!(reading.station.as_str(), "obihiro");
        assert!((reading.level_m - 1.8).abs() < 1e-12);
        assert_eq!(reading.at.to_string(), "2016-08-30T08:50:00Z");
        let battery = &decided.besides[0];
        assert_eq!(battery.observation.quantity, Quantity::BatteryCharge);
        assert_eq!(battery.station.as_str(), "obihiro");
    }

    #[test]
    fn without_the_height_of_its_sensor_a_distance_is_refused_and_the_rest_is_kept() {
        let unknown = device(r#"{"name":"urn:dev:ow:1","station":"obihiro"}"#);
        let decided = decided_with(&[unknown], "net/x", SENML);
        assert_eq!(codes(&decided), ["no_mounting_height"]);
        assert_eq!(decided.besides.len(), 1);
    }

    #[test]
    fn a_device_nobody_listed_is_refused_once_for_its_message() {
        let decided = decided("net/x", SENML);
        assert_eq!(codes(&decided), ["unknown_device"]);
        assert!(decided.besides.is_empty());
    }

    #[test]
    fn another_format_on_the_topic_of_a_gauge_is_that_gauges() {
        let level = br#"[{"n":"some:name:level","u":"m","v":1.5}]"#;
        let decided = decided(OBIHIRO, level);
        assert_eq!(levels(&decided), [1.5]);
        assert_eq!(
            decided.readings[0].at.to_string(),
            ARRIVAL,
            "stamped at its arrival"
        );
    }

    #[test]
    fn a_device_of_another_gauge_may_not_speak_there() {
        let decided = decided_with(&[above_the_river()], "hinan/v1/readings/shimizu", SENML);
        assert!(decided.readings.is_empty());
        assert_eq!(codes(&decided), ["topic_mismatch"]);
    }

    #[test]
    fn the_only_device_of_a_gauge_says_how_its_messages_are_read() {
        let only = device(
            r#"{"name":"x","station":"obihiro","mounting_height_m":5.0,"measures":"distance_to_water_m","unit":"cm"}"#,
        );
        let decided = decided_with(&[only], OBIHIRO, br#"[{"n":"d","v":320}]"#);
        assert!((levels(&decided)[0] - 1.8).abs() < 1e-12, "{decided:?}");
    }

    #[test]
    fn each_observation_of_a_message_is_judged_on_its_own() {
        let pack = br#"[{"bn":"urn:dev:ow:1:","n":"distance","u":"m","bt":1472547000,"v":3.2},{"n":"distance","t":7200,"v":3.1,"u":"m"},
            {"n":"distance","t":-86400000,"v":3.1,"u":"m"},{"n":"distance","t":60,"v":"x"},{"n":"distance","t":60,"v":3.0,"u":"m"}]"#;
        let decided = decided_with(&[above_the_river()], "net/x", pack);
        assert_eq!(decided.readings.len(), 2);
        assert_eq!(
            codes(&decided),
            ["wrong_shape", "from_the_future", "too_old"]
        );
    }

    #[test]
    fn a_bare_number_means_what_the_configuration_says_and_is_not_guessed() {
        let observation =
            br#"{"result":152,"phenomenonTime":"2016-08-30T09:00:00Z","Datastream":{"@iot.id":7}}"#;
        let plain = device(r#"{"name":"Datastreams(7)","station":"obihiro"}"#);
        assert_eq!(
            codes(&decided_with(&[plain], "net/x", observation)),
            ["unstated"]
        );
        let said = device(
            r#"{"name":"Datastreams(7)","station":"obihiro","measures":"water_level_m","unit":"cm"}"#,
        );
        assert_eq!(
            levels(&decided_with(
                std::slice::from_ref(&said),
                "net/x",
                observation
            )),
            [1.52]
        );
        let text = br#"{"result":"152","Datastream":{"@iot.id":7}}"#;
        assert_eq!(
            codes(&decided_with(&[said], "net/x", text)),
            ["not_a_number"]
        );
    }

    #[test]
    fn rain_is_in_millimetres_whatever_length_a_device_says_it_in() {
        let measured = |unit: &str, body: &str| {
            let listed = device(&format!(
                r#"{{"name":"Datastreams(7)","station":"obihiro","measures":"rain_mm"{unit}}}"#
            ));
            decided_with(&[listed], "net/x", body.as_bytes())
        };
        let bare = |number: &str| format!(r#"{{"result":{number},"Datastream":{{"@iot.id":7}}}}"#);
        let metres = r#"{"result":0.012,"Datastream":{"@iot.id":7,"name":"A","unitOfMeasurement":{"symbol":"m"}}}"#;
        for (unit, body, rain_mm) in [
            (r#","unit":"mm""#, bare("12"), 12.0),
            (r#","unit":"cm""#, bare("1.2"), 12.0),
            (r#","unit":"m""#, bare("0.012"), 12.0),
            (r#","unit":"in""#, bare("1"), 25.4),
            ("", bare("12"), 12.0),
            ("", metres.to_owned(), 12.0),
        ] {
            let decided = measured(unit, &body);
            assert_eq!(decided.refused, [], "{unit} {body}");
            let seen = &decided.besides[0].observation;
            assert_eq!(seen.quantity, Quantity::Rain);
            let Measured::Number(said) = seen.measured else {
                panic!("{seen:?}");
            };
            assert!((said - rain_mm).abs() < 1e-9, "{unit} {body}: {said}");
        }
        let beyond = measured(r#","unit":"m""#, &bare("1e306"));
        assert_eq!(codes(&beyond), ["not_finite"]);
        assert!(beyond.besides.is_empty());
    }

    #[test]
    fn of_several_bare_numbers_the_field_says_which() {
        let uplink = br#"{"applicationID":"1","devEUI":"24e124126d154397","data":"qg==","object":{"distance":3200,"battery":98}}"#;
        let mut listed = device(
            r#"{"name":"24e124126d154397","station":"obihiro","mounting_height_m":5,"measures":"distance_to_water_m","unit":"mm"}"#,
        );
        assert_eq!(
            codes(&decided_with(
                std::slice::from_ref(&listed),
                "net/x",
                uplink
            )),
            ["unstated", "unstated"]
        );
        listed.field = Some("distance".to_owned());
        let decided = decided_with(&[listed], "net/x", uplink);
        assert!((levels(&decided)[0] - 1.8).abs() < 1e-12, "{decided:?}");
        assert_eq!(decided.refused, []);
    }

    #[test]
    fn a_sensor_that_measured_nothing_is_no_level_and_no_zero() {
        let tilted = br#"{"applicationID":"1","devEUI":"24e124126d154397","data":"BIJECAUAAQ=="}"#;
        let listed = device(
            r#"{"name":"24e124126d154397","station":"obihiro","mounting_height_m":5,"profile":"milesight_em400_tld"}"#,
        );
        let decided = decided_with(&[listed], "net/x", tilted);
        assert!(decided.readings.is_empty());
        assert_eq!(codes(&decided), ["no_measurement"]);
        assert!(decided.refused[0].to_string().contains("tilted"));
    }

    #[test]
    fn a_record_of_a_devices_history_is_kept_at_its_own_time_and_apart() {
        // 2016-08-30T08:00:00Z, 1000 mm; then 900 mm now.
        let uplink = br#"{"applicationID":"1","devEUI":"24e124126d154397","data":"IM6APMVX6AMDgoQD","fCnt":9}"#;
        let listed = device(
            r#"{"name":"24E124126D154397","station":"obihiro","mounting_height_m":5,"profile":"milesight_em500_udl"}"#,
        );
        let decided = decided_with(&[listed], "net/x", uplink);
        assert_eq!(decided.history.len(), 1, "{decided:?}");
        assert!((decided.history[0].level_m - 4.0).abs() < 1e-12);
        assert_eq!(decided.history[0].at.to_string(), "2016-08-30T07:57:52Z");
        assert_eq!(levels(&decided), [4.1]);
        assert_eq!(decided.readings[0].at.to_string(), ARRIVAL);
        assert_eq!(decided.readings[0].sequence, Some(9));
    }

    #[test]
    fn bytes_without_a_profile_are_refused_with_the_advice_to_name_one() {
        let uplink = br#"{"applicationID":"1","devEUI":"24e124126d154397","data":"qg=="}"#;
        let listed = device(r#"{"name":"24e124126d154397","station":"obihiro"}"#);
        assert_eq!(
            codes(&decided_with(&[listed], "net/x", uplink)),
            ["no_profile"]
        );
    }

    #[test]
    fn a_join_is_passed_over_and_is_no_fault() {
        let join = br#"{"end_device_ids":{"device_id":"d"},"join_accept":{}}"#;
        let decided = decided("net/x", join);
        assert_eq!(codes(&decided), ["not_telemetry"]);
        assert!(!decided.refused[0].is_fault());
        assert!(Refusal::NoDevice.is_fault());
    }

    #[test]
    fn what_no_format_has_is_refused_as_such_under_a_rule() {
        refused("net/x", "hello", "unknown_format", "not recognised");
        refused("net/x", &" ".repeat(10_001), "too_large", "10001 bytes");
    }

    #[test]
    fn an_uplink_that_comes_twice_has_the_same_key() {
        let uplink = br#"{"deduplicationId":"d-1","deviceInfo":{"devEui":"24e124126d154397"},"data":"qg=="}"#;
        let key = decided("net/x", uplink).dedup;
        assert!(key.is_some());
        assert_eq!(key, decided("net/y", uplink).dedup);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn any_bytes_on_any_topic_are_decided(
            topic in prop::string::string_regex("(hinan/v1/readings/)?.{0,20}").unwrap(),
            payload in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let _ = decided(&topic, &payload);
            let _ = decided(OBIHIRO, &payload);
        }

        #[test]
        fn any_near_miss_of_a_reading_is_decided(
            at in prop::string::string_regex("[0-9TZ:+.-]{0,30}|2016-08-30T0[0-9]:[0-9]{2}:[0-9]{2}(Z|[+]09:00)").unwrap(),
            level in prop::string::string_regex("-?[0-9eE.]{1,12}|null|true|\"1\"|[{}]").unwrap(),
            more in prop::string::string_regex("(,\"[a-z_]{1,8}\":[0-9]{1,3}){0,3}").unwrap(),
        ) {
            let payload = format!(r#"{{"at":"{at}","level_m":{level}{more}}}"#);
            for level_m in levels(&decided(OBIHIRO, payload.as_bytes())) {
                prop_assert!(level_m.is_finite());
            }
        }

        #[test]
        fn what_a_device_sends_is_what_is_stored(
            level_m in prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL,
            back_ns in 0_i64..600_000_000_000_000,
            sequence in any::<Option<u64>>(),
        ) {
            let arrival: Timestamp = ARRIVAL.parse().unwrap();
            let sent = Reading {
                station: "obihiro".parse().unwrap(),
                at: arrival - jiff::SignedDuration::from_nanos(back_ns),
                level_m,
                sequence,
            };
            let decided = decided(OBIHIRO, &native_payload(&sent));
            prop_assert_eq!(decided, Decided { readings: vec![sent], ..Decided::default() });
        }
    }
}
