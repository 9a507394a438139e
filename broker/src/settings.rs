//! Every limit of the broker in one place.

use std::time::Duration;

use crate::codec::Sizes;

/// The limits of the broker. Counts are numbers of things, sizes bytes, times seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Longest MQTT packet, without its fixed header. A longer one closes that connection.
    /// Official weather telegrams exceed half a mebibyte, so 1 MiB is the least.
    pub packet_max_bytes: usize,
    /// Open connections, those still at the door included. One more is closed at once.
    pub connections_max: usize,
    /// Messages waiting for one subscriber, connected or away. The newest is refused when it is full.
    pub queue_max: usize,
    /// Bytes of payload and topic held for one subscriber, sent but unacknowledged ones included. One message
    /// always fits, however long.
    pub queue_max_bytes: usize,
    /// Lasting sessions (3.1.1: clean session = false; 5: a session expiry above 0). One more client is answered "server unavailable".
    pub session_max: usize,
    /// After this time away a session may be forgotten to make room for another one. No client of version 5 gets
    /// a longer session expiry.
    pub session_away_max_s: u64,
    /// Topic filters of one session. One more is answered 0x80.
    pub subscriptions_max: usize,
    /// Topics with a retained message. A message on one more is delivered but not retained.
    pub retained_max: usize,
    /// Bytes of all retained messages together.
    pub retained_max_bytes: usize,
    /// Publishes of one connection that wait for their commit. At this number we stop reading its socket.
    pub unacked_max: usize,
    /// Longest topic name or filter. A publish on a longer one closes the connection, a filter gets 0x80.
    pub topic_max_bytes: usize,
    /// Longest client identifier.
    pub client_id_max_bytes: usize,
    /// Longest properties of one packet of version 5. More of them close the connection.
    pub properties_max_bytes: usize,
    /// Topic aliases that a client may let us keep, and that we let it keep.
    pub topic_alias_max: u16,
    /// Longest keep-alive. A client of version 5 that announces more, or none, is told this one; one of 3.1.1
    /// cannot be told and keeps its own. 0 = whatever the client announces, none included.
    pub keep_alive_max_s: u16,
    /// A device that sends more than its rate for so long without a rest is disconnected; until then it is only
    /// not read from. 0 = never disconnected.
    pub excess_max_s: u64,
    /// Time from accepting a socket to its complete CONNECT packet.
    pub connect_timeout_s: u64,
    /// A connection that takes nothing of what we have to send for so long is closed.
    pub stall_max_s: u64,
    /// Pause between a reading that could not be committed and closing its connection, so that a store in
    /// trouble is not hit by devices that reconnect in a loop.
    pub uncommitted_pause_ms: u64,
    /// Longest time that [`Broker::stop`](crate::Broker::stop) waits for commits and for clients to read.
    pub stop_max_s: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            packet_max_bytes: 2 << 20,
            connections_max: 2_000,
            queue_max: 10_000,
            queue_max_bytes: 8 << 20,
            session_max: 1_000,
            session_away_max_s: 7 * 24 * 3_600,
            subscriptions_max: 100,
            retained_max: 10_000,
            retained_max_bytes: 64 << 20,
            unacked_max: 100,
            topic_max_bytes: 1_024,
            client_id_max_bytes: 256,
            properties_max_bytes: 16 << 10,
            topic_alias_max: 16,
            keep_alive_max_s: 0,
            excess_max_s: 600,
            connect_timeout_s: 10,
            stall_max_s: 60,
            uncommitted_pause_ms: 1_000,
            stop_max_s: 5,
        }
    }
}

impl Settings {
    /// Says which setting is outside of what the broker can keep.
    ///
    /// # Errors
    /// The first such setting, with its value and the accepted range.
    pub fn check(&self) -> Result<(), SettingsError> {
        within("packet_max_bytes", self.packet_max_bytes, 1 << 20, 64 << 20)?;
        within("connections_max", self.connections_max, 1, 100_000)?;
        within("queue_max", self.queue_max, 1, 10_000_000)?;
        within("queue_max_bytes", self.queue_max_bytes, 1, 4 << 30)?;
        within("session_max", self.session_max, 1, 1_000_000)?;
        within_s(
            "session_away_max_s",
            self.session_away_max_s,
            1,
            366 * 24 * 3_600,
        )?;
        within("subscriptions_max", self.subscriptions_max, 1, 100_000)?;
        within("retained_max", self.retained_max, 1, 10_000_000)?;
        within("retained_max_bytes", self.retained_max_bytes, 1, 16 << 30)?;
        within("unacked_max", self.unacked_max, 1, 65_535)?;
        within("topic_max_bytes", self.topic_max_bytes, 1, 65_535)?;
        within("client_id_max_bytes", self.client_id_max_bytes, 23, 65_535)?;
        within(
            "properties_max_bytes",
            self.properties_max_bytes,
            256,
            1 << 20,
        )?;
        within_s("topic_alias_max", self.topic_alias_max.into(), 0, 1_000)?;
        within_s("excess_max_s", self.excess_max_s, 0, 7 * 24 * 3_600)?;
        within_s("connect_timeout_s", self.connect_timeout_s, 1, 600)?;
        within_s("stall_max_s", self.stall_max_s, 1, 3_600)?;
        within_s("uncommitted_pause_ms", self.uncommitted_pause_ms, 0, 60_000)?;
        within_s("stop_max_s", self.stop_max_s, 0, 600)
    }

    pub(crate) fn sizes(&self) -> Sizes {
        Sizes {
            packet_max_bytes: self.packet_max_bytes,
            properties_max_bytes: self.properties_max_bytes,
        }
    }

    pub(crate) fn connect_timeout(&self) -> Duration {
        Duration::from_secs(self.connect_timeout_s)
    }

    pub(crate) fn stall_max(&self) -> Duration {
        Duration::from_secs(self.stall_max_s)
    }

    pub(crate) fn uncommitted_pause(&self) -> Duration {
        Duration::from_millis(self.uncommitted_pause_ms)
    }

    pub(crate) fn stop_max(&self) -> Duration {
        Duration::from_secs(self.stop_max_s)
    }
}

/// A setting outside its accepted range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} = {value} is not accepted: it must be between {least} and {most}")]
pub struct SettingsError {
    /// Name of the setting.
    pub key: &'static str,
    /// The value it was given.
    pub value: u64,
    /// Smallest accepted value.
    pub least: u64,
    /// Largest accepted value.
    pub most: u64,
}

fn within(key: &'static str, value: usize, least: usize, most: usize) -> Result<(), SettingsError> {
    within_s(key, value as u64, least as u64, most as u64)
}

fn within_s(key: &'static str, value: u64, least: u64, most: u64) -> Result<(), SettingsError> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(SettingsError {
            key,
            value,
            least,
            most,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_settings_are_accepted() {
        assert_eq!(Settings::default().check(), Ok(()));
    }

    #[test]
    fn a_packet_limit_below_one_mebibyte_is_refused_by_name() {
        let settings = Settings {
            packet_max_bytes: 20_480,
            ..Settings::default()
        };
        let said = settings.check().map_err(|error| error.to_string());
        assert_eq!(
            said,
            Err(
                "packet_max_bytes = 20480 is not accepted: it must be between 1048576 and 67108864"
                    .into()
            )
        );
    }
}
