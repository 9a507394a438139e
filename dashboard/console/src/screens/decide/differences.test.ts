import { expect, it } from "vitest";

import type { Detail } from "$lib/api/types";

import { differences } from "./differences";

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
