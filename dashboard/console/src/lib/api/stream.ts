// The stream of what happens: one per browser, shared by its tabs; read again from where it broke; and asked for by
// polling when something on the way holds it back.

import { refreshEverything, tell } from "../state/bus";
import { connection } from "../state/connection.svelte";
import { ask, Problem } from "./client";
import { Lines } from "./lines";
import type { Heard } from "./lines";
import type { Status, StreamEvent } from "./types";

const PATH = "/api/v1/events";
const STATUS = "/api/v1/status?auto=1";
// A stream that is open and says nothing for this long is held back by something on the way.
const FIRST_WORD_MS = 6_000;
const SILENCE_MS = 15_000;
const RETRY_MS = [500, 1_000, 2_000, 4_000];
const POLL_MS = 5_000;
// How often the stream is tried again while polling carries the console.
const STREAM_AGAIN_MS = 60_000;

type Shared = { heard: Heard } | { alive: true } | { polled: Status };

class Stream {
  #lines = new Lines();
  #seen: { series: string; number: number } | null = null;
  #tries = 0;
  #stopped = false;
  #polling: ReturnType<typeof setInterval> | undefined;
  #channel: BroadcastChannel | null = null;
  #signedOut: () => void;
  #wake: (() => void) | null = null;
  #abort: AbortController | null = null;
  #tag: string | null = null;

  constructor(signedOut: () => void) {
    this.#signedOut = signedOut;
  }

  start(): void {
    if ("BroadcastChannel" in globalThis && navigator.locks) {
      this.#channel = new BroadcastChannel("hinan-stream");
      this.#channel.onmessage = ({ data }: MessageEvent<Shared>) => this.#shared(data);
      void navigator.locks.request("hinan-stream", () => this.#read());
    } else {
      // Without locks (no secure origin) each tab listens for itself.
      void this.#read();
    }
    addEventListener("online", () => this.#wake?.());
  }

  stop(): void {
    this.#stopped = true;
    this.#abort?.abort();
    this.#wake?.();
    clearInterval(this.#polling);
    this.#polling = undefined;
    this.#channel?.close();
  }

  // Another tab listens and passes on what it hears.
  #shared(message: Shared): void {
    if ("heard" in message) this.#take(message.heard);
    else if ("polled" in message) this.#polled(message.polled);
    else connection.heard(false);
  }

  async #read(): Promise<void> {
    while (!this.#stopped) {
      const began = performance.now();
      const why = await this.#once();
      if (this.#stopped || why === "signed_out") return;
      if (why === "held_back") {
        this.#poll();
        await this.#pause(STREAM_AGAIN_MS);
      } else {
        if (performance.now() - began > 10_000) this.#tries = 0;
        await this.#pause(RETRY_MS[Math.min(this.#tries, RETRY_MS.length - 1)] ?? 4_000);
        this.#tries += 1;
      }
    }
  }

  async #once(): Promise<"broken" | "held_back" | "signed_out"> {
    const abort = new AbortController();
    this.#abort = abort;
    let bytes = 0;
    let waitedInVain = false;
    let timer = setTimeout(() => {
      waitedInVain = true;
      abort.abort();
    }, FIRST_WORD_MS);
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      if (this.#lines.lastId) headers["Last-Event-ID"] = this.#lines.lastId;
      const answer = await fetch(PATH, { headers, credentials: "same-origin", cache: "no-store", signal: abort.signal });
      if (answer.status === 401) {
        this.#signedOut();
        return "signed_out";
      }
      if (!answer.ok || !answer.body) return "held_back";
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return bytes === 0 ? "held_back" : "broken";
        bytes += value.length;
        clearTimeout(timer);
        timer = setTimeout(() => abort.abort(), SILENCE_MS);
        this.#stopPolling();
        this.#alive();
        for (const heard of this.#lines.take(value)) {
          this.#channel?.postMessage({ heard } satisfies Shared);
          this.#take(heard);
        }
      }
    } catch {
      // Half an event that was cut off comes again in whole.
      return waitedInVain ? "held_back" : "broken";
    } finally {
      clearTimeout(timer);
      const { lastId } = this.#lines;
      this.#lines = new Lines();
      this.#lines.lastId = lastId;
    }
  }

  #alive(): void {
    connection.heard(false);
    this.#channel?.postMessage({ alive: true } satisfies Shared);
  }

  #take(heard: Heard): void {
    connection.heard(false);
    if (heard.id) this.#lines.lastId = heard.id;
    if (this.#twice(heard.id, heard.event)) return;
    let event: StreamEvent;
    try {
      event = JSON.parse(heard.data) as StreamEvent;
    } catch {
      return;
    }
    if (event.event === undefined) event = { ...(event as object), event: heard.event } as StreamEvent;
    if (event.event === "status") connection.timed(event.server_time, event.speed);
    tell(event);
    if (event.event === "gap" || connection.pictureDue) refreshEverything();
  }

  // Ids are a series and a number. What was heard before is not told twice.
  #twice(id: string, kind: string): boolean {
    if (!id || kind === "status" || kind === "gap") return false;
    const cut = id.lastIndexOf("-");
    const series = id.slice(0, cut);
    const number = Number(id.slice(cut + 1));
    if (!Number.isFinite(number)) return false;
    if (this.#seen?.series === series && number <= this.#seen.number) return true;
    this.#seen = { series, number };
    return false;
  }

  #poll(): void {
    if (this.#polling !== undefined) return;
    const once = async () => {
      try {
        const silent = connection.state === "stale" || connection.state === "reconnecting";
        const answer = await ask<Status>(STATUS, this.#tag);
        // It was the server that was silent, not the way to it: the stream is worth a try at once.
        if (silent) this.#wake?.();
        if (!answer) {
          connection.heard(true);
          return;
        }
        this.#tag = answer.etag;
        this.#polled(answer.data);
        this.#channel?.postMessage({ polled: answer.data } satisfies Shared);
      } catch (error) {
        if (error instanceof Problem && error.status === 401) this.#signedOut();
      }
    };
    void once();
    this.#polling = setInterval(once, POLL_MS);
  }

  #polled(status: Status): void {
    connection.heard(true);
    connection.timed(status.server_time, status.speed);
    refreshEverything();
  }

  #stopPolling(): void {
    if (this.#polling === undefined) return;
    clearInterval(this.#polling);
    this.#polling = undefined;
  }

  #pause(length_ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, length_ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

let current: Stream | null = null;

/** Begins to listen; `signedOut` is called when the session has ended. */
export function listen(signedOut: () => void): void {
  current?.stop();
  current = new Stream(signedOut);
  current.start();
}

export function stopListening(): void {
  current?.stop();
  current = null;
}
