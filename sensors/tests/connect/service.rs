//! The connection under test, with the consumer's end of it in our hand.

use hinan_sensors::TopicRule;
use hinan_sensors::connect::{Connection, Delivery, LinkState, Stopped, Surroundings, run};
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::broker::WITHIN;

pub(crate) struct Service {
    deliveries: mpsc::Receiver<Delivery>,
    shutdown: watch::Sender<bool>,
    pub(crate) status: watch::Receiver<LinkState>,
    running: JoinHandle<Result<(), Stopped>>,
}

pub(crate) fn connection(port: u16) -> Connection {
    Connection::new(
        "127.0.0.1",
        port,
        "hinan-test",
        vec![TopicRule::default().filter()],
    )
}

impl Service {
    pub(crate) fn start(connection: Connection) -> Self {
        Self::start_with_room_for(100, connection)
    }

    pub(crate) fn start_with_room_for(room: usize, connection: Connection) -> Self {
        let (send, deliveries) = mpsc::channel(room);
        let (shutdown, asked) = watch::channel(false);
        let (tell, status) = watch::channel(LinkState::Connecting);
        let surroundings = Surroundings {
            clock: Box::new(|| Timestamp::UNIX_EPOCH),
            jitter_seed: 1,
            tally: std::sync::Arc::default(),
        };
        let running = tokio::spawn(run(connection, send, asked, tell, surroundings));
        Self {
            deliveries,
            shutdown,
            status,
            running,
        }
    }

    /// Starts and waits for the subscription.
    pub(crate) async fn started(connection: Connection) -> Self {
        let mut service = Self::start(connection);
        service.is_connected().await;
        service
    }

    /// Waits until the link is up, and says whether the broker still knew us.
    pub(crate) async fn is_connected(&mut self) -> bool {
        let up = self
            .status
            .wait_for(|state| matches!(state, LinkState::Connected { .. }));
        let state = timeout(WITHIN, up)
            .await
            .expect("the link comes up")
            .unwrap()
            .clone();
        matches!(state, LinkState::Connected { resumed: true, .. })
    }

    /// Waits until the link is down, and says why.
    pub(crate) async fn is_down(&mut self) -> String {
        let down = self
            .status
            .wait_for(|state| matches!(state, LinkState::Down { .. }));
        match timeout(WITHIN, down)
            .await
            .expect("the link goes down")
            .unwrap()
            .clone()
        {
            LinkState::Down { why, .. } => why,
            state => panic!("{state:?}"),
        }
    }

    /// How many deliveries wait to be taken.
    pub(crate) fn waiting(&self) -> usize {
        self.deliveries.len()
    }

    pub(crate) async fn next(&mut self) -> Delivery {
        let next = timeout(WITHIN, self.deliveries.recv()).await;
        next.expect("a delivery comes in time")
            .expect("the service runs")
    }

    pub(crate) async fn next_of(&mut self, count: usize) -> Vec<Delivery> {
        let mut taken = Vec::new();
        while taken.len() < count {
            taken.push(self.next().await);
        }
        taken
    }

    /// Asks it to stop and waits until it did. What was still in the channel is dropped unacknowledged.
    pub(crate) async fn stop(mut self) {
        self.shutdown.send_replace(true);
        let ended = async { while self.deliveries.recv().await.is_some() {} };
        timeout(WITHIN, ended).await.expect("the channel closes");
        timeout(WITHIN, self.running)
            .await
            .expect("it stops")
            .unwrap()
            .unwrap();
    }

    /// Stops taking deliveries, and says how it ended.
    pub(crate) async fn abandon(self) -> Result<(), Stopped> {
        drop(self.deliveries);
        timeout(WITHIN, self.running)
            .await
            .expect("it stops")
            .unwrap()
    }
}

pub(crate) fn payloads(deliveries: &[Delivery]) -> Vec<Vec<u8>> {
    deliveries
        .iter()
        .map(|delivery| delivery.payload.clone())
        .collect()
}
