"""Clients for the interoperability tests: paho-mqtt for what a client normally does, bare sockets for what none does."""

import socket
import struct
import threading
import time

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

PATIENCE = 10.0
QUIET = 0.4


def properties(packet, **values):
    """Properties of one kind of packet, by paho's names."""
    made = Properties(getattr(PacketTypes, packet))
    for name, value in values.items():
        setattr(made, name, value)
    return made


class Peer:
    """A connected client that remembers what it was sent."""

    def __init__(self, place, name, version=5, clean=True, expiry=None, user=None, will=None, keepalive=60,
                 manual_ack=False, patient=True, **connect_properties):
        self.messages, self.changed = [], threading.Condition()
        self.connack = self.suback = self.unsuback = self.closed = None
        self.published = {}
        self.version = version
        arguments = {} if version == 5 else {"clean_session": clean}
        self.client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, client_id=name, reconnect_on_failure=False, manual_ack=manual_ack,
            protocol=paho.MQTTv5 if version == 5 else paho.MQTTv311, **arguments)
        self.client.on_connect = lambda c, u, flags, reason, props: self._set("connack", (flags, reason, props))
        self.client.on_subscribe = lambda c, u, mid, reasons, props: self._set("suback", [r.value for r in reasons])
        self.client.on_unsubscribe = lambda c, u, mid, reasons, props: self._set("unsuback", [r.value for r in reasons])
        self.client.on_disconnect = lambda c, u, flags, reason, props: self._set("closed", reason)
        self.client.on_publish = self._on_publish
        self.client.on_message = self._on_message
        if user:
            self.client.username_pw_set(user, "any")
        if will:
            self.client.will_set(**will)
        more = {}
        if version == 5:
            if expiry is not None:
                connect_properties["SessionExpiryInterval"] = expiry
            more = {"clean_start": clean, "properties": properties("CONNECT", **connect_properties)}
        self.client.connect(*place, keepalive=keepalive, **more)
        self.client.loop_start()
        self._wait(lambda: self.connack is not None or (not patient and self.closed is not None), "CONNACK")

    def _set(self, what, value):
        with self.changed:
            setattr(self, what, value)
            self.changed.notify_all()

    def _on_publish(self, client, userdata, mid, reason, props):
        with self.changed:
            self.published[mid] = reason
            self.changed.notify_all()

    def _on_message(self, client, userdata, message):
        with self.changed:
            self.messages.append(message)
            self.changed.notify_all()

    def _wait(self, ready, what, within=PATIENCE):
        with self.changed:
            assert self.changed.wait_for(ready, within), f"no {what} within {within} s"

    @property
    def session_present(self):
        return self.connack[0].session_present

    @property
    def told(self):
        """Properties of the CONNACK."""
        return self.connack[2]

    def subscribe(self, topic, qos=2, identifier=None, **options):
        """Subscribes to one topic, or to a list of (topic, qos); returns what was granted."""
        self.suback = None
        if self.version == 5:
            props = properties("SUBSCRIBE", SubscriptionIdentifier=identifier) if identifier else None
            filters = topic if isinstance(topic, list) else [(topic, qos)]
            self.client.subscribe([(t, SubscribeOptions(qos=q, **options)) for t, q in filters], properties=props)
        else:
            self.client.subscribe(topic if isinstance(topic, list) else [(topic, qos)])
        self._wait(lambda: self.suback is not None, "SUBACK")
        return self.suback

    def unsubscribe(self, topic):
        self.unsuback = None
        self.client.unsubscribe(topic)
        self._wait(lambda: self.unsuback is not None, "UNSUBACK")
        return self.unsuback

    def publish(self, topic, payload, qos=0, retain=False, **props):
        """Publishes and waits for the end of the exchange; returns the reason code."""
        more = {"properties": properties("PUBLISH", **props)} if props else {}
        info = self.client.publish(topic, payload, qos, retain, **more)
        self._wait(lambda: info.mid in self.published, "acknowledgement")
        return self.published[info.mid].value

    def heard(self, count, within=PATIENCE):
        """Waits for so many messages, and that no more come."""
        self._wait(lambda: len(self.messages) >= count, f"{count} messages ({self.texts()})", within)
        time.sleep(QUIET)
        assert len(self.messages) == count, f"{len(self.messages)} messages instead of {count}: {self.texts()}"
        return self.messages

    def texts(self):
        return [m.payload.decode(errors="replace")[:40] for m in self.messages]

    def is_closed(self, within=PATIENCE):
        self._wait(lambda: self.closed is not None, "end of the connection", within)
        return self.closed.value

    def disconnect(self, **props):
        more = {"properties": properties("DISCONNECT", **props)} if props else {}
        self.client.disconnect(**more)
        self._wait(lambda: self.closed is not None, "end of the connection")
        self.client.loop_stop()

    def pause(self):
        """Reads and sends nothing more, keep-alive included."""
        self.client.loop_stop()

    def vanish(self):
        """Ends as a power failure does."""
        sock = self.client.socket()
        if sock:
            sock.shutdown(socket.SHUT_RDWR)
        self.client.loop_stop()


def number(value):
    """A variable byte integer."""
    out = bytearray()
    while True:
        value, low = divmod(value, 128)
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def text(value):
    return struct.pack("!H", len(value)) + value.encode()


def packet(first, body):
    return bytes([first]) + number(len(body)) + body


def hello(name, level=5, keepalive=60, clean=True, protocol="MQTT"):
    body = text(protocol) + bytes([level, 2 if clean else 0]) + struct.pack("!H", keepalive)
    return packet(0x10, body + (b"\0" if level == 5 else b"") + text(name))


class Bare:
    """A socket, and packets made by hand."""

    def __init__(self, place, first=b""):
        self.sock = socket.create_connection(place, PATIENCE)
        self.sock.sendall(first)

    def send(self, data):
        self.sock.sendall(data)

    def packet(self):
        """First byte and body of the next packet; None when the connection is closed."""
        try:
            first = self.sock.recv(1)
            if not first:
                return None
            length, shift = 0, 0
            while True:
                byte = self.sock.recv(1)
                if not byte:
                    return None
                length |= (byte[0] & 0x7F) << shift
                shift += 7
                if byte[0] < 0x80:
                    break
            body = b""
            while len(body) < length:
                more = self.sock.recv(length - len(body))
                if not more:
                    return None
                body += more
            return first[0], body
        except ConnectionError:
            return None

    def until_closed(self):
        """All packets up to the end."""
        packets = []
        while (found := self.packet()) is not None:
            packets.append(found)
        return packets
