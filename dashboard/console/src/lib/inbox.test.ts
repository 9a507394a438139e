import { expect, it } from "vitest";

import type { InboxItem, ItemKind, LevelNumber } from "./api/types";
import { ranked } from "./inbox";

const item = (id: string, level: LevelNumber, kind: ItemKind, decide_by: string | null, made_at = "2026-01-01T00:00:00Z") =>
  ({ id, level, state: { kind, by: null, at: null, until: null }, decide_by: decide_by ? { from: decide_by, to: null } : null, crossing: null, made_at }) as unknown as InboxItem;
const order = (items: InboxItem[]) => ranked(items).map((one) => one.id).join("");

it("what is open comes first, level 5 above all, then the earlier deadline whatever the level", () => {
  expect(order([
    item("f", 5, "declined", null), item("e", 3, "new", null), item("d", 4, "new", null), item("c", 4, "seen", "2026-01-01T03:00:00Z"),
    item("b", 3, "new", "2026-01-01T02:00:00Z"), item("a", 5, "new", null),
  ])).toBe("abcdef");
});

it("a newer one of the same weight stands above an older one", () => {
  expect(order([item("old", 4, "new", null), item("new", 4, "new", null, "2026-01-01T01:00:00Z")])).toBe("newold");
});

it("what was put off waits below what nobody has answered", () => {
  expect(order([item("b", 5, "deferred", null), item("a", 3, "new", null)])).toBe("ab");
});
