// How well the server is heard, in the words of the breakage table: alive, silent for a moment, too silent to decide by.

import { at as serverAt, clock } from "./clock.svelte";
import type { Anchor } from "./clock.svelte";

/** Silence after which the pill says that we reconnect, and after which decisions are locked. */
export const SILENT_MS = 5_000;
export const STALE_MS = 15_000;

export type ConnectionState = "starting" | "live" | "polling" | "reconnecting" | "stale";

/** What the silence means; pure, for the test. */
export function judged(heard: boolean, silence_ms: number, polling: boolean): ConnectionState {
  if (silence_ms > STALE_MS) return "stale";
  if (!heard) return "starting";
  if (silence_ms > SILENT_MS + (polling ? SILENT_MS : 0)) return "reconnecting";
  return polling ? "polling" : "live";
}

const born = performance.now();
let heardAt = born;
let everHeard = false;
let anchor: Anchor | null = null;
let polling = false;

let state = $state<ConnectionState>("starting");
// After a silence that locked decisions, what is on screen must first be loaded anew.
let pictureDue = $state(false);
let asOf_ms = $state(0);

function judge(): void {
  const next = judged(everHeard, performance.now() - heardAt, polling);
  if (next === state) return;
  if (next === "stale") {
    pictureDue = true;
    asOf_ms = anchor ? serverAt(anchor, heardAt) : asOf_ms;
  }
  state = next;
}

setInterval(judge, 500);

export const connection = {
  get state(): ConnectionState {
    return state;
  },
  /** The picture is too old to decide by: the server was silent, or came back and was not read again yet. */
  get stale(): boolean {
    return state === "stale" || pictureDue;
  },
  /** Decisions wait until the server is heard and what is on screen was loaded after the silence. */
  get locked(): boolean {
    return state === "stale" || state === "starting" || pictureDue;
  },
  /** Server time of the picture on screen, milliseconds; 0 when nothing was ever heard or kept. */
  get asOf(): number {
    return asOf_ms;
  },
  /** A sign of life. */
  heard(byPolling: boolean): void {
    heardAt = performance.now();
    everHeard = true;
    polling = byPolling;
    judge();
  },
  /** The server's time came with it. */
  timed(server_time: string, speed: number): void {
    clock.set(server_time, speed);
    anchor = { server_ms: Date.parse(server_time), mono_ms: performance.now(), speed };
  },
  /** A picture kept on this machine is shown, because the server does not answer. */
  shownFromStore(as_of_ms: number): void {
    if (everHeard) return;
    pictureDue = true;
    asOf_ms = Math.max(asOf_ms, as_of_ms);
  },
  /** The whole picture was loaded from a server that is heard. */
  pictureLoaded(): void {
    if (state === "live" || state === "polling" || state === "reconnecting") pictureDue = false;
  },
  get pictureDue(): boolean {
    return pictureDue;
  },
};
