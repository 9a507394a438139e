import { expect, test } from "vitest";

import type { Shelter } from "$lib/api/types";

import { countsOf, hazardOf, taken, wantedOf } from "./list";

const shelter = (name: string, more: Partial<Shelter> = {}): Shelter => ({
  id: name, name, name_en: null, address: null, at: [143, 42], in_town: true, approved_for: ["flood"], depth_at_site: null, capacity: null, state: "not_reported", occupancy: null, free: null, state_at: null, old: false, note: null, ...more,
});
const all = { words: "", state: null, floodOnly: false, inTownOnly: false };

test("those that somebody can act on stand first", () => {
  const shown = wantedOf([shelter("い"), shelter("ろ", { state: "open" }), shelter("は", { state: "full" })], all);
  expect(shown.map(({ name }) => name)).toEqual(["は", "ろ", "い"]);
});

test("search finds names and addresses, in whatever width they are typed", () => {
  const shelters = [shelter("第8中学校"), shelter("南小", { address: "西８条南1" }), shelter("北小")];
  expect(wantedOf(shelters, { ...all, words: " ８ " }).map(({ name }) => name).sort()).toEqual(["南小", "第8中学校"]);
});

test("only what is designated for floods and lies in town, when that is asked", () => {
  const shelters = [shelter("a", { approved_for: ["earthquake"] }), shelter("b", { in_town: false }), shelter("c")];
  expect(wantedOf(shelters, { ...all, floodOnly: true, inTownOnly: true }).map(({ name }) => name)).toEqual(["c"]);
});

test("a hazard is the same in either spelling", () => {
  expect(["Flood", "flood", "LargeFire", "storm_surge"].map(hazardOf)).toEqual(["flood", "flood", "large_fire", "storm_surge"]);
});

test("states are counted, and an unknown occupancy is never zero", () => {
  expect(countsOf([shelter("a"), shelter("b", { state: "open" })])).toEqual([{ state: "open", n: 1 }, { state: "not_reported", n: 1 }]);
  expect(taken({ capacity: 200, occupancy: null })).toBeNull();
  expect(taken({ capacity: null, occupancy: 12 })).toBeNull();
  expect(taken({ capacity: 200, occupancy: 180 })).toBe(90);
});
