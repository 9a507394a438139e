// The server's time, carried on by the browser's monotonic clock. The wall clock of this machine decides nothing;
// it is only compared, so that a wrong one is named.

const TICK_MS = 250;
// A difference that people would notice on their own clock; the header of an answer has whole seconds.
const SKEW_S = 2;

/** Server time at one moment of the monotonic clock, and how fast it runs (a replay runs faster than life). */
export interface Anchor {
  server_ms: number;
  mono_ms: number;
  speed: number;
}

/** The server's time at `mono_ms`. */
export function at(anchor: Anchor, mono_ms: number): number {
  return anchor.server_ms + (mono_ms - anchor.mono_ms) * anchor.speed;
}

let anchor: Anchor | null = null;
let now_ms = $state(0);
let skew_s = $state(0);

function tick(): void {
  if (!anchor) return;
  const next = at(anchor, performance.now());
  // Screens show seconds; a replay's minutes pass quickly, and still no more than four pictures a second are drawn.
  if (Math.floor(next / 1000) !== Math.floor(now_ms / 1000)) now_ms = next;
}

let timer: ReturnType<typeof setInterval> | undefined;

export const clock = {
  /** Milliseconds since 1970 on the server; 0 before it was ever heard. */
  get now(): number {
    return now_ms;
  },
  get known(): boolean {
    return now_ms > 0;
  },
  /** How fast the server's time runs; 1 except in a replay. */
  get speed(): number {
    return anchor?.speed ?? 1;
  },
  /** Seconds by which this machine's clock is ahead of the server's (behind: negative); 0 below two seconds. */
  get skew(): number {
    return skew_s;
  },
  /** Seconds since `moment` on the server's clock; never negative. */
  age(moment: string | number): number {
    return Math.max(0, (now_ms - new Date(moment).getTime()) / 1000);
  },
  set(server_time: string, speed: number): void {
    const server_ms = Date.parse(server_time);
    if (Number.isNaN(server_ms)) return;
    anchor = { server_ms, mono_ms: performance.now(), speed: speed > 0 ? speed : 1 };
    tick();
    timer ??= setInterval(tick, TICK_MS);
  },
  /** Compares this machine's clock with the moment at which the server wrote an answer. */
  compare(date: string | null): void {
    if (!date) return;
    const theirs = Date.parse(date);
    if (Number.isNaN(theirs)) return;
    // The header names the second that had begun.
    const difference = (Date.now() - theirs) / 1000 - 0.5;
    skew_s = Math.abs(difference) > SKEW_S ? Math.round(difference) : 0;
  },
};
