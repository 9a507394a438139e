import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { describe, expect, test } from "vitest";

import { contrast } from "../lib/contrast";

const THEMES = readFileSync(new URL("./themes.css", import.meta.url), "utf8");
const PAPER = readFileSync(new URL("./paper.css", import.meta.url), "utf8");
const TOKENS = readFileSync(createRequire(import.meta.url).resolve("@digital-go-jp/design-tokens/dist/tokens.css"), "utf8");

const day = block(THEMES, ':root[data-theme="day"]');
const night = block(THEMES, ':root[data-theme="night"]');
const paper = block(PAPER, ":root[data-theme]");

describe.each([["day", day], ["night", night]])("the theme of the %s", (_, theme) => {
  test("has a fan that differs from its ground: bands by 1.5 to 1, the median by 4.5", () => {
    const ground = colour(theme, "--chart");
    expect(contrast(colour(theme, "--fan-90"), ground)).toBeGreaterThanOrEqual(1.5);
    expect(contrast(colour(theme, "--fan-50"), colour(theme, "--fan-90"))).toBeGreaterThanOrEqual(1.3);
    expect(contrast(colour(theme, "--median"), ground)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colour(theme, "--median"), colour(theme, "--fan-50"))).toBeGreaterThanOrEqual(3);
    expect(contrast(colour(theme, "--observed"), ground)).toBeGreaterThanOrEqual(7);
  });

  test("has text that can be read on each of its grounds: 4.5 to 1", () => {
    for (const [ink, ground] of [
      ["--ink", "--ground"], ["--ink", "--panel"], ["--ink", "--panel-2"], ["--ink", "--chosen"], ["--ink", "--changed"], ["--ink-2", "--ground"], ["--ink-2", "--panel"], ["--ink-2", "--panel-2"],
      ["--accent", "--panel"], ["--accent", "--ground"], ["--accent-ink", "--accent"], ["--bar-ink", "--bar-bg"], ["--bar-ink-2", "--bar-bg"], ["--warn-ink", "--warn-bg"], ["--warn-ink", "--warn-bg-2"],
      ["--bad-ink", "--bad-bg"], ["--bad-ink", "--panel"], ["--note-ink", "--note-bg"], ["--drill-ink", "--drill"], ["--drill-ink", "--drill-2"], ["--chart-axis", "--chart"], ["--crossing", "--chart"],
      ["--ok-ink", "--panel"], ["--map-label", "--map-ground"], ["--map-sign-ink", "--map-sign"], ["--ink-2", "--note-bg"],
    ] as const) {
      expect(contrast(colour(theme, ink), colour(theme, ground)), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  test("has borders of controls and lines of charts that can be seen: 3 to 1", () => {
    for (const [line, ground] of [["--edge", "--panel"], ["--doubt", "--chart"], ["--design", "--chart"], ["--map-river", "--map-ground"], ["--map-border", "--map-ground"]] as const) {
      expect(contrast(colour(theme, line), colour(theme, ground)), `${line} on ${ground}`).toBeGreaterThanOrEqual(3);
    }
  });
});

test("day and night name the same things", () => {
  expect([...night.keys()].sort()).toEqual([...day.keys()].sort());
});

test("on paper the bands can be told apart in grey, and the middle from them", () => {
  expect(contrast(colour(paper, "--fan-90"), "#ffffff")).toBeGreaterThanOrEqual(1.5);
  expect(contrast(colour(paper, "--fan-50"), "#ffffff")).toBeGreaterThanOrEqual(2);
  expect(contrast(colour(paper, "--median"), colour(paper, "--fan-50"))).toBeGreaterThanOrEqual(4.5);
});

function block(css: string, selector: string): Map<string, string> {
  const start = css.indexOf("{", css.indexOf(selector));
  const body = css.slice(start + 1, css.indexOf("}", start));
  return new Map([...body.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map((found) => [found[1] ?? "", found[2] ?? ""]));
}

function colour(theme: Map<string, string>, name: string): string {
  const value = theme.get(name) ?? "";
  const token = value.match(/^var\((--[\w-]+)\)$/)?.[1];
  return token === undefined ? value : (TOKENS.match(new RegExp(`${token}: (#[0-9a-f]{6});`))?.[1] ?? "");
}
