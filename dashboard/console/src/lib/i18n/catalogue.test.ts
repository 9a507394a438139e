import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import en from "./en.json";
import ja from "./ja.json";

const JA: Record<string, string> = ja;
const EN: Record<string, string> = en;
const SOURCE = fileURLToPath(new URL("../..", import.meta.url));
const JAPANESE = /[\u3040-\u30ff\u3400-\u9fff]/;

const sources = (readdirSync(SOURCE, { recursive: true }) as string[])
  .filter((name) => /\.(svelte|ts)$/.test(name) && !/\.test\.ts$/.test(name))
  .map((name) => readFileSync(join(SOURCE, name), "utf8"))
  .join("\n");
const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

describe("the catalogues", () => {
  it("have the same keys", () => {
    expect(Object.keys(EN).filter((key) => !(key in JA))).toEqual([]);
    expect(Object.keys(JA).filter((key) => !(key in EN))).toEqual([]);
  });

  it("have the same places to fill in, and no empty sentence", () => {
    for (const [key, sentence] of Object.entries(JA)) {
      expect(placeholders(EN[key] ?? ""), key).toEqual(placeholders(sentence));
      expect(sentence.trim() !== "" && EN[key]?.trim() !== "", key).toBe(true);
    }
  });

  it("have no Japanese in the English one, and Japanese in the other", () => {
    for (const [key, sentence] of Object.entries(EN)) expect(sentence, key).not.toMatch(JAPANESE);
    // Figures, units and names of formats are the same in both.
    for (const [key, sentence] of Object.entries(JA)) {
      const letters = sentence.replace(/\{\w+\}/g, "").match(/[A-Za-z]{4,}/);
      if (letters) expect(JAPANESE.test(sentence) || EN[key] === sentence, key).toBe(true);
    }
  });

  it("are used: every key stands in the sources, or begins as a template there", () => {
    // A template counts by what stands before its first value; a bare value would use everything.
    const beginnings = [...sources.matchAll(/`([A-Za-z_]+\.[A-Za-z_.]*)\$\{/g)].map(([, beginning]) => beginning as string);
    const unused = Object.keys(JA).filter((key) => !sources.includes(`"${key}"`) && !beginnings.some((beginning) => key.startsWith(beginning)));
    expect(unused).toEqual([]);
  });
});
