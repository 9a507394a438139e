import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { contrast } from "../contrast";
import { LEVELS, LEVEL_LOOKS, asLevel } from "./levels";
import { LEAST_DESK_PX, LEAST_WALL_PX, markDrawing } from "./outline";

const THEMES = readFileSync(new URL("../../styles/themes.css", import.meta.url), "utf8");

describe("the level marks", () => {
  test("have the palette of the Cabinet Office, and the style sheet has the same", () => {
    expect(LEVELS.map((level) => LEVEL_LOOKS[level].colour)).toEqual(["#0c000c", "#aa00aa", "#ff2800", "#f2e700", "#ffffff", "#c8c8cb"]);
    for (const level of LEVELS) {
      expect(THEMES.match(new RegExp(`--level-${level}: (#[0-9a-f]{6});`, "g")), "said once, so no theme can change it").toEqual([`--level-${level}: ${LEVEL_LOOKS[level].colour};`]);
    }
  });

  test("bear a number that can be read on its face: at least 4.5 to 1", () => {
    for (const level of LEVELS) expect(contrast(LEVEL_LOOKS[level].colour, LEVEL_LOOKS[level].ink)).toBeGreaterThanOrEqual(4.5);
  });

  test("differ in shape where the colour may not be seen", () => {
    expect(new Set([5, 4, 3, 2].map((level) => LEVEL_LOOKS[asLevel(level) ?? 0].shape)).size).toBe(4);
  });

  test("reach 28 pixels in both directions at a desk and 56 on a wall, at the smallest size", () => {
    for (const level of LEVELS.filter((one) => one > 0)) {
      expect(Math.min(...span(markDrawing(level, 1).outline))).toBeGreaterThanOrEqual(28);
      expect(Math.min(...span(markDrawing(level, LEAST_WALL_PX).outline))).toBeGreaterThanOrEqual(56);
      expect(Math.max(...span(markDrawing(level, LEAST_DESK_PX).outline))).toBeLessThanOrEqual(LEAST_DESK_PX + 0.1);
    }
  });

  test("have a keyline of 3 pixels inside an outline of 1.2", () => {
    for (const level of LEVELS) {
      const { outline, keyline, face } = markDrawing(level, 40);
      const across = LEVEL_LOOKS[level].shape === "diamond" ? Math.SQRT2 : 1;
      const half = (path: string) => span(path)[0] / 2 / across;
      expect(half(outline) - half(keyline)).toBeCloseTo(1.2, 1);
      expect(half(keyline) - half(face)).toBeCloseTo(3, 1);
    }
  });

  test("are not made of what is no level", () => {
    expect([6, -1, 2.5, "4", null, undefined].map(asLevel)).toEqual([null, null, null, null, null, null]);
  });
});

// Width and height of a path of straight lines, or of the circle that the mark uses.
function span(path: string): [number, number] {
  const circle = path.match(/^M(-?[\d.]+) 0A/);
  if (circle?.[1]) return [2 * Math.abs(Number(circle[1])), 2 * Math.abs(Number(circle[1]))];
  const points = [...path.matchAll(/(-?[\d.]+) (-?[\d.]+)/g)].map((found) => [Number(found[1]), Number(found[2])] as const);
  const wide = points.map(([x]) => x);
  const high = points.map(([, y]) => y);
  return [Math.max(...wide) - Math.min(...wide), Math.max(...high) - Math.min(...high)];
}
