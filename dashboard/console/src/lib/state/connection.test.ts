import { expect, it } from "vitest";

import { judged } from "./connection.svelte";

it("silence is told after five seconds and locks decisions after fifteen", () => {
  expect(judged(true, 4_900, false)).toBe("live");
  expect(judged(true, 5_100, false)).toBe("reconnecting");
  expect(judged(true, 14_900, false)).toBe("reconnecting");
  expect(judged(true, 15_100, false)).toBe("stale");
});

it("a server that was never heard is not called alive", () => {
  expect(judged(false, 100, false)).toBe("starting");
  expect(judged(false, 15_100, false)).toBe("stale");
});

it("polling each five seconds is no silence", () => {
  expect(judged(true, 6_000, true)).toBe("polling");
  expect(judged(true, 11_000, true)).toBe("reconnecting");
});
