// Sentences of the server in the language of the interface, with the language they are really in.

import type { Problem } from "../api/client";
import type { Text } from "../api/types";
import { isKey, language, t } from "../i18n/index.svelte";
import type { Lang } from "../i18n/index.svelte";

export interface Said {
  text: string;
  lang: Lang;
}

/** Without an English sentence the Japanese one is shown and marked as Japanese. */
export function said(text: Text | string | null | undefined): Said {
  if (text === null || text === undefined) return { text: "", lang: language.current };
  if (typeof text === "string") return { text, lang: "ja" };
  return language.current === "en" && text.en ? { text: text.en, lang: "en" } : { text: text.ja, lang: "ja" };
}

/** Lines of the server, each with the English beside it. */
export function lines(ja: string[], en?: (string | null)[]): Text[] {
  return ja.map((text, index) => ({ ja: text, en: en?.[index] ?? null }));
}

/** A name with its English form, where there is one. */
export function named(name: string, english: string | null | undefined): string {
  return language.current === "en" && english ? english : name;
}

/** A reference level by its name in the data, in English by its kind. */
export function markName(mark: { key: string; name: string }): string {
  const key = `chart.mark.${mark.key}`;
  return language.current === "en" && isKey(key) ? t(key) : mark.name;
}

/** A refusal or a broken way, in words. */
export function explained(problem: Problem): string {
  if (problem.unreachable) return t("problem.unreachable");
  const japanese = problem.body.detail_ja;
  const own = language.current === "ja" && typeof japanese === "string" ? japanese : problem.detail || problem.title;
  return own || t("problem.status", { status: problem.status });
}
