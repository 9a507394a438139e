import { afterEach, expect, it, vi } from "vitest";

import { language } from "../i18n/index.svelte";
import { lines, said } from "./said";

afterEach(() => vi.restoreAllMocks());

it("lines of the server are said in English where there is English, and else in Japanese that is marked as such", () => {
  const both = lines(["一行目", "二行目", "三行目"], ["First", null]);
  vi.spyOn(language, "current", "get").mockReturnValue("en");
  expect(both.map(said)).toEqual([{ text: "First", lang: "en" }, { text: "二行目", lang: "ja" }, { text: "三行目", lang: "ja" }]);
  vi.spyOn(language, "current", "get").mockReturnValue("ja");
  expect(both.map(said)).toEqual(["一行目", "二行目", "三行目"].map((text) => ({ text, lang: "ja" })));
});

it("a server that has no English yet is read as well", () => {
  expect(lines(["一行目"])).toEqual([{ ja: "一行目", en: null }]);
});
