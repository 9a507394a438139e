import { expect, test } from "vitest";

import type { Device, Gauge } from "$lib/api/types";

import { late_s, rowsOf, type Station } from "./health";

const station = (id: string, state: string, newest: Station["newest"] = {}): Station => ({
  id, name: id, name_en: id, river: "十勝川", river_en: "Tokachi", health: { state, since: null, ja: "", en: "", assumed_m: null }, level: null, rise_m_per_h: null, cadence_s: 600, newest,
});

test("what needs somebody stands first, then the gauges that decide", () => {
  const gauges = [{ id: "b", deciding: true }] as Gauge[];
  const rows = rowsOf([station("a", "live"), station("b", "live"), station("c", "late"), station("d", "suspected_submerged")], gauges, []);
  expect(rows.map(({ station: { id } }) => id)).toEqual(["d", "c", "b", "a"]);
});

test("a device that was put out of use is so, however lively it sends", () => {
  const devices = [{ name: "a", state: "out_of_use" }] as Device[];
  expect(rowsOf([station("a", "live")], [], devices)[0]?.state).toBe("out_of_use");
});

test("the last message is the newest of all that it measures, and the battery one of them", () => {
  const newest = { level: { at: "", value: 3, received_at: "2016-08-30T13:00:00Z" }, "battery_v/600s": { at: "", value: 3.61, received_at: "2016-08-30T13:05:00Z" } };
  const [row] = rowsOf([station("a", "live", newest)], [], []);
  expect([row?.heard_at, row?.battery_v]).toEqual(["2016-08-30T13:05:00Z", 3.61]);
  expect(rowsOf([station("a", "never_heard")], [], [])[0]?.heard_at).toBeNull();
});

test("late is what is later than two rhythms, by how much", () => {
  const now = Date.parse("2016-08-30T13:30:00Z");
  expect(late_s("2016-08-30T13:10:00Z", 600, now)).toBeNull();
  expect(late_s("2016-08-30T13:09:00Z", 600, now)).toBe(60);
  expect(late_s(null, 600, now)).toBeNull();
});
