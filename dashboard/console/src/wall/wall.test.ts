import { expect, test } from "vitest";

import type { SituationArea } from "$lib/api/types";

import { recommended, tellable } from "./wall";

test("a room is told no count of people below five", () => {
  expect([0, 1, 4, 5, 1200, null].map(tellable)).toEqual([0, null, null, 5, 1200, null]);
});

test("what is recommended counts only where it goes beyond what holds, highest first", () => {
  const area = (proposed: number | null, in_force: number | null) => ({ proposed, in_force }) as SituationArea;
  expect(recommended([area(3, null), area(4, 3), area(4, 4), area(3, null), area(null, 3)])).toEqual([
    { level: 4, areas: 1 },
    { level: 3, areas: 2 },
  ]);
});
