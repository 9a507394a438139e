import { describe, expect, it } from "vitest";

import type { Alarm } from "../api/types";
import { grouped, SoundPlan, stage } from "./plan";

const alarm = (key: string, more: Partial<Alarm> = {}): Alarm => ({
  key, class: "act_now", text: { ja: key, en: key }, since: "2026-01-01T00:00:00Z", item: { kind: "recommendation", id: key },
  acknowledged: null, rests_until: null, escalation: 0, group: null, ...more,
});
const never = () => false;
const times = (plan: SoundPlan, alarms: Alarm[], until_ms: number, each_ms = 1_000) => {
  let sounded = 0;
  for (let now = 0; now <= until_ms; now += each_ms) sounded += plan.due(alarms, now, never).length;
  return sounded;
};

describe("what sounds", () => {
  it("act now repeats each 30 seconds until somebody answers", () => {
    expect(times(new SoundPlan(), [alarm("a")], 90_000)).toBe(4);
    expect(times(new SoundPlan(), [alarm("a", { acknowledged: { by: "佐藤", at: "" } })], 90_000)).toBe(0);
  });
  it("act soon sounds three times, five minutes apart", () => {
    expect(times(new SoundPlan(), [alarm("a", { class: "act_soon" })], 3_600_000, 10_000)).toBe(3);
  });
  it("what is only to be known, or rests, is silent", () => {
    expect(times(new SoundPlan(), [alarm("a", { class: "know" })], 600_000, 10_000)).toBe(0);
    expect(new SoundPlan().due([alarm("a")], 0, () => true)).toEqual([]);
  });
  it("a stage higher rings anew", () => {
    const plan = new SoundPlan();
    expect(plan.due([alarm("a", { class: "act_soon" })], 0, never)).toHaveLength(1);
    expect(plan.due([alarm("a")], 1_000, never)).toEqual([{ class: "act_now", keys: ["a"] }]);
  });
  it("many at once are one sound of the most pressing kind first", () => {
    const due = new SoundPlan().due([alarm("s", { class: "act_soon" }), alarm("a"), alarm("b")], 0, never);
    expect(due).toEqual([{ class: "act_now", keys: ["a", "b"] }, { class: "act_soon", keys: ["s"] }]);
  });
  it("a flood of one river is one sound, another river is heard", () => {
    const plan = new SoundPlan();
    const river = (n: number, group: string) => alarm(`${group}${n}`, { group });
    const all: Alarm[] = [];
    let sounded = 0;
    for (let n = 0; n < 30; n += 1) {
      all.push({ ...river(n, "十勝川"), class: "act_soon" });
      sounded += plan.due(all, n * 1_000, never).length;
    }
    expect(sounded).toBe(10);
    expect(plan.flood(30_000)).toBe(true);
    expect(plan.due([...all, { ...river(1, "音更川"), class: "act_soon" }], 31_000, never)).toEqual([{ class: "act_soon", keys: ["音更川1"] }]);
  });
});

it("an unanswered alarm goes further at 60, 180 and 300 seconds", () => {
  expect([59, 60, 179, 180, 299, 300].map(stage)).toEqual([0, 1, 1, 2, 2, 3]);
});

it("alarms of one river stand together, others alone", () => {
  const all = [alarm("a", { group: "十勝川" }), alarm("b"), alarm("c", { group: "十勝川" })];
  expect(grouped(all).map((one) => one.alarms.map((found) => found.key))).toEqual([["a", "c"], ["b"]]);
});
