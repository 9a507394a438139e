use super::*;
use proptest::prelude::{any, prop, proptest};

const SIZES: Sizes = Sizes {
    packet_max_bytes: 1 << 20,
    properties_max_bytes: 100,
};

fn read(bytes: &[u8]) -> Result<Option<Packet>, Broken> {
    decode(&mut BytesMut::from(bytes), Version::V4, SIZES)
}

fn read_5(bytes: &[u8]) -> Result<Option<Packet>, Broken> {
    decode(&mut BytesMut::from(bytes), Version::V5, SIZES)
}

/// A packet with its length put in.
fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    [&[first, u8::try_from(body.len()).expect("short")][..], body].concat()
}

/// A CONNECT with these flags and this payload behind the keep-alive of 0.
fn connect_bytes(level: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
    packet(
        0x10,
        &[b"\0\x04MQTT", &[level, flags, 0, 0][..], payload].concat(),
    )
}

fn plain_connect() -> Connect {
    Connect {
        version: Version::V4,
        client_id: "id".into(),
        clean_start: true,
        keep_alive_s: 0,
        will: None,
        username: None,
        password: None,
        session_expiry_s: 0,
        receive_max: u16::MAX,
        packet_max_bytes: None,
        topic_alias_max: 0,
        wants_authentication: false,
    }
}

#[test]
fn a_connect_with_everything_is_read() {
    let packet = connect_bytes(
        4,
        0b1110_1110,
        b"\0\x02id\0\x01w\0\x03off\0\0\0\x02\xff\xfe",
    );
    let expected = Connect {
        will: Some(Will {
            topic: "w".into(),
            payload: Bytes::from_static(b"off"),
            qos: QoS::AtLeastOnce,
            retain: true,
            delay_s: 0,
            expiry_s: None,
            passed_on: Bytes::new(),
        }),
        username: Some(String::new()),
        password: Some(Bytes::from_static(b"\xff\xfe")),
        ..plain_connect()
    };
    assert_eq!(read(&packet), Ok(Some(Packet::Connect(Box::new(expected)))));
}

#[test]
fn a_connect_of_version_5_with_everything_is_read() {
    let properties =
        b"\x11\0\0\0\x3c\x21\0\x0a\x27\0\0\x10\0\x22\0\x05\x19\x01\x17\0\x26\0\x01k\0\x01v";
    let will_properties =
        b"\x18\0\0\0\x07\x01\x01\x02\0\0\0\x09\x03\0\x01t\x08\0\x01r\x09\0\x01c\x26\0\x01a\0\x01b";
    let payload = [
        &[u8::try_from(properties.len()).expect("short")][..],
        properties,
        b"\0\x02id",
        &[u8::try_from(will_properties.len()).expect("short")],
        will_properties,
        b"\0\x01w\0\x03off",
        b"\0\x02\xff\xfe",
    ]
    .concat();
    // A password without a user name is allowed in version 5.
    let packet = connect_bytes(5, 0b0100_0110, &payload);
    let expected = Connect {
        version: Version::V5,
        session_expiry_s: 60,
        receive_max: 10,
        packet_max_bytes: Some(4096),
        topic_alias_max: 5,
        password: Some(Bytes::from_static(b"\xff\xfe")),
        will: Some(Will {
            topic: "w".into(),
            payload: Bytes::from_static(b"off"),
            qos: QoS::AtMostOnce,
            retain: false,
            delay_s: 7,
            expiry_s: Some(9),
            passed_on: Bytes::from_static(
                b"\x01\x01\x03\0\x01t\x08\0\x01r\x09\0\x01c\x26\0\x01a\0\x01b",
            ),
        }),
        ..plain_connect()
    };
    assert_eq!(read(&packet), Ok(Some(Packet::Connect(Box::new(expected)))));
}

#[test]
fn other_versions_are_named_not_misread() {
    assert_eq!(
        read(&connect_bytes(6, 2, b"\0\0\0")),
        Err(Broken::Version(6))
    );
    assert_eq!(
        read(b"\x10\x0e\0\x06MQIsdp\x03\x02\0\x3c\0\0"),
        Err(Broken::Version(3))
    );
}

#[test]
fn what_the_standard_forbids_is_refused() {
    let table: [(&[u8], &str); 15] = [
        (b"\x00\x00", "packet type"),
        (b"\xf0\x00", "packet type"),
        (b"\x20\x02\0\0", "packet type"),
        (b"\x36\x04\0\x01a\x01", "flags of the fixed header"),
        (b"\x38\x03\0\x01a", "flags of the fixed header"),
        (b"\x80\x06\0\x01\0\x01a\0", "flags of the fixed header"),
        (b"\x82\x06\0\0\0\x01a\0", "packet identifier 0"),
        (b"\x82\x06\0\x01\0\x01a\x03", "QoS of a subscription"),
        (
            b"\x82\x06\0\x01\0\x01a\x41",
            "reserved bits of a subscription",
        ),
        (
            b"\x82\x06\0\x01\0\x01a\x05",
            "reserved bits of a subscription",
        ),
        (b"\xc0\x01\0", "bytes after the end of the packet"),
        (b"\x40\x03\0\x01\0", "bytes after the end of the packet"),
        (b"\x40\x01\0", "packet ends too early"),
        (b"\x30\x03\0\x01\0", "text contains U+0000"),
        (
            b"\xc0\xff\xff\xff\xff\x01",
            "length of more than four bytes",
        ),
    ];
    for (bytes, expected) in table {
        assert_eq!(
            read(bytes),
            Err(Broken::Malformed(expected)),
            "{bytes:02x?}"
        );
    }
    assert_eq!(
        read(b"\x82\x02\0\x01"),
        Err(Broken::Protocol("SUBSCRIBE without a filter"))
    );
    assert_eq!(
        read(b"\xa2\x02\0\x01"),
        Err(Broken::Protocol("UNSUBSCRIBE without a filter"))
    );
    assert_eq!(
        read(&connect_bytes(4, 0b0100_0010, b"\0\x01a\0\x01p")),
        Err(Broken::Malformed("password without a user name"))
    );
    assert_eq!(
        read(&connect_bytes(4, 0b0000_0011, b"\0\x01a")),
        Err(Broken::Malformed("reserved flag of CONNECT"))
    );
}

#[test]
fn properties_are_refused_where_they_do_not_belong_twice_or_in_excess() {
    let connect = |properties: &[u8]| {
        let length = u8::try_from(properties.len()).expect("short");
        let bytes = connect_bytes(5, 2, &[&[length][..], properties, b"\0\x02id"].concat());
        match read(&bytes) {
            Err(Broken::Connect(why)) => *why,
            other => panic!("{other:?}"),
        }
    };
    let table: [(&[u8], &str); 6] = [
        (
            b"\x11\0\0\0\x01\x11\0\0\0\x01",
            "a property that stands twice",
        ),
        (b"\x23\0\x01", "a property that does not belong here"),
        (b"\x7f\0", "a property that does not belong here"),
        (b"\x21\0\0", "a receive maximum of 0"),
        (b"\x27\0\0\0\0", "a maximum packet size of 0"),
        (b"\x17\x02", "a flag that is neither 0 nor 1"),
    ];
    for (properties, expected) in table {
        assert_eq!(
            connect(properties),
            Broken::Protocol(expected),
            "{properties:02x?}"
        );
    }
    assert_eq!(
        connect(b"\x11\0\0"),
        Broken::Malformed("packet ends too early")
    );
    let many = b"\x26\0\x01k\0\x01v".repeat(15);
    assert_eq!(
        connect(&many),
        Broken::Oversized {
            bytes: 105,
            max_bytes: 100
        }
    );
    // A subscription identifier is ours to send, and a response topic cannot be a filter.
    assert_eq!(
        read_5(&packet(0x30, b"\0\x01a\x02\x0b\x01x")),
        Err(Broken::Protocol("a property that does not belong here"))
    );
    assert_eq!(
        read_5(&packet(0x30, b"\0\x01a\x06\x08\0\x03r/#x")),
        Err(Broken::Protocol("a response topic that is no topic name"))
    );
    assert_eq!(
        read_5(&packet(0x82, b"\0\x01\0\0\x01a\x30")),
        Err(Broken::Protocol("retain handling 3"))
    );
}

#[test]
fn short_forms_of_version_5_mean_success() {
    assert_eq!(
        read_5(b"\x40\x02\0\x07"),
        Ok(Some(Packet::PubAck(7))),
        "no reason"
    );
    assert_eq!(
        read_5(b"\x50\x03\0\x07\x87"),
        Ok(Some(Packet::PubRec {
            pkid: 7,
            accepted: false
        }))
    );
    assert_eq!(
        read_5(b"\xe0\x00"),
        Ok(Some(Packet::Disconnect(Goodbye::default())))
    );
    assert_eq!(
        read_5(b"\xe0\x07\x04\x05\x11\0\0\0\x05"),
        Ok(Some(Packet::Disconnect(Goodbye {
            with_will: true,
            session_expiry_s: Some(5)
        })))
    );
    assert_eq!(read_5(b"\xf0\x02\x18\x00"), Ok(Some(Packet::Auth)));
}

#[test]
fn a_packet_in_pieces_is_waited_for_and_a_long_one_refused_at_its_header() {
    let whole = b"\x32\x07\0\x01a\0\x09hi";
    for cut in 0..whole.len() {
        assert_eq!(read(&whole[..cut]), Ok(None), "{cut} bytes");
    }
    let Ok(Some(Packet::Publish(publish))) = read(whole) else {
        panic!("a whole publish")
    };
    assert_eq!((publish.pkid, &publish.payload[..]), (9, &b"hi"[..]));
    assert_eq!(
        read(b"\x30\x80\x80\x80\x01"),
        Err(Broken::Oversized {
            bytes: 1 << 21,
            max_bytes: 1 << 20
        })
    );
}

#[test]
fn refusals_are_told_in_the_words_of_each_version() {
    let told = |version, reply: &Reply| {
        let mut out = BytesMut::new();
        encode(version, reply, &mut out);
        out.to_vec()
    };
    let refused = Reply::PubAck(0x0102, Reason::NOT_AUTHORIZED);
    assert_eq!(told(Version::V4, &refused), b"\x40\x02\x01\x02");
    assert_eq!(told(Version::V5, &refused), b"\x40\x03\x01\x02\x87");
    let subscribed = Reply::SubAck {
        pkid: 1,
        granted: vec![Ok(QoS::ExactlyOnce), Err(Reason::QUOTA)],
    };
    assert_eq!(told(Version::V4, &subscribed), b"\x90\x04\0\x01\x02\x80");
    assert_eq!(told(Version::V5, &subscribed), b"\x90\x05\0\x01\0\x02\x97");
    let unsubscribed = Reply::UnsubAck {
        pkid: 1,
        removed: vec![true, false],
    };
    assert_eq!(told(Version::V4, &unsubscribed), b"\xb0\x02\0\x01");
    assert_eq!(told(Version::V5, &unsubscribed), b"\xb0\x05\0\x01\0\0\x11");
    let goodbye = Reply::Disconnect(Reason::SHUTTING_DOWN);
    assert_eq!(told(Version::V4, &goodbye), b"");
    assert_eq!(told(Version::V5, &goodbye), b"\xe0\x02\x8b\0");
    let denied = Reply::ConnAck {
        session_present: false,
        reason: Reason::CREDENTIALS,
        about: About::default(),
    };
    assert_eq!(told(Version::V4, &denied), b"\x20\x02\0\x04");
    assert_eq!(told(Version::V5, &denied), b"\x20\x03\0\x86\0");
}

/// Packets with a fitting length, which get deeper into the decoder than noise.
fn framed(parts: &[(u8, Vec<u8>)]) -> Vec<u8> {
    parts
        .iter()
        .flat_map(|(first, body)| packet(*first, body))
        .collect()
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_and_what_is_read_is_sent_on_the_same(
        noise in prop::collection::vec(any::<u8>(), 0..300),
        parts in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..60)), 0..6),
        publishes in prop::collection::vec(prop::collection::vec(0_u8..48, 0..60), 0..6),
    ) {
        for level in [4, 5] {
            try_all(&noise, level);
            try_all(&framed(&parts), level);
            for body in &publishes {
                for first in [0x30, 0x31, 0x32, 0x34, 0x3d] {
                    try_all(&packet(first, &[b"\0\x01a", &body[..]].concat()), level);
                }
            }
        }
    }
}
