// The order of the inbox: what must be decided first stands on top.

import type { InboxItem } from "./api/types";

const OPEN = new Set(["new", "seen", "deciding", "deferred"]);

/** Somebody still has to decide it. */
export function isOpen(item: InboxItem): boolean {
  return OPEN.has(item.state.kind);
}

/** Open before closed, nobody's before what is waiting for a time, higher level, earlier deadline, newer. */
export function ranked(items: InboxItem[]): InboxItem[] {
  return items.toSorted((one, other) =>
    Number(isOpen(other)) - Number(isOpen(one))
    || Number(one.state.kind === "deferred") - Number(other.state.kind === "deferred")
    || other.level - one.level
    || deadline(one) - deadline(other)
    || Date.parse(other.made_at) - Date.parse(one.made_at)
    || one.id.localeCompare(other.id));
}

function deadline(item: InboxItem): number {
  const from = item.decide_by?.from ?? item.crossing?.from;
  return from ? Date.parse(from) : Number.MAX_SAFE_INTEGER;
}
