// Who wants to hear which kinds of events. What an event means is the listener's business.

import type { StreamEvent } from "../api/types";

type Listener = (event: StreamEvent) => void;

const listeners = new Map<string, Set<Listener>>();

/** Kinds of our own, beside those of the server: everything may have changed; a poll is due. */
export const EVERYTHING = "everything";

/** Calls `listener` for each event of `kind`; gives back how to stop. */
export function on(kind: string, listener: Listener): () => void {
  const set = listeners.get(kind) ?? new Set();
  listeners.set(kind, set);
  set.add(listener);
  return () => set.delete(listener);
}

export function tell(event: StreamEvent): void {
  for (const listener of listeners.get(event.event) ?? []) listener(event);
}

/** All pictures are to be asked for again. */
export function refreshEverything(): void {
  for (const listener of listeners.get(EVERYTHING) ?? []) listener({ event: "picture" });
}
