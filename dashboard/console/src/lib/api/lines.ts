// The format of server-sent events, read from chunks as they arrive.

export interface Heard {
  event: string;
  id: string;
  data: string;
}

// One event that is longer than this is not ours.
const LENGTH_MAX = 1_000_000;

/** Takes chunks of text; gives back the events that are complete. Comments count as a sign of life, not as events. */
export class Lines {
  #rest = "";
  #event = "";
  #data: string[] = [];
  #id = "";
  /** The id heard last, to come back with. */
  lastId = "";

  take(chunk: string): Heard[] {
    this.#rest += chunk;
    if (this.#rest.length > LENGTH_MAX) throw new Error(`an event of more than ${LENGTH_MAX} characters`);
    const heard: Heard[] = [];
    for (;;) {
      const end = this.#rest.search(/\r\n|\n|\r(?!$)/);
      if (end < 0) return heard;
      const line = this.#rest.slice(0, end);
      this.#rest = this.#rest.slice(end + (this.#rest.startsWith("\r\n", end) ? 2 : 1));
      const event = this.#line(line);
      if (event) heard.push(event);
    }
  }

  #line(line: string): Heard | null {
    if (line === "") return this.#close();
    const colon = line.indexOf(":");
    if (colon === 0) return null;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#event = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    return null;
  }

  #close(): Heard | null {
    this.lastId = this.#id;
    const event = this.#event || "message";
    const data = this.#data;
    this.#event = "";
    this.#data = [];
    return data.length === 0 ? null : { event, id: this.#id, data: data.join("\n") };
  }
}
