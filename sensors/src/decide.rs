//! What one packet means.

use jiff::Timestamp;

use crate::payload::{self, Sample, Unreadable};
use crate::refusal::Refusal;
use crate::station::{Station, StationId, Stations};
use crate::topic::TopicRule;

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

/// What is to be done with a packet. Either way it may be acknowledged once that is durable.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// It is a reading: check its quality and keep it.
    Store(Reading),
    /// It is not one: keep the packet and the reason where an operator can see them.
    Quarantine(Refusal),
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

/// Decides what one packet means. Never waits, reads no clock and never fails: a packet we cannot use is quarantined,
/// so that one broken gauge cannot stop the feed.
///
/// ```
/// use hinan_sensors::{Decision, Limits, Packet, Station, Stations, TopicRule, decide};
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
/// let decision = decide(&packet, &stations, &TopicRule::default(), &Limits::default());
/// assert!(matches!(decision, Decision::Store(reading) if reading.station.as_str() == "obihiro"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn decide(
    packet: &Packet<'_>,
    stations: &Stations,
    topics: &TopicRule,
    limits: &Limits,
) -> Decision {
    match reading(packet, stations, topics, limits) {
        Ok(reading) => Decision::Store(reading),
        Err(why) => Decision::Quarantine(why),
    }
}

fn reading(
    packet: &Packet<'_>,
    stations: &Stations,
    topics: &TopicRule,
    limits: &Limits,
) -> Result<Reading, Refusal> {
    // Size first: nothing below looks at a payload that is too large to be a reading.
    if packet.payload.len() > limits.payload_max_bytes {
        return Err(Refusal::TooLarge {
            bytes: packet.payload.len(),
            max_bytes: limits.payload_max_bytes,
        });
    }
    let station = station(packet.topic, stations, topics)?;
    let sample = payload::decode(packet.payload).map_err(|why| refusal(why, station))?;
    agrees(&sample, station)?;
    timely(sample.at, packet.received_at, limits)?;
    Ok(Reading {
        station: station.id.clone(),
        at: sample.at,
        level_m: sample.level_m,
        sequence: sample.sequence,
    })
}

fn station<'s>(
    topic: &str,
    stations: &'s Stations,
    topics: &TopicRule,
) -> Result<&'s Station, Refusal> {
    let id = topics
        .station(topic)
        .ok_or_else(|| Refusal::TopicMismatch {
            said: cut(topic, 200),
            expected: topics.filter(),
        })?;
    stations
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

fn cut(text: &str, max_chars: usize) -> String {
    text.chars().take(max_chars).collect()
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

    fn decided(topic: &str, payload: &[u8]) -> Decision {
        let packet = Packet {
            topic,
            payload,
            retained: false,
            received_at: ARRIVAL.parse().unwrap(),
        };
        decide(&packet, &town(), &TopicRule::default(), &Limits::default())
    }

    fn refused(topic: &str, payload: &str, code: &str, text: &str) {
        match decided(topic, payload.as_bytes()) {
            Decision::Quarantine(why) => {
                assert_eq!(why.code(), code, "{why}");
                assert!(why.to_string().contains(text), "{why}");
            }
            Decision::Store(reading) => panic!("stored {reading:?}"),
        }
    }

    const OBIHIRO: &str = "hinan/v1/readings/obihiro";

    #[test]
    fn a_reading_of_a_known_gauge_is_stored() {
        let payload =
            br#"{"at":"2016-08-30T08:59:00Z","level_m":35.33,"seq":12,"station":"obihiro"}"#;
        let Decision::Store(reading) = decided(OBIHIRO, payload) else {
            panic!("refused");
        };
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
        assert!(matches!(
            decided(OBIHIRO, at("2016-08-30T09:05:00Z").as_bytes()),
            Decision::Store(_)
        ));
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
        assert!(matches!(
            decided(OBIHIRO, at("2016-08-23T09:00:00Z").as_bytes()),
            Decision::Store(_)
        ));
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
        assert!(matches!(
            decided(OBIHIRO, largest.as_bytes()),
            Decision::Store(_)
        ));
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
            if let Decision::Store(reading) = decided(OBIHIRO, payload.as_bytes()) {
                prop_assert!(reading.level_m.is_finite());
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
            prop_assert_eq!(decided(OBIHIRO, &native_payload(&sent)), Decision::Store(sent));
        }
    }
}
