//! Simulated devices: each recorded gauge is an MQTT client of its own that publishes its own readings, at
//! QoS 1, when the event's clock reaches them.

use std::sync::Arc;
use std::time::Duration;

use hinan_models::History;
use hinan_sensors::{Reading, StationId, TopicRule, native_payload};
use jiff::Timestamp;
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, QoS};
use tokio::sync::watch;

use crate::app::App;

/// Puts the recorded levels of one gauge into readings, from `from` to `to`. Missing stays missing.
#[must_use]
pub fn readings(
    storm: &History,
    gauge: usize,
    station: &StationId,
    from: Timestamp,
    to: Timestamp,
) -> Vec<Reading> {
    (0..storm.len())
        .filter_map(|row| Some((storm.time(row), storm.level(row, gauge)?)))
        .filter(|(at, _)| (from..=to).contains(at))
        .enumerate()
        .map(|(n, (at, level_m))| Reading {
            station: station.clone(),
            at,
            level_m,
            sequence: Some(n as u64),
        })
        .collect()
}

/// Publishes a device's readings on the event's own clock and waits for each acknowledgement.
/// Ends when all are acknowledged, or when told to stop. A lost connection is made anew, and the reading that
/// was not acknowledged is sent again.
pub async fn run(
    app: Arc<App>,
    station: StationId,
    readings: Vec<Reading>,
    mut stop: watch::Receiver<bool>,
) {
    let topics = TopicRule {
        prefix: app.config.sensors.topic_prefix.clone(),
    };
    let topic = topics.topic(&station);
    let mut line: Option<(AsyncClient, EventLoop)> = None;
    for reading in readings {
        let payload = native_payload(&reading);
        loop {
            let wait = app.clock.until(reading.at);
            // Even a fast replay must not miss a change of the clock's speed.
            let pause = wait.min(Duration::from_millis(200));
            if wait.is_zero() {
                if publish(&app, &station, &mut line, &topic, &payload).await {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(300)).await;
            } else if idle(&mut line, pause, &mut stop).await {
                return;
            }
            if *stop.borrow() {
                return;
            }
        }
    }
    if let Some((client, mut events)) = line
        && client.disconnect().await.is_ok()
    {
        let _ = tokio::time::timeout(Duration::from_secs(1), events.poll()).await;
    }
}

/// Waits between two readings and keeps the line alive meanwhile. Says whether it was told to stop.
async fn idle(
    line: &mut Option<(AsyncClient, EventLoop)>,
    pause: Duration,
    stop: &mut watch::Receiver<bool>,
) -> bool {
    let polled = async {
        match line {
            Some((_, events)) => events.poll().await.is_err(),
            None => std::future::pending().await,
        }
    };
    let lost = tokio::select! {
        () = tokio::time::sleep(pause) => false,
        lost = polled => lost,
        _ = stop.changed() => return true,
    };
    if lost {
        *line = None;
    }
    false
}

async fn publish(
    app: &App,
    station: &StationId,
    line: &mut Option<(AsyncClient, EventLoop)>,
    topic: &str,
    payload: &[u8],
) -> bool {
    let attempt = async {
        if line.is_none() {
            let broker = &app.config.broker;
            let mut options = MqttOptions::new(station.as_str(), &broker.host, broker.port);
            options.set_keep_alive(Duration::from_secs(60));
            *line = Some(AsyncClient::new(options, 10));
        }
        let (client, events) = line.as_mut()?;
        client
            .publish(topic, QoS::AtLeastOnce, false, payload)
            .await
            .ok()?;
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::PubAck(_))) => return Some(()),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    };
    let done = tokio::time::timeout(Duration::from_secs(20), attempt)
        .await
        .ok()
        .flatten()
        .is_some();
    if !done {
        *line = None;
    }
    done
}
