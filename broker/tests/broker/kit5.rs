//! A client of version 5 that says exactly what it is told to. Bytes are made and read by rumqttc's codec, not ours.

use std::net::SocketAddr;

use bytes::BytesMut;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{
    ConnAck, Connect, ConnectProperties, ConnectReturnCode, Disconnect, DisconnectReasonCode,
    Filter, LastWill, LastWillProperties, Login, Packet, PubAck, Publish, PublishProperties,
    Subscribe, SubscribeProperties, SubscribeReasonCode,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::kit::{PATIENCE, QUIET};

/// Whatever bytes travel on.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// What a client says when it comes.
#[derive(Clone)]
pub(crate) struct Hello {
    pub(crate) connect: Connect,
    pub(crate) will: Option<LastWill>,
    pub(crate) login: Option<Login>,
}

pub(crate) fn tower(id: &str) -> Hello {
    hello(id, "tower", "high")
}

pub(crate) fn gauge(id: &str) -> Hello {
    hello(id, "gauge", "water")
}

pub(crate) fn hello(id: &str, username: &str, password: &str) -> Hello {
    Hello {
        connect: Connect {
            keep_alive: 0,
            client_id: id.into(),
            clean_start: true,
            properties: None,
        },
        will: None,
        login: Some(Login::new(username, password)),
    }
}

impl Hello {
    pub(crate) fn with(mut self, set: impl FnOnce(&mut ConnectProperties)) -> Self {
        let properties = self
            .connect
            .properties
            .get_or_insert_with(ConnectProperties::new);
        set(properties);
        self
    }

    /// Resumes its session, which is to last so long.
    pub(crate) fn lasting(self, seconds: u32) -> Self {
        let mut hello = self.with(|properties| properties.session_expiry_interval = Some(seconds));
        hello.connect.clean_start = false;
        hello
    }
}

/// With a will at QoS 0 that waits so long for its client to come back.
pub(crate) fn with_will(mut hello: Hello, topic: &str, payload: &str, delay_s: u32) -> Hello {
    let properties = LastWillProperties {
        delay_interval: Some(delay_s),
        payload_format_indicator: None,
        message_expiry_interval: None,
        content_type: None,
        response_topic: None,
        correlation_data: None,
        user_properties: vec![],
    };
    let qos = QoS::AtMostOnce;
    hello.will = Some(LastWill::new(
        topic,
        payload.to_owned(),
        qos,
        false,
        Some(properties),
    ));
    hello
}

pub(crate) fn publish(topic: &str, payload: &str, qos: QoS, pkid: u16) -> Publish {
    let mut publish = Publish::new(topic, qos, payload.to_owned(), None);
    publish.pkid = pkid;
    publish
}

pub(crate) fn with(mut publish: Publish, set: impl FnOnce(&mut PublishProperties)) -> Publish {
    set(publish
        .properties
        .get_or_insert_with(PublishProperties::default));
    publish
}

pub(crate) struct Client5 {
    stream: Box<dyn Wire>,
    input: BytesMut,
}

impl Client5 {
    pub(crate) async fn enter(address: SocketAddr, hello: Hello) -> Self {
        let (client, answer) = Self::knock(address, hello).await;
        assert_eq!(answer.code, ConnectReturnCode::Success);
        client
    }

    pub(crate) async fn knock(address: SocketAddr, hello: Hello) -> (Self, ConnAck) {
        let stream = TcpStream::connect(address).await.unwrap();
        Self::knock_on(stream, hello).await
    }

    pub(crate) async fn knock_on(stream: impl Wire + 'static, hello: Hello) -> (Self, ConnAck) {
        let mut client = Self {
            stream: Box::new(stream),
            input: BytesMut::new(),
        };
        let Hello {
            connect,
            will,
            login,
        } = hello;
        client.send(Packet::Connect(connect, will, login)).await;
        match client.next().await {
            Packet::ConnAck(answer) => (client, answer),
            other => panic!("unexpected: {other:?}"),
        }
    }

    pub(crate) async fn send(&mut self, packet: Packet) {
        let mut out = BytesMut::new();
        packet.write(&mut out, None).unwrap();
        self.send_bytes(&out).await;
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        let sending = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        timeout(PATIENCE, sending)
            .await
            .expect("room to send")
            .unwrap();
    }

    pub(crate) async fn publish(&mut self, publish: Publish) {
        self.send(Packet::Publish(publish)).await;
    }

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

    /// Reads the next publish and acknowledges it, whatever its quality.
    pub(crate) async fn take(&mut self) -> Publish {
        let publish = self.next_publish().await;
        if publish.qos == QoS::AtLeastOnce {
            self.send(Packet::PubAck(PubAck::new(publish.pkid, None)))
                .await;
        }
        publish
    }

    pub(crate) async fn expect_puback(&mut self, pkid: u16) -> PubAck {
        match self.next().await {
            Packet::PubAck(answer) if answer.pkid == pkid => answer,
            other => panic!("unexpected: {other:?}"),
        }
    }

    pub(crate) async fn subscribe(
        &mut self,
        filter: Filter,
        id: Option<usize>,
    ) -> SubscribeReasonCode {
        let properties = SubscribeProperties {
            id,
            user_properties: vec![],
        };
        let mut subscribe = Subscribe::new(filter, Some(properties));
        subscribe.pkid = 7;
        self.send(Packet::Subscribe(subscribe)).await;
        match self.next().await {
            Packet::SubAck(answer) if answer.pkid == 7 => answer.return_codes[0],
            other => panic!("unexpected: {other:?}"),
        }
    }

    pub(crate) async fn ping(&mut self) {
        self.send_bytes(b"\xc0\0").await;
        assert!(matches!(self.next().await, Packet::PingResp(_)));
    }

    pub(crate) async fn is_quiet(&mut self) {
        if let Ok(packet) = timeout(QUIET, self.read()).await {
            panic!("unexpected: {packet:?}");
        }
    }

    /// The broker says why, and closes.
    pub(crate) async fn is_told(&mut self, reason: DisconnectReasonCode) {
        match self.next().await {
            Packet::Disconnect(told) => assert_eq!(told.reason_code, reason),
            other => panic!("unexpected: {other:?}"),
        }
        assert_eq!(
            timeout(PATIENCE, self.read())
                .await
                .expect("closed in time"),
            None
        );
    }

    /// Says goodbye, perhaps with another session expiry.
    pub(crate) async fn disconnect(self, expiry_s: Option<u32>) {
        self.part(DisconnectReasonCode::NormalDisconnection, expiry_s)
            .await;
    }

    pub(crate) async fn part(mut self, reason: DisconnectReasonCode, expiry_s: Option<u32>) {
        match expiry_s {
            None => self.send(Packet::Disconnect(Disconnect::new(reason))).await,
            Some(seconds) => {
                let mut bytes = vec![0xe0, 7, 0, 5, 0x11];
                bytes.extend_from_slice(&seconds.to_be_bytes());
                self.send_bytes(&bytes).await;
            }
        }
        let closed = timeout(PATIENCE, self.read())
            .await
            .expect("closed in time");
        assert_eq!(closed, None);
    }

    /// The bytes of the next packet as they come, its header included.
    pub(crate) async fn raw(&mut self) -> Vec<u8> {
        loop {
            if self.input.len() >= 2 && self.input.len() >= 2 + usize::from(self.input[1]) {
                assert!(self.input[1] < 0x80, "a short packet");
                let whole = 2 + usize::from(self.input[1]);
                return self.input.split_to(whole).to_vec();
            }
            let read = timeout(PATIENCE, self.stream.read_buf(&mut self.input)).await;
            assert_ne!(read.expect("bytes in time").unwrap(), 0, "closed");
        }
    }

    async fn read(&mut self) -> Option<Packet> {
        loop {
            // rumqttc's reader does not know a DISCONNECT, PUBREL or the like that is told in full otherwise.
            match Packet::read(&mut self.input, None) {
                Ok(packet) => return Some(packet),
                Err(rumqttc::v5::mqttbytes::Error::InsufficientBytes(_)) => {}
                Err(error) => panic!("the broker sent what is not MQTT: {error}"),
            }
            if self.stream.read_buf(&mut self.input).await.unwrap_or(0) == 0 {
                return None;
            }
        }
    }
}
