import { expect, it, vi } from "vitest";

import type { Detail } from "$lib/api/types";
import { language } from "$lib/i18n/index.svelte";

import { asRead, differences } from "./differences";

const detail = (more: Partial<Detail>): Detail => ({
  level: 4, chance: null, decide_by: null, crossing: null, exposed: null, areas: [{ id: "a", name: "東町", name_en: null, people_in_zone: 1 }], evidence: [], counter_evidence: [], ...more,
}) as Detail;

it("the same picture has no difference", () => {
  expect(differences(detail({}), detail({}))).toEqual([]);
});

it("level, districts and grounds are named with both values", () => {
  const line = (text: string) => ({ text, source: "観測", at: "2026-01-01T00:00:00Z" });
  const before = detail({ evidence: [line("上昇中")] });
  const after = detail({ level: 5, areas: [{ id: "b", name: "西町", name_en: null, people_in_zone: 2 }], evidence: [line("上昇中"), line("危険水位を超えた")] });
  expect(differences(before, after)).toEqual([
    { what: "level", before: "4", after: "5" },
    { what: "added", before: "", after: "西町" },
    { what: "dropped", before: "東町", after: "" },
    { what: "evidence", before: "", after: "危険水位を超えた" },
  ]);
});

it("in the English interface grounds and districts are named in English, where there is one", () => {
  vi.spyOn(language, "current", "get").mockReturnValue("en");
  const line = (text: string, en: string | null) => ({ text, en, source: "観測", at: "2016-08-30T18:00:00Z" });
  const before = detail({ areas: [] });
  const after = detail({
    areas: [{ id: "b", name: "西町", name_en: "Nishimachi", people_in_zone: 2 }, { id: "c", name: "北町", name_en: null, people_in_zone: 2 }],
    evidence: [line("危険水位を超えた", "The danger level was crossed")],
  });
  expect(differences(before, after)).toEqual([
    { what: "added", before: "", after: "Nishimachi、北町" },
    { what: "evidence", before: "", after: "The danger level was crossed" },
  ]);
  vi.restoreAllMocks();
});

it("what a text rests on is the first answer with its substance, and stays that when the substance moves on", () => {
  const first = detail({ substance: "a", level: 4 });
  const moved = detail({ substance: "b", level: 5 });
  expect(asRead(null, undefined, "a")).toBeNull();
  expect(asRead(null, moved, "a"), "another substance was never what was read").toBeNull();
  expect(asRead(null, first, "a")).toBe(first);
  expect(asRead(first, moved, "a")).toBe(first);
  expect(asRead(first, detail({ substance: "a" }), "a"), "figures that move do not move what was read").toBe(first);
});
