//! A broker with a door, and a client that says exactly what it is told to.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::BytesMut;
use hinan_broker::{
    Broker, Counts, Denied, Doorkeeper, Fault, Grant, Inbound, Rate, Settings, Visitor,
};
use rumqttc::mqttbytes::v4::{
    ConnAck, Connect, ConnectReturnCode, LastWill, Login, Packet, PubAck, PubRel, Publish,
    Subscribe, SubscribeFilter, SubscribeReasonCode,
};
use rumqttc::mqttbytes::{Error, QoS};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// Long enough to see that nothing comes.
pub(crate) const QUIET: Duration = Duration::from_millis(150);
pub(crate) const SINK: &str = "sensors/#";
/// How long the door thinks about the user `unhurried`, who may do nothing.
pub(crate) const LONG_ASKED: Duration = Duration::from_millis(1_500);

/// Rate, burst and longest payload of the device `slow`.
pub(crate) const SLOW_PER_S: f64 = 20.0;
pub(crate) const SLOW_BURST: u16 = 10;
pub(crate) const SLOW_PAYLOAD: usize = 100;

/// Towers may do everything. A gauge publishes as itself and reads what is meant for it; so does who shows the
/// certificate of one, and a visitor without a name, who may only read notices. `slow` is a device with limits.
#[derive(Default)]
pub(crate) struct Door {
    forbidden: Mutex<BTreeSet<String>>,
    faults: Mutex<Vec<String>>,
}

impl Doorkeeper for Door {
    fn admit(&self, who: &Visitor<'_>) -> Result<Grant, Denied> {
        let id = who.client_id;
        let list = |filters: &[String]| filters.to_vec();
        match (who.username, who.password) {
            (Some("tower"), Some(b"high")) => Ok(Grant {
                publish: vec!["#".into()],
                subscribe: vec!["#".into()],
                ..Grant::default()
            }),
            (Some("gauge"), Some(b"water")) => Ok(Grant {
                publish: list(&[format!("sensors/{id}/+"), format!("status/{id}")]),
                subscribe: list(&[format!("commands/{id}/#"), "notices/#".into()]),
                ..Grant::default()
            }),
            (Some("slow"), Some(b"water")) if !self.forbids("slow") => Ok(Grant {
                publish: list(&["sensors/slow/+".into(), "status/slow".into()]),
                subscribe: vec![],
                device: Some("slow".into()),
                rate: Some(Rate {
                    messages_per_s: SLOW_PER_S,
                    burst: SLOW_BURST.into(),
                    bytes_per_s: 1e6,
                }),
                payload_max_bytes: Some(SLOW_PAYLOAD),
            }),
            (Some("slow" | "banned"), _) => Err(Denied::NotAuthorized),
            (Some("fault"), _) => panic!("a doorkeeper that fails"),
            (Some("unhurried"), _) => {
                std::thread::sleep(LONG_ASKED);
                Ok(Grant::default())
            }
            (None, None) if who.certificate.is_some() => {
                let name = who.certificate.and_then(|own| own.common_name.clone());
                let name = name.ok_or(Denied::BadCredentials)?;
                Ok(Grant {
                    publish: list(&[format!("sensors/{name}/+")]),
                    device: Some(name),
                    ..Grant::default()
                })
            }
            (None, None) => Ok(Grant {
                subscribe: vec!["notices/#".into()],
                ..Grant::default()
            }),
            _ => Err(Denied::BadCredentials),
        }
    }

    fn noted(&self, fault: &Fault<'_>) {
        let device = fault.device.unwrap_or("nobody");
        let line = format!("{device}: {:?}", fault.misdeed);
        self.faults.lock().unwrap().push(line);
    }
}

impl Door {
    fn forbids(&self, device: &str) -> bool {
        self.forbidden.lock().unwrap().contains(device)
    }
}

/// A running broker and the service's end of its sink.
pub(crate) struct Town {
    door: Arc<Door>,
    pub(crate) broker: Broker,
    pub(crate) sink: mpsc::Receiver<Inbound>,
}

impl Town {
    pub(crate) async fn start() -> Self {
        Self::with(Settings::default(), 100).await
    }

    pub(crate) async fn with(settings: Settings, sink_room: usize) -> Self {
        Self::start_with(settings, sink_room, &[SINK]).await
    }

    /// One whose sink waits for these topics instead.
    pub(crate) async fn waiting_for(filters: &[&str]) -> Self {
        Self::start_with(Settings::default(), 100, filters).await
    }

    async fn start_with(settings: Settings, sink_room: usize, filters: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (sender, sink) = mpsc::channel(sink_room);
        let door = Arc::<Door>::default();
        let broker = Broker::start(
            listener,
            settings,
            Arc::clone(&door) as Arc<dyn Doorkeeper>,
            filters.iter().map(|filter| (*filter).to_owned()).collect(),
            sender,
            vec![],
        )
        .await
        .unwrap();
        Self { door, broker, sink }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.broker.address()
    }

    /// What the door heard of its visitors.
    pub(crate) fn faults(&self) -> Vec<String> {
        self.door.faults.lock().unwrap().clone()
    }

    pub(crate) fn forbid(&self, device: &str) {
        self.door.forbidden.lock().unwrap().insert(device.into());
    }

    pub(crate) fn allow(&self, device: &str) {
        self.door.forbidden.lock().unwrap().remove(device);
    }

    pub(crate) fn counts(&self) -> Counts {
        self.broker.counts()
    }

    /// The next publish that reaches the service.
    pub(crate) async fn inbound(&mut self) -> Inbound {
        timeout(PATIENCE, self.sink.recv())
            .await
            .expect("a publish in time")
            .expect("an open sink")
    }

    /// Nothing reaches the service.
    pub(crate) async fn sink_is_quiet(&mut self) {
        if let Ok(inbound) = timeout(QUIET, self.sink.recv()).await {
            panic!("unexpected: {inbound:?}");
        }
    }

    /// Commits whatever comes, at once.
    pub(crate) fn commit_everything(&mut self) {
        let (_, closed) = mpsc::channel(1);
        let mut sink = std::mem::replace(&mut self.sink, closed);
        tokio::spawn(async move {
            while let Some(inbound) = sink.recv().await {
                inbound.split().1.committed();
            }
        });
    }

    /// Waits until the counts are as described.
    pub(crate) async fn until(&self, described: impl Fn(&Counts) -> bool) {
        let seen = timeout(PATIENCE, async {
            while !described(&self.counts()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        assert!(seen.await.is_ok(), "counts stay at {:?}", self.counts());
    }

    pub(crate) async fn tower(&self, id: &str) -> Client {
        Client::enter(self.address(), tower(id)).await
    }

    pub(crate) async fn gauge(&self, id: &str) -> Client {
        Client::enter(self.address(), gauge(id)).await
    }
}

pub(crate) fn tower(id: &str) -> Connect {
    with_login(id, "tower", "high")
}

pub(crate) fn gauge(id: &str) -> Connect {
    with_login(id, "gauge", "water")
}

pub(crate) fn with_login(id: &str, username: &str, password: &str) -> Connect {
    let mut connect = Connect::new(id);
    connect.login = Some(Login::new(username, password));
    connect
}

pub(crate) fn lasting(mut connect: Connect) -> Connect {
    connect.clean_session = false;
    connect
}

pub(crate) fn with_will(
    mut connect: Connect,
    topic: &str,
    payload: &str,
    qos: QoS,
    retain: bool,
) -> Connect {
    connect.last_will = Some(LastWill::new(topic, payload, qos, retain));
    connect
}

pub(crate) fn publish(topic: &str, payload: impl Into<Vec<u8>>, qos: QoS, pkid: u16) -> Publish {
    let mut publish = Publish::new(topic, qos, payload);
    publish.pkid = pkid;
    publish
}

pub(crate) fn retained(topic: &str, payload: &str, pkid: u16) -> Publish {
    let mut publish = publish(topic, payload, QoS::AtLeastOnce, pkid);
    publish.retain = true;
    publish
}

pub(crate) fn dup(mut publish: Publish) -> Publish {
    publish.dup = true;
    publish
}

/// A client that sends and reads packets one by one, and acknowledges only when told to.
pub(crate) struct Client {
    stream: TcpStream,
    input: BytesMut,
}

impl Client {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        Self {
            stream: TcpStream::connect(address).await.unwrap(),
            input: BytesMut::new(),
        }
    }

    /// Connects and expects a new session.
    pub(crate) async fn enter(address: SocketAddr, connect: Connect) -> Self {
        let (client, answer) = Self::knock(address, connect).await;
        assert_eq!(answer, ConnAck::new(ConnectReturnCode::Success, false));
        client
    }

    /// Connects and expects to find its session.
    pub(crate) async fn come_back(address: SocketAddr, connect: Connect) -> Self {
        let (client, answer) = Self::knock(address, connect).await;
        assert_eq!(answer, ConnAck::new(ConnectReturnCode::Success, true));
        client
    }

    pub(crate) async fn knock(address: SocketAddr, connect: Connect) -> (Self, ConnAck) {
        let mut client = Self::open(address).await;
        client.send(Packet::Connect(connect)).await;
        match client.next().await {
            Packet::ConnAck(answer) => (client, answer),
            other => panic!("unexpected: {other:?}"),
        }
    }

    pub(crate) async fn send(&mut self, packet: Packet) {
        let mut out = BytesMut::new();
        packet.write(&mut out, usize::MAX).unwrap();
        self.send_bytes(&out).await;
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        timeout(PATIENCE, self.stream.write_all(bytes))
            .await
            .expect("room to send")
            .unwrap();
    }

    pub(crate) async fn publish(&mut self, publish: Publish) {
        self.send(Packet::Publish(publish)).await;
    }

    /// The next packet; panics if the connection is closed.
    pub(crate) async fn next(&mut self) -> Packet {
        match timeout(PATIENCE, self.read())
            .await
            .expect("a packet in time")
        {
            Some(packet) => packet,
            None => panic!("the broker closed the connection"),
        }
    }

    pub(crate) async fn next_publish(&mut self) -> Publish {
        match self.next().await {
            Packet::Publish(publish) => publish,
            other => panic!("unexpected: {other:?}"),
        }
    }

    /// Reads the next publish and acknowledges it.
    pub(crate) async fn take(&mut self) -> Publish {
        let publish = self.next_publish().await;
        if publish.qos == QoS::AtLeastOnce {
            self.send(Packet::PubAck(PubAck::new(publish.pkid))).await;
        }
        publish
    }

    pub(crate) async fn expect(&mut self, packet: Packet) {
        assert_eq!(self.next().await, packet);
    }

    pub(crate) async fn expect_puback(&mut self, pkid: u16) {
        self.expect(Packet::PubAck(PubAck::new(pkid))).await;
    }

    /// Releases a QoS 2 publish and reads the answer.
    pub(crate) async fn release(&mut self, pkid: u16) {
        self.send(Packet::PubRel(PubRel::new(pkid))).await;
        self.expect(Packet::PubComp(rumqttc::mqttbytes::v4::PubComp::new(pkid)))
            .await;
    }

    pub(crate) async fn subscribe(&mut self, filters: &[(&str, QoS)]) -> Vec<SubscribeReasonCode> {
        let filters = filters
            .iter()
            .map(|(filter, qos)| SubscribeFilter::new((*filter).into(), *qos));
        let mut subscribe = Subscribe::new_many(filters);
        subscribe.pkid = 7;
        self.send(Packet::Subscribe(subscribe)).await;
        match self.next().await {
            Packet::SubAck(answer) if answer.pkid == 7 => answer.return_codes,
            other => panic!("unexpected: {other:?}"),
        }
    }

    /// The broker answers a ping, and says nothing before.
    pub(crate) async fn ping(&mut self) {
        self.send(Packet::PingReq).await;
        self.expect(Packet::PingResp).await;
    }

    /// Nothing comes for a while, and the connection stays open.
    pub(crate) async fn is_quiet(&mut self) {
        if let Ok(packet) = timeout(QUIET, self.read()).await {
            panic!("unexpected: {packet:?}");
        }
    }

    /// The broker closes the connection and says nothing before.
    pub(crate) async fn is_closed(&mut self) {
        let last = timeout(PATIENCE, self.read())
            .await
            .expect("closed in time");
        assert_eq!(last, None);
    }

    pub(crate) async fn disconnect(mut self) {
        self.send(Packet::Disconnect).await;
        self.is_closed().await;
    }

    /// Ends the connection as a power failure does.
    pub(crate) fn vanish(self) {}

    async fn read(&mut self) -> Option<Packet> {
        loop {
            match Packet::read(&mut self.input, usize::MAX) {
                Ok(packet) => return Some(packet),
                Err(Error::InsufficientBytes(_)) => {}
                Err(error) => panic!("the broker sent what is not MQTT: {error}"),
            }
            // A reset is a way of closing.
            if self.stream.read_buf(&mut self.input).await.unwrap_or(0) == 0 {
                return None;
            }
        }
    }
}
