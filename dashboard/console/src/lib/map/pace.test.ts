import { expect, test } from "vitest";

import { Pace } from "./pace";

function moved(...steps_ms: number[]): Pace {
  const pace = new Pace();
  let now_ms = 1_000;
  pace.drawn(now_ms);
  for (const step_ms of steps_ms) pace.drawn((now_ms += step_ms));
  return pace;
}

test("one slow picture is not a slow machine, two in a row are", () => {
  expect(moved(16, 120, 16, 120, 16).isSlow).toBe(false);
  expect(moved(16, 120, 130).isSlow).toBe(true);
});

test("a slow machine stays slow until its map has another size", () => {
  const pace = moved(120, 130);
  pace.drawn(9_000);
  pace.drawn(9_016);
  expect(pace.isSlow).toBe(true);
  pace.forget();
  expect(pace.isSlow).toBe(false);
});

test("the rest between two movements is no slow picture", () => {
  const pace = moved(120);
  pace.rest();
  pace.drawn(60_000);
  pace.drawn(60_016);
  expect(pace.isSlow).toBe(false);
});
