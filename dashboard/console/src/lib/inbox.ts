// The order of the inbox: what must be decided first stands on top.

import type { InboxItem } from "./api/types";

const OPEN = new Set(["new", "seen", "deciding", "deferred"]);

/** Somebody still has to decide it. */
export function isOpen(item: Pick<InboxItem, "state">): boolean {
  return OPEN.has(item.state.kind);
}

/** Open before closed, nobody's before what is waiting for a time; then as the server ranks: level 5 says that it is too late already, of the
    others the earliest deadline comes first whatever its level, one without a deadline after those with one; the newer of two that are alike. */
export function ranked(items: InboxItem[]): InboxItem[] {
  return items.toSorted((one, other) =>
    Number(isOpen(other)) - Number(isOpen(one))
    || Number(one.state.kind === "deferred") - Number(other.state.kind === "deferred")
    || Number(other.level === 5) - Number(one.level === 5)
    || deadline(one) - deadline(other)
    || other.level - one.level
    || Date.parse(other.made_at) - Date.parse(one.made_at)
    || one.id.localeCompare(other.id));
}

function deadline(item: InboxItem): number {
  return item.decide_by ? Date.parse(item.decide_by.from) : Number.MAX_SAFE_INTEGER;
}
