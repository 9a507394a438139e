import { expect, test } from "vitest";

import { KINDS, questionOf, readable } from "./filter";

const NOW = Date.parse("2016-08-30T13:10:25Z");

test("all kinds and none chosen ask for everything; some are named", () => {
  for (const kinds of [[], [...KINDS]]) expect(questionOf({ kinds, area: null, hours: 24 }, NOW)).toBe("from=2016-08-29T13%3A10%3A00Z");
  expect(questionOf({ kinds: ["note", "crossing"], area: "012076-01", hours: 6 }, NOW)).toBe("kind=note%2Ccrossing&area=012076-01&from=2016-08-30T07%3A10%3A00Z");
});

test("a number that nobody can read aloud becomes what it is about", () => {
  const id = "r-3baf59488b834b1db76e0dc6a167dd63";
  expect(readable(`推奨 ${id} を引き継ぎ`, new Map([[id, "札内川沿い レベル4"]]))).toBe("推奨 札内川沿い レベル4 を引き継ぎ");
  expect(readable(`推奨 ${id} を引き継ぎ`, new Map())).toBe("推奨 r-3baf59… を引き継ぎ");
  expect(readable("巡視 r-123", new Map())).toBe("巡視 r-123");
});
