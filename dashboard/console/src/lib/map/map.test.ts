import { readFileSync, readdirSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { Outlines, type Outlined, type Position } from "./borders";
import { depthWords } from "./depth";
import { hatchLines, hatchStep_px } from "./hatch";
import { isSilent, partsOf } from "./things";

const SRC = new URL("../../", import.meta.url);

test("only the adapter knows the map library", () => {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) => /\.(ts|svelte)$/.test(name));
  const knowing = files.filter((name) => /(from|import\() ?"ol(\/|")/.test(readFileSync(new URL(name, SRC), "utf8")));
  expect(knowing.length).toBeGreaterThan(0);
  expect(knowing.filter((name) => !name.startsWith("lib/map/ol/"))).toEqual([]);
});

test("depth has the ramp of the ministry, said once so that no theme can change it", () => {
  const themes = readFileSync(new URL("styles/themes.css", SRC), "utf8");
  const ramp = ["#f7f5a9", "#ffd8c0", "#ffb7b7", "#ff9191", "#f285c9", "#dc7adc"];
  for (const [index, colour] of ramp.entries()) {
    expect([...themes.matchAll(new RegExp(`--depth-${index + 1}: (#[0-9a-f]{6});`, "g"))].map((found) => found[1])).toEqual([colour]);
  }
  expect([1, 2, 3, 4, 5, 6].map((rank) => depthWords(rank, "ja"))).toEqual(["0.5m未満", "0.5–3m", "3–5m", "5–10m", "10–20m", "20m以上"]);
  expect(depthWords(9, "ja")).toBe("不明");
});

describe("the hatch", () => {
  test("runs at 45 degrees and meets that of the next tile", () => {
    for (const step of [10, 14, 28]) {
      for (const [x1, y1, x2, y2] of hatchLines(step)) {
        expect(x2 - x1).toBe(y1 - y2);
        // On the line x + y = n · step: moved by a tile it lies on another line of the same pattern.
        expect((x1 + y1) % step === 0 || Object.is((x1 + y1) % step, -0)).toBe(true);
      }
    }
  });

  test("lies the denser the likelier, and densest where something is in force", () => {
    const steps = (["low", "medium", "high"] as const).map((chance) => hatchStep_px({ state: "recommended", chance }));
    expect(steps).toEqual([...steps].sort((one, other) => other - one));
    expect(hatchStep_px({ state: "in_force", chance: "low" })).toBeLessThan(Math.min(...steps));
  });
});

describe("the borders of areas", () => {
  const borders = (areas: (Outlined & { sign: string })[]) => new Outlines(areas).borders((id) => areas.find((area) => area.id === id)?.sign ?? "");
  const square = (west: number, south: number, size = 1): Position[] => [
    [west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south],
  ];

  test("are thin between areas with the same sign, and whole between others", () => {
    const inner = (signs: [string, string]) =>
      borders([{ id: "a", rings: [square(0, 0)], sign: signs[0] }, { id: "b", rings: [square(1, 0)], sign: signs[1] }]).filter((border) => border.inner);
    expect(inner(["4", "4"]).map(({ id, line }) => [id, line])).toEqual([
      ["a", [[1, 0], [1, 1]]],
      ["b", [[1, 1], [1, 0]]],
    ]);
    expect(inner(["4", "3"])).toEqual([]);
  });

  test("are inner also where a neighbour has a corner and the area has none", () => {
    const found = borders([
      { id: "long", rings: [square(0, 0, 2)], sign: "4" },
      { id: "low", rings: [square(2, 0)], sign: "4" },
      { id: "high", rings: [square(2, 1)], sign: "4" },
    ]);
    expect(found.filter(({ id, inner }) => id === "long" && inner).map(({ line }) => line)).toEqual([[[2, 0], [2, 1], [2, 2]]]);
  });

  test("follow the signs, while the outlines are looked at once", () => {
    const outlines = new Outlines([{ id: "a", rings: [square(0, 0)] }, { id: "b", rings: [square(1, 0)] }]);
    const inner = (sign: (id: string) => string) => outlines.borders(sign).filter((border) => border.inner).length;
    expect([inner(() => "4"), inner((id) => id), inner(() => "")]).toEqual([2, 0, 2]);
  });

  test("of an area alone are all outer, and closed", () => {
    expect(borders([{ id: "a", rings: [square(0, 0)], sign: "4" }])).toEqual([{ id: "a", inner: false, line: square(0, 0) }]);
  });
});

test("a selection names a kind and a number, and nothing else is one", () => {
  expect(partsOf("gauge:301081281107050")).toEqual({ kind: "gauge", id: "301081281107050" });
  expect([null, "", ":x", "gauge"].map(partsOf)).toEqual([null, null, null, null]);
});

test("a gauge out of use counts as silent, one that is quiet as designed does not", () => {
  expect(["out_of_use", "late", "suspected_submerged"].every(isSilent)).toBe(true);
  expect(["live", "quiet_as_designed", "frozen"].some(isSilent)).toBe(false);
});
