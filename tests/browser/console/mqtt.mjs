// A device of the simplest kind: it connects over MQTT 3.1.1 and publishes with acknowledgement.

import { connect } from "node:net";

import { must } from "../cases.mjs";

export class Device {
  #socket;
  #waiting = new Map();
  #next = 1;
  #rest = Buffer.alloc(0);

  static async at(address, name) {
    const [host, port] = address.split(":");
    const device = new Device();
    device.#socket = connect({ host, port: Number(port), noDelay: true });
    device.#socket.setMaxListeners(0);
    const greeted = new Promise((resolve, reject) => {
      device.#waiting.set("connack", resolve);
      device.#socket.once("error", reject);
    });
    device.#socket.on("data", (bytes) => device.#read(bytes));
    device.#socket.write(packet(0x10, Buffer.concat([word("MQTT"), Buffer.from([4, 2, 0, 60]), word(name)])));
    await greeted;
    return device;
  }

  // Resolves when the broker has acknowledged, that is: when the reading is stored.
  async publish(topic, payload) {
    const id = this.#next;
    this.#next = (this.#next % 0xffff) + 1;
    const acknowledged = new Promise((resolve, reject) => {
      this.#waiting.set(id, resolve);
      this.#socket.once("close", () => reject(new Error(`the broker closed the connection; the reading for ${topic} is not acknowledged`)));
    });
    // Who awaits it hears of it; a reading nobody waits for any more may end with the connection.
    acknowledged.catch(() => {});
    this.#socket.write(packet(0x32, Buffer.concat([word(topic), Buffer.from([id >> 8, id & 0xff]), Buffer.from(payload)])));
    await acknowledged;
  }

  close() {
    this.#socket.end(Buffer.from([0xe0, 0]));
  }

  #read(bytes) {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    // What a broker sends back here is never longer than one byte of length can say.
    while (this.#rest.length >= 2 && this.#rest.length >= 2 + this.#rest[1]) {
      const one = this.#rest.subarray(0, 2 + this.#rest[1]);
      this.#rest = this.#rest.subarray(one.length);
      if (one[0] === 0x20) {
        must(one[3] === 0, `the broker refuses the device: ${one[3]}`);
        this.#tell("connack");
      } else if (one[0] === 0x40) this.#tell((one[2] << 8) | one[3]);
    }
  }

  #tell(key) {
    this.#waiting.get(key)?.();
    this.#waiting.delete(key);
  }
}

function word(text) {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

function packet(kind, body) {
  const length = [];
  let rest = body.length;
  do {
    length.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.concat([Buffer.from([kind, ...length]), body]);
}
