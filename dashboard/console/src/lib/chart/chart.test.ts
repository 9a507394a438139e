import { describe, expect, test } from "vitest";

import { bands, placedMarks } from "./drawing";
import { scaleOf, type Room } from "./scale";
import { fanFrom, gaps, latest, pieces, rhythm_ms, type FanPoint, type Reading } from "./series";
import { crossingWords, momentWords, summary } from "./words";

const HOUR = 3_600_000;
const MIN = 60_000;
// Ten in the evening in Japan.
const NOW = Date.parse("2016-08-30T13:00:00Z");
const ROOM: Room = { width: 560, height: 264, left: 46, right: 414, top: 24, bottom: 226 };

function reading(minutes: number, level_m: number | null, flag: Reading["flag"] = "good"): Reading {
  return { at: NOW + minutes * MIN, level_m, flag };
}

function step(hours: number, median_m: number, half: number, most: number): FanPoint {
  return { at: NOW + hours * HOUR, median_m, low50_m: median_m - half, high50_m: median_m + half, low90_m: median_m - most, high90_m: median_m + most };
}

describe("the measured line", () => {
  test("breaks where the gauge was silent for more than two of its rhythms, and nowhere else", () => {
    const readings = [-60, -50, -40, -20, 0].map((minutes) => reading(minutes, 3));
    expect(rhythm_ms(readings)).toBe(20 * MIN);
    expect(pieces(readings, 10 * MIN)).toHaveLength(1);
    expect(pieces([...readings, reading(21, 3)], 10 * MIN).map((piece) => piece.length)).toEqual([5, 1]);
  });

  test("leaves out what is bad or no number, and never draws it as zero", () => {
    const readings = [reading(-30, 3), reading(-20, 300, "bad"), reading(-10, null), reading(0, Number.NaN), reading(10, 3.2, "suspect")];
    expect(pieces(readings, 10 * MIN).map((piece) => piece.map(({ level_m }) => level_m))).toEqual([[3], [3.2]]);
    expect(latest(readings)?.level_m).toBe(3.2);
    expect(latest([reading(0, null)])).toBeNull();
  });

  test("shows the silence that goes on until now", () => {
    const readings = [reading(-120, 3), reading(-110, 3), reading(-60, 3.1), reading(-50, 3.1)];
    expect(gaps(readings, NOW, 10 * MIN)).toEqual([
      { from: NOW - 110 * MIN, to: NOW - 60 * MIN },
      { from: NOW - 50 * MIN, to: NOW },
    ]);
  });
});

describe("the fan", () => {
  test("opens at the newest reading, which is known", () => {
    const fan = fanFrom([reading(-10, 3)], [step(1, 3.5, 0.1, 0.4)]);
    expect(fan[0]).toEqual({ at: NOW - 10 * MIN, low90_m: 3, low50_m: 3, median_m: 3, high50_m: 3, high90_m: 3 });
    expect(fanFrom([reading(-10, 3)], [{ ...step(1, 3.5, 0.1, 0.4), high90_m: Number.NaN }])).toEqual([]);
  });

  test("says when a mark is reached as a range of clock times, never as one time", () => {
    expect(crossingWords({ from: NOW, to: NOW + HOUR, level_m: 4 }, "ja")).toBe("22:00–23:00 に到達の見込み");
    expect(crossingWords({ from: NOW, to: null, level_m: 4 }, "en")).toBe("22:00 at the earliest");
  });

  test("has a 50 % band inside a 90 % band that ends in a seam", () => {
    const fan = [step(0, 3, 0, 0), step(1, 3.4, 0.1, 0.3), step(2, 3.8, 0.2, 0.5)];
    const scale = scaleOf({ readings: [reading(-60, 2.8), reading(0, 3)], fan, marks: [], now: NOW }, ROOM);
    if (!scale) throw new Error("there is something to draw");
    const drawn = bands(fan, scale);
    if (!drawn) throw new Error("there is a fan to draw");
    const heights = (path: string) => [...path.matchAll(/[ML][\d.]+ ([\d.]+)/g)].map((found) => Number(found[1]));
    const tallest = (path: string) => Math.max(...heights(path)) - Math.min(...heights(path));
    expect(tallest(drawn.edge)).toBeGreaterThan(tallest(drawn.outer));
    expect(tallest(drawn.outer)).toBeGreaterThan(tallest(drawn.inner));
    expect(bands(fan.slice(0, 1), scale)).toBeNull();
  });
});

describe("the scale", () => {
  test("is nothing when there is nothing to draw", () => {
    expect(scaleOf({ readings: [reading(0, null)], fan: [], marks: [{ name: "氾濫危険水位", level: 4, level_m: 5 }], now: NOW }, ROOM)).toBeNull();
  });

  test("shows the next mark above however far, and no other that would flatten the line", () => {
    const marks = [5, 9, 40].map((level_m) => ({ name: `${level_m}`, level: 4, level_m }));
    const scale = scaleOf({ readings: [reading(-60, 2), reading(0, 2.2)], fan: [], marks, now: NOW }, ROOM);
    expect(marks.map(({ level_m }) => scale?.shows(level_m))).toEqual([true, false, false]);
  });

  test("says by how much a wide band is cut, instead of flattening the rest", () => {
    const scale = scaleOf({ readings: [reading(-60, 2), reading(0, 3)], fan: [step(0, 3, 0, 0), step(6, 4, 1, 30)], marks: [], now: NOW }, ROOM);
    expect(scale?.cut.high_m).toBe(34);
    expect(scale?.shows(10)).toBe(false);
  });

  test("has round heights and full hours of Japan, with midnight told", () => {
    const readings = [reading(-1440, 3), reading(0, 4.03)];
    const scale = scaleOf({ readings, fan: [step(6, 4.4, 0.1, 0.3)], marks: [], now: NOW }, ROOM);
    expect(scale?.heights_m.every((height) => Math.abs(height * 10 - Math.round(height * 10)) < 1e-9)).toBe(true);
    expect(scale?.heights_m.length).toBeGreaterThanOrEqual(4);
    const midnights = scale?.hours.filter(({ midnight }) => midnight).map(({ at }) => new Date(at).toISOString());
    expect(midnights).toEqual(["2016-08-29T15:00:00.000Z", "2016-08-30T15:00:00.000Z"]);
    for (const { at } of scale?.hours ?? []) expect(((at + 9 * HOUR) / HOUR) % 1).toBe(0);
  });

  test("gives every mark's words room, however near the marks lie", () => {
    const marks = [3, 3.02, 3.04, 3.06].map((level_m, index) => ({ name: `${index}`, level: index + 1, level_m }));
    const scale = scaleOf({ readings: [reading(-60, 2.9), reading(0, 3.1)], fan: [], marks, now: NOW }, ROOM);
    if (!scale) throw new Error("there is something to draw");
    const places = placedMarks(marks, scale).map(({ label_y }) => label_y);
    for (const [index, y] of places.slice(1).entries()) expect(y - (places[index] ?? 0)).toBeGreaterThanOrEqual(15 - 1e-9);
  });
});

describe("the words", () => {
  test("say the picture to who does not see it, with times and ranges", () => {
    const fan = [step(0, 3, 0, 0), step(6, 5, 0.5, 1)];
    const marks = [{ name: "氾濫危険水位", key: "danger", level: 4, level_m: 4 }];
    const words = { title: "帯広", newest: { at: NOW, level_m: 3, flag: "good" as const }, fan, reached: { from: NOW, to: NOW + HOUR, level_m: 4 }, marks };
    expect(summary(words, "ja")).toBe("帯広。22:00の観測 3.00m。04:00の予測は中央 5.00m、10回に9回は4.00から6.00m。氾濫危険水位に22:00–23:00 に到達の見込み。");
    expect(summary(words, "en")).toContain("Danger: expected 22:00–23:00.");
  });

  test("say a missing moment as missing", () => {
    expect(momentWords(NOW, [reading(0, null)], [], "ja")).toBe("22:00 欠測");
    expect(momentWords(NOW, [reading(0, 3, "suspect")], [], "ja")).toBe("22:00 観測 3.00m(疑わしい)");
  });
});
