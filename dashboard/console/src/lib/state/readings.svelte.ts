// The newest level of each gauge as the stream tells it, drawn at most once per frame.

import { on } from "./bus";

export interface Latest {
  at: string;
  value: number;
  flag: number;
}

const LEVEL = "water_level_m";

let latest = $state.raw<ReadonlyMap<string, Latest>>(new Map());
const pending = new Map<string, Latest>();
let frame = 0;

/** The later of two readings by the device's own time; a late arrival does not become the newest word. */
export function later(known: Latest | undefined, heard: Latest): Latest {
  return known && Date.parse(known.at) > Date.parse(heard.at) ? known : heard;
}

function flush(): void {
  frame = 0;
  const next = new Map(latest);
  for (const [station, heard] of pending) next.set(station, later(next.get(station), heard));
  pending.clear();
  latest = next;
}

on("reading", (event) => {
  if (event.event !== "reading" || event.quantity !== LEVEL) return;
  const heard = { at: event.at, value: event.value, flag: event.flag };
  pending.set(event.station, later(pending.get(event.station), heard));
  // A hidden page draws no frames; then the next picture is soon enough.
  if (frame === 0) frame = document.hidden ? window.setTimeout(flush, 1_000) : requestAnimationFrame(flush);
});

export const readings = {
  /** The newest level of a station heard since the page was opened. */
  of(station: string): Latest | undefined {
    return latest.get(station);
  },
};
