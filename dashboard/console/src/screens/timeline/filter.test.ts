import { expect, test } from "vitest";

import { KINDS, questionOf } from "./filter";

const NOW = Date.parse("2016-08-30T13:10:25Z");

test("all kinds and none chosen ask for everything; some are named", () => {
  for (const kinds of [[], [...KINDS]]) expect(questionOf({ kinds, area: null, hours: 24 }, NOW)).toBe("from=2016-08-29T13%3A10%3A00Z");
  expect(questionOf({ kinds: ["note", "crossing"], area: "012076-01", hours: 6 }, NOW)).toBe("kind=note%2Ccrossing&area=012076-01&from=2016-08-30T07%3A10%3A00Z");
});
