//! Ways for packets into the service: the embedded broker with what it must not forget, and one connection to each broker elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use hinan_broker::Broker;
use hinan_notice::document::json::areas_after;
use hinan_notice::send::mqtt::messages;
use hinan_sensors::connect::{self, LinkState, Tally};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::ARRIVALS_MAX;
use crate::app::{App, Link};
use crate::arrivals::{Ack, Arrivals, Message};
use crate::brokers::{self, MAIN, Way};
use crate::door::TownDoor;
use crate::publish::outbox::ChannelName;
use crate::store::notices::live;
use crate::{chance, tend};

/// Packets on the way from the embedded broker to where their bytes are counted: a few only, for they are not.
const HANDED_OVER_MAX: usize = 4;
/// Misdeeds of clients that wait to be noted. What does not fit is counted.
const MISDEEDS_MAX: usize = 1024;

/// No order that was approved before this time can hold: `publish.expires_after_h` allows 48 hours.
const HELD: jiff::SignedDuration = jiff::SignedDuration::from_hours(49);
/// How often the counts of the embedded broker are shown anew.
const COUNTED_EVERY: std::time::Duration = std::time::Duration::from_secs(1);

pub(super) async fn embedded(
    app: &Arc<App>,
    listener: TcpListener,
    secret: &str,
    arrivals: Arrivals,
    doors: &mut JoinSet<anyhow::Result<()>>,
) -> anyhow::Result<Broker> {
    let (heard, misdeeds) = mpsc::channel(MISDEEDS_MAX);
    let door = TownDoor::new(
        &app.config,
        Arc::clone(&app.reference.stations),
        Arc::clone(&app.devices),
        secret.to_owned(),
        brokers::login(&app.config)?,
        heard,
    );
    doors.spawn(tend::remember(Arc::clone(app), misdeeds));
    let settings = hinan_broker::Settings {
        packet_max_bytes: app.config.broker.packet_max_bytes,
        excess_max_s: app.config.broker.excess_max_s,
        ..hinan_broker::Settings::default()
    };
    let filters = app.config.waited_for();
    let (sink, mut inbound) = mpsc::channel::<hinan_broker::Inbound>(HANDED_OVER_MAX);
    let retained = retained(app)?;
    let broker = Broker::start(listener, settings, Arc::new(door), filters, sink, retained).await?;
    app.set_link(
        MAIN,
        Link::Up {
            since: app.clock.now(),
        },
    );
    doors.spawn(async move {
        while let Some(inbound) = inbound.recv().await {
            let (message, receipt) = inbound.split();
            let message = Message {
                topic: message.topic,
                payload: message.payload,
                cut_from_bytes: None,
                // What a device sends us with the retain flag is live, not old state.
                retained: false,
                device: message.device,
                ack: Ack::Embedded(receipt),
            };
            if arrivals.send(message).await.is_err() {
                break;
            }
        }
        Ok(())
    });
    Ok(broker)
}

/// What a broker that forgets must be told again: the notices that hold, and the state of their areas.
fn retained(app: &App) -> anyhow::Result<Vec<hinan_broker::Retained>> {
    let published = app
        .store
        .read(|view| view.published(&ChannelName::Mqtt, app.clock.now() - HELD, 10_000))?;
    let delivered: Vec<_> = published.iter().map(|one| one.notice().clone()).collect();
    let base = format!(
        "{}/{}/{}",
        app.config.publish.topic_prefix,
        app.config.service.realm,
        app.town().code
    );
    let in_force = live(delivered, app.clock.now());
    let facts_list: Vec<_> = in_force
        .iter()
        .map(|notice| notice.content().facts())
        .collect();
    // Of an area in several orders the state is the same whichever order it is asked with.
    let mut kept = BTreeMap::new();
    for (notice, facts) in in_force.iter().zip(&facts_list) {
        let document = published
            .iter()
            .find(|one| one.notice().id() == notice.id())
            .map(crate::publish::publication::Publication::document_text)
            .unwrap_or_default();
        for message in messages(facts, document, &areas_after(facts, &[], &facts_list)) {
            if message.retain && !message.payload.is_empty() {
                kept.insert(message.topic, message.payload);
            }
        }
    }
    Ok(kept
        .into_iter()
        .map(|(topic, payload)| hinan_broker::Retained {
            topic: format!("{base}/{topic}"),
            payload: payload.into_bytes().into(),
        })
        .collect())
}

/// Starts the way to one broker elsewhere: the connection, what it hands over, and how it is.
pub(super) fn remote(
    app: &Arc<App>,
    way: Way,
    arrivals: Arrivals,
    doors: &mut JoinSet<anyhow::Result<()>>,
    stop: &watch::Receiver<bool>,
) {
    let Way { name, connection } = way;
    let (deliveries, mut delivered) = mpsc::channel::<connect::Delivery>(ARRIVALS_MAX);
    let (status, mut state) = watch::channel(LinkState::Connecting);
    let tally = Arc::new(Tally::default());
    let clock = Arc::clone(app);
    let surroundings = connect::Surroundings {
        clock: Box::new(move || clock.clock.now()),
        jitter_seed: u64::from_le_bytes(chance::bytes()),
        tally: Arc::clone(&tally),
    };
    let stopped = stop.clone();
    let ended = format!("the way to the broker {name} ended");
    doors.spawn(async move {
        connect::run(connection, deliveries, stopped, status, surroundings)
            .await
            .context(ended)
    });
    doors.spawn(async move {
        while let Some(delivery) = delivered.recv().await {
            let message = Message {
                topic: delivery.topic,
                payload: delivery.payload.into(),
                cut_from_bytes: delivery.cut_from_bytes,
                retained: delivery.retained,
                device: None,
                ack: Ack::Remote(delivery.receipt),
            };
            if arrivals.send(message).await.is_err() {
                break;
            }
        }
        Ok(())
    });
    let app = Arc::clone(app);
    doors.spawn(async move {
        loop {
            let now = app.clock.now();
            let link = match &*state.borrow_and_update() {
                LinkState::Connected { .. } => Link::Up { since: now },
                LinkState::Connecting => Link::Down {
                    since: now,
                    why: "接続しています".to_owned(),
                },
                LinkState::Down { why, .. } => Link::Down {
                    since: now,
                    why: why.clone(),
                },
            };
            let up = matches!(link, Link::Up { .. });
            app.set_link(&name, link);
            brokers::show(&name, &tally, up);
            tokio::select! {
                changed = state.changed() => if changed.is_err() { return Ok(()) },
                () = tokio::time::sleep(COUNTED_EVERY) => {}
            }
        }
    });
}
