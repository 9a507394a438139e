"""One test for each entry of the catalogue of the Eclipse Paho interoperability suite, by its names: 10 for MQTT 3.1.1
and 27 for MQTT 5. Written anew from the standard and from what each name stands for.

A test gets `place` (host, port) and `at`, a topic level of its own, so that all can run at the same time.
"""

import struct
import time

from peer import QUIET, Bare, Peer, hello, number, packet, properties, text

CATALOGUE = []


def both(test):
    """A test of both versions."""
    for version in (4, 5):
        CATALOGUE.append((version, test.__name__, test))
    return test


def five(test):
    CATALOGUE.append((5, test.__name__, test))
    return test


@both
def basic(place, at, version):
    """Connects, subscribes, publishes at all three qualities; a second CONNECT and a wrong protocol name end it."""
    Peer(place, f"{at}-a", version).disconnect()
    a = Peer(place, f"{at}-a", version)
    assert a.subscribe(f"{at}/a") == [2]
    for qos in (0, 1, 2):
        a.publish(f"{at}/a", f"qos {qos}", qos)
    assert sorted((m.payload, m.qos) for m in a.heard(3)) == [(b"qos %d" % q, q) for q in (0, 1, 2)]
    a.disconnect()
    twice = Bare(place, hello(f"{at}-b", version) * 2)
    assert twice.packet()[0] == 0x20
    assert all(first == 0xE0 for first, _ in twice.until_closed())
    assert all(body[1] != 0 for _, body in Bare(place, hello(f"{at}-b", version, protocol="hj")).until_closed())


@both
def retained_messages(place, at, version):
    """The last retained message of each topic comes with a new subscription, flagged; an empty one clears it."""
    a = Peer(place, f"{at}-a", version)
    added = {"UserProperty": [("a", "2"), ("c", "3")]} if version == 5 else {}
    for qos in (0, 1, 2):
        a.publish(f"{at}/{qos}", "older", qos, retain=True)
        a.publish(f"{at}/{qos}", f"qos {qos}", qos, retain=True, **added)
    a.subscribe(f"{at}/+")
    kept = a.heard(3)
    assert sorted((m.payload, m.qos, m.retain) for m in kept) == [(b"qos %d" % q, q, True) for q in (0, 1, 2)]
    if version == 5:
        assert all(m.properties.UserProperty == [("a", "2"), ("c", "3")] for m in kept)
    for qos in (0, 1, 2):
        a.publish(f"{at}/{qos}", "", qos, retain=True)
    Peer(place, f"{at}-b", version).subscribe(f"{at}/+")
    b = Peer(place, f"{at}-c", version)
    b.subscribe(f"{at}/+")
    b.heard(0)


@both
def will_message(place, at, version):
    """The will is published when its client vanishes, not when it says goodbye."""
    b = Peer(place, f"{at}-b", version)
    b.subscribe(f"{at}/will")
    will = {"topic": f"{at}/will", "payload": "gone", "qos": 1}
    Peer(place, f"{at}-a", version, will=will).disconnect()
    b.heard(0)
    Peer(place, f"{at}-a", version, will=will).vanish()
    assert b.heard(1)[0].payload == b"gone"


@both
def zero_length_clientid(place, at, version):
    """A client without a name is served; in 3.1.1 only with a clean session."""
    first = Peer(place, "", version)
    second = Peer(place, "", version)
    first.subscribe(f"{at}/a")
    second.publish(f"{at}/a", "x", 1)
    first.heard(1)
    if version == 4:
        answer = Bare(place, hello("", 4, clean=False)).until_closed()
        assert all(body[1] != 0 for _, body in answer), answer


@both
def offline_message_queueing(place, at, version):
    """What is published at QoS 1 and 2 while a lasting session is away waits for it."""
    lasting = {"clean": False, "expiry": 100} if version == 5 else {"clean": False}
    a = Peer(place, f"{at}-a", version, **lasting)
    a.subscribe(f"{at}/+")
    a.disconnect()
    b = Peer(place, f"{at}-b", version)
    for qos in (0, 1, 2):
        b.publish(f"{at}/{qos}", f"qos {qos}", qos)
    a = Peer(place, f"{at}-a", version, **lasting)
    assert a.session_present
    time.sleep(QUIET)
    assert [t for t in a.texts() if t != "qos 0"] == ["qos 1", "qos 2"], a.texts()


@both
def overlapping_subscriptions(place, at, version):
    """A message that matches two filters comes once at the highest quality, or once for each filter."""
    a = Peer(place, f"{at}-a", version)
    assert a.subscribe([(f"{at}/#", 2), (f"{at}/+", 1)]) == [2, 1]
    a.publish(f"{at}/c", "overlapping", 2)
    time.sleep(QUIET)
    assert sorted(m.qos for m in a.messages) in ([2], [1, 2]), [m.qos for m in a.messages]


@both
def keepalive(place, at, version):
    """Who is silent for longer than it announced is cut off and its will published; keep-alive 0 is served."""
    b = Peer(place, f"{at}-b", version, keepalive=0)
    b.subscribe(f"{at}/will")
    will = {"topic": f"{at}/will", "payload": "silent"}
    began = time.monotonic()
    a = Peer(place, f"{at}-a", version, keepalive=2, will=will)
    a.pause()
    b.heard(1)
    took = time.monotonic() - began
    assert 1.9 <= took <= 6, f"{took:.1f} s"


@both
def redelivery_on_reconnect(place, at, version):
    """What was sent and not acknowledged comes again, marked, when the client is back."""
    lasting = {"clean": False, "expiry": 100} if version == 5 else {"clean": False}
    b = Peer(place, f"{at}-b", version, **lasting)
    b.subscribe(f"{at}/#")
    b.pause()
    a = Peer(place, f"{at}-a", version)
    a.publish(f"{at}/1", "qos 1", 1)
    a.publish(f"{at}/2", "qos 2", 2)
    time.sleep(QUIET)
    b.vanish()
    time.sleep(QUIET)
    b = Peer(place, f"{at}-b", version, **lasting)
    again = b.heard(2)
    assert [(m.payload, m.dup) for m in again] == [(b"qos 1", True), (b"qos 2", True)], [
        (m.payload, m.dup) for m in again]


@both
def subscribe_failure(place, at, version):
    """A filter that may not be subscribed to is refused in the SUBACK."""
    a = Peer(place, f"{at}-a", version, user="restricted")
    granted = a.subscribe([(f"{at}/open/x", 1), (f"{at}/closed", 1)])
    assert granted[0] == 1 and granted[1] >= 0x80, granted


@both
def dollar_topics(place, at, version):
    """A wildcard at the beginning does not match topics that begin with $."""
    b = Peer(place, f"{at}-b", version)
    b.subscribe(f"+/{at.split('/')[1]}/x")
    a = Peer(place, f"{at}-a", version)
    a.publish(f"{at}/x", "heard", 1)
    if version == 5:
        a.publish("$" + f"{at}/x", "not heard", 1)
    else:
        # 3.1.1 has no word for a refusal: the connection may be closed.
        Bare(place, hello(f"{at}-c", 4) + packet(0x30, text("$" + f"{at}/x") + b"not heard"))
    b.heard(1)


@five
def unsubscribe(place, at, version):
    """After an UNSUBSCRIBE nothing more comes by that filter."""
    b = Peer(place, f"{at}-b")
    for name in "abc":
        b.subscribe(f"{at}/{name}")
    assert b.unsubscribe(f"{at}/a") == [0]
    assert b.unsubscribe(f"{at}/never") == [0x11]
    a = Peer(place, f"{at}-a")
    for name in "abc":
        a.publish(f"{at}/{name}", name, 1)
    b.heard(2)


@five
def session_expiry(place, at, version):
    """A session lasts as long as was agreed, at the CONNECT or at the DISCONNECT."""
    name = f"{at}-a"
    Peer(place, name, expiry=0).disconnect()
    again = Peer(place, name, clean=False, expiry=2)
    assert not again.session_present
    again.disconnect()
    time.sleep(0.5)
    again = Peer(place, name, clean=False, expiry=2)
    assert again.session_present
    again.disconnect()
    time.sleep(3.5)
    again = Peer(place, name, clean=False, expiry=1)
    assert not again.session_present
    again.disconnect(SessionExpiryInterval=30)
    time.sleep(2.5)
    again = Peer(place, name, clean=False, expiry=30)
    assert again.session_present
    again.disconnect(SessionExpiryInterval=0)
    assert not Peer(place, name, clean=False, expiry=1).session_present


@five
def shared_subscriptions(place, at, version):
    """Each message goes to one member of the group."""
    members = [Peer(place, f"{at}-{i}") for i in range(2)]
    for member in members:
        assert member.subscribe(f"$share/group/{at}/+") == [2]
    a = Peer(place, f"{at}-a")
    for i in range(10):
        a.publish(f"{at}/x", str(i), 1)
    time.sleep(QUIET)
    heard = [int(t) for member in members for t in member.texts()]
    assert sorted(heard) == list(range(10)), heard
    assert all(member.messages for member in members)


@five
def user_properties(place, at, version):
    """User properties are passed on in their order, at every quality."""
    a = Peer(place, f"{at}-a")
    a.subscribe(f"{at}/a")
    pairs = [("c", "3"), ("a", "2"), ("a", "1")]
    for qos in (0, 1, 2):
        a.publish(f"{at}/a", "", qos, UserProperty=pairs)
    assert all(m.properties.UserProperty == pairs for m in a.heard(3))


@five
def payload_format(place, at, version):
    """Payload format and content type are passed on."""
    a = Peer(place, f"{at}-a")
    a.subscribe(f"{at}/a")
    for qos in (0, 1, 2):
        a.publish(f"{at}/a", "", qos, PayloadFormatIndicator=1, ContentType="My name")
    for m in a.heard(3):
        assert (m.properties.PayloadFormatIndicator, m.properties.ContentType) == (1, "My name")


@five
def publication_expiry(place, at, version):
    """What expired while its reader was away is not delivered; the rest says how much time is left."""
    b = Peer(place, f"{at}-b", clean=False, expiry=100)
    b.subscribe(f"{at}/a")
    b.disconnect()
    a = Peer(place, f"{at}-a")
    for qos in (1, 2):
        a.publish(f"{at}/a", "short", qos, MessageExpiryInterval=1)
        a.publish(f"{at}/a", "long", qos, MessageExpiryInterval=60)
    time.sleep(2.5)
    b = Peer(place, f"{at}-b", clean=False, expiry=100)
    kept = b.heard(2)
    assert b.texts() == ["long", "long"]
    assert all(50 <= m.properties.MessageExpiryInterval < 60 for m in kept)


@five
def subscribe_options(place, at, version):
    """No local, retain as published, and the three ways to handle what is retained."""
    a, b = Peer(place, f"{at}-a"), Peer(place, f"{at}-b")
    for peer in (a, b):
        peer.subscribe(f"{at}/a", noLocal=True)
    a.publish(f"{at}/a", "no local", 1)
    b.heard(1)
    a.heard(0)
    c = Peer(place, f"{at}-c")
    c.subscribe(f"{at}/c", retainAsPublished=True)
    c.publish(f"{at}/c", "false", 1)
    c.publish(f"{at}/c", "true", 1, retain=True)
    assert [m.retain for m in c.heard(2)] == [False, True]
    for handling, counts in ((0, (1, 2)), (1, (1, 1)), (2, (0, 0))):
        d = Peer(place, f"{at}-d{handling}")
        for count in counts:
            d.subscribe(f"{at}/c", retainHandling=handling)
            d.heard(count)


@five
def assigned_clientid(place, at, version):
    """A client without a name is told the one it got, and can come back with it."""
    a = Peer(place, "", clean=True, expiry=100)
    name = a.told.AssignedClientIdentifier
    assert name
    a.disconnect()
    assert Peer(place, name, clean=False, expiry=100).session_present


@five
def subscribe_identifiers(place, at, version):
    """Messages carry the identifiers of all filters that brought them."""
    a = Peer(place, f"{at}-a")
    a.subscribe(f"{at}/a", identifier=456789)
    a.publish(f"{at}/a", "one", 1)
    assert a.heard(1)[0].properties.SubscriptionIdentifier == [456789]
    a.subscribe(f"{at}/+", identifier=2)
    a.publish(f"{at}/a", "two", 1)
    time.sleep(QUIET)
    carried = sorted(i for m in a.messages[1:] for i in m.properties.SubscriptionIdentifier)
    assert carried == [2, 456789], carried


@five
def request_response(place, at, version):
    """Response topic and correlation data are passed on, so that an answer finds its question."""
    asker, answerer = Peer(place, f"{at}-a"), Peer(place, f"{at}-b")
    asker.subscribe(f"{at}/answers")
    answerer.subscribe(f"{at}/questions")
    asker.publish(f"{at}/questions", "?", 1, ResponseTopic=f"{at}/answers", CorrelationData=b"334")
    asked = answerer.heard(1)[0].properties
    answerer.publish(asked.ResponseTopic, "!", 1, CorrelationData=asked.CorrelationData)
    answer = asker.heard(1)[0]
    assert (answer.payload, answer.properties.CorrelationData) == (b"!", b"334")


@five
def client_topic_alias(place, at, version):
    """A client's alias stands for its topic, on this connection only; a wrong one is refused with 0x94."""
    b = Peer(place, f"{at}-b")
    b.subscribe(f"{at}/a")
    a = Bare(place, hello(f"{at}-a"))
    _, connack = a.packet()
    alias = b"\x03\x23\0\x01"
    a.send(packet(0x30, text(f"{at}/a") + alias + b"named"))
    a.send(packet(0x30, text("") + alias + b"alias"))
    assert [m.topic for m in b.heard(2)] == [f"{at}/a"] * 2
    a.send(packet(0x30, text("") + b"\x03\x23\0\0" + b"zero"))
    told = [(first, body[:1]) for first, body in a.until_closed()]
    assert told == [(0xE0, b"\x94")], told


@five
def server_topic_alias(place, at, version):
    """The server uses the aliases that the client keeps for it."""
    hello_with_aliases = packet(
        0x10, text("MQTT") + b"\x05\x02\0\x3c" + b"\x03\x22\0\x01" + text(f"{at}-a"))
    a = Bare(place, hello_with_aliases)
    a.packet()
    a.send(packet(0x82, b"\0\x01\0" + text(f"{at}/a") + b"\0"))
    a.packet()
    b = Peer(place, f"{at}-b")
    for _ in range(3):
        b.publish(f"{at}/a", "x", 1)
    bodies = [a.packet()[1] for _ in range(3)]
    first, others = bodies[0], bodies[1:]
    assert first.startswith(text(f"{at}/a")), first
    assert all(body.startswith(b"\0\0\x03\x23\0\x01") for body in others), others


@five
def maximum_packet_size(place, at, version):
    """The server says how long a packet may be and holds to it; it leaves out what is too long for a client."""
    small = Peer(place, f"{at}-a", MaximumPacketSize=64 + len(at))
    small.subscribe(f"{at}/a")
    b = Peer(place, f"{at}-b")
    b.publish(f"{at}/a", "x" * 200, 1)
    b.publish(f"{at}/a", "short", 1)
    small.heard(1)
    assert small.texts() == ["short"]
    most = b.told.MaximumPacketSize
    long = Bare(place, hello(f"{at}-c"))
    long.packet()
    long.send(bytes([0x30]) + number(most + 10) + text(f"{at}/a"))
    assert [(first, body[:1]) for first, body in long.until_closed()] == [(0xE0, b"\x95")]


@five
def server_keep_alive(place, at, version):
    """The server names a shorter keep-alive than the client announced."""
    assert Peer(place, f"{at}-a", keepalive=120).told.ServerKeepAlive == 60


@five
def flow_control1(place, at, version):
    """The server holds to the number of unacknowledged messages that the client takes."""
    a = Peer(place, f"{at}-a", manual_ack=True, ReceiveMaximum=2)
    a.subscribe(f"{at}/a", 1)
    b = Peer(place, f"{at}-b")
    for i in range(5):
        b.publish(f"{at}/a", str(i), 1)
    for count in range(2, 6):
        message = a.heard(count)[count - 2]
        a.client.ack(message.mid, message.qos)


@five
def flow_control2(place, at, version):
    """A client that does not hold to the number that the server takes is disconnected with 0x93."""
    a = Bare(place, hello(f"{at}-a"))
    _, connack = a.packet()
    at_receive_max = connack.index(b"\x21", 3)
    most = struct.unpack("!H", connack[at_receive_max + 1:at_receive_max + 3])[0]
    for pkid in range(1, most + 3):
        a.send(packet(0x34, text(f"{at}/a") + struct.pack("!H", pkid) + b"\0" + b"x"))
    told = a.until_closed()
    assert (told[-1][0], told[-1][1][:1]) == (0xE0, b"\x93"), told[-1]
    assert len(told) <= most + 2, f"{len(told)} answers to {most + 2} publishes"


@five
def will_delay(place, at, version):
    """A will waits for its delay or the end of its session, whichever is first; a client that is back has none."""
    b = Peer(place, f"{at}-b")
    b.subscribe(f"{at}/will")

    def with_will(delay, expiry):
        will = {"topic": f"{at}/will", "payload": "gone",
                "properties": properties("WILLMESSAGE", WillDelayInterval=delay)}
        return Peer(place, f"{at}-a", clean=False, expiry=expiry, will=will)

    with_will(1, 60).vanish()
    time.sleep(QUIET)
    back = with_will(2, 60)
    time.sleep(1.6)
    b.heard(0)
    back.vanish()
    began = time.monotonic()
    b.heard(1)
    took = time.monotonic() - began
    assert 1.7 <= took <= 5, f"after {took:.1f} s"
    with_will(60, 1).vanish()
    b.heard(2)


CATALOGUE.sort(key=lambda entry: entry[0])
