import { describe, expect, it } from "vitest";

import { clockTime, count, dateTime, day, duration, exactDuration, percent, percentRange, shortTime, signed } from "./format";

describe("times", () => {
  it("are Japan time, whatever the machine's zone is", () => {
    expect(clockTime("2026-09-12T12:04:00Z", "ja")).toBe("21:04");
    expect(clockTime("2026-09-12T15:00:00Z", "en")).toBe("00:00");
  });
  it("carry date and weekday where the day matters", () => {
    expect(dateTime("2026-09-12T12:04:00Z", "ja")).toBe("9月12日(土) 21:04");
    expect(dateTime("2026-09-12T12:04:00Z", "en")).toMatch(/^Sat,? 12 Sept? 21:04$/);
    expect(shortTime("2026-09-12T12:04:00Z", "2026-09-12T14:59:59Z", "ja")).toBe("21:04");
    expect(shortTime("2026-09-12T12:04:00Z", "2026-09-12T15:00:00Z", "ja")).toBe("9月12日(土) 21:04");
    expect(day("2026-09-12T15:00:00Z")).toBe("2026-09-13");
  });
  it("that cannot be read are shown as they came", () => {
    expect(clockTime("soon", "ja")).toBe("?soon");
  });
});

describe("lengths of time", () => {
  it("use the largest two units that say something", () => {
    expect(duration(45, "ja")).toBe("45秒");
    expect(duration(7_800, "ja")).toBe("2時間10分");
    expect(duration(7_200, "en")).toBe("2 h");
    expect(duration(-600, "ja")).toBe("10分");
    expect(duration(3 * 86_400, "ja")).toBe("3日");
  });
  it("of a stale picture are exact", () => {
    expect(exactDuration(187, "ja")).toBe("3分7秒");
    expect(exactDuration(187, "en")).toBe("3 min 7 s");
  });
});

describe("probabilities", () => {
  it("are never certain", () => {
    expect(percent(0.001, "ja")).toBe("5%未満");
    expect(percent(1, "ja")).toBe("95%以上");
    expect(percent(0.955, "en")).toBe("95% or more");
  });
  it("are whole percents with a range", () => {
    expect(percent(0.7249, "ja")).toBe("72%");
    expect(percentRange(0.583, 0.831, "ja")).toBe("58–83%");
  });
});

it("counts have separators and signs are written", () => {
  expect(count(4213, "ja")).toBe("4,213");
  expect(signed(-0.161)).toBe("−0.16");
  expect(signed(0.001)).toBe("±0.00");
});
