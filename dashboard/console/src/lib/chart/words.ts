// What a hydrograph says in words: for who does not see it, and beside its lines.

import { isKey, say, type Key, type Lang } from "$lib/i18n/index.svelte";
import { clockTime, metres } from "$lib/format";
import type { FanPoint, Mark, Reading } from "./series";

export interface Reached {
  from: number;
  to: number | null;
  level_m: number;
}

/** The whole picture in two or three sentences. */
export function summary(
  { title, newest, fan, reached, marks }: { title: string; newest: (Reading & { level_m: number }) | null; fan: readonly FanPoint[]; reached: Reached | null; marks: readonly Mark[] },
  lang: Lang,
): string {
  const sentences = [
    newest === null
      ? say(lang, "chart.says_nothing", { title })
      : say(lang, "chart.says_newest", { title, time: clockTime(newest.at, lang), level: metres(newest.level_m) }),
  ];
  const last = fan.at(-1);
  if (last && fan.length > 1) {
    sentences.push(say(lang, "chart.says_forecast", { time: clockTime(last.at, lang), median: metres(last.median_m), low: metres(last.low90_m), high: metres(last.high90_m) }));
  }
  const mark = reached && marks.find((one) => one.level_m === reached.level_m);
  if (reached) sentences.push(say(lang, "chart.says_crossing", { mark: mark ? markName(mark, lang) : metres(reached.level_m), when: crossingWords(reached, lang) }));
  return sentences.join(lang === "ja" ? "" : " ");
}

/** When a mark is reached: always a range of clock times. */
export function crossingWords({ from, to }: Reached, lang: Lang): string {
  return to === null
    ? say(lang, "chart.reach_open", { from: clockTime(from, lang) })
    : say(lang, "chart.reach", { from: clockTime(from, lang), to: clockTime(to, lang) });
}

/** One moment under the cursor. */
export function momentWords(at: number, readings: readonly Reading[], fan: readonly FanPoint[], lang: Lang): string {
  const time = clockTime(at, lang);
  const reading = readings.find((one) => one.at === at);
  if (reading) {
    if (reading.level_m === null) return say(lang, "chart.moment_gap", { time });
    const flag = reading.flag === "good" ? "" : say(lang, "chart.moment_flag", { flag: say(lang, `chart.flag.${reading.flag}`) });
    return say(lang, "chart.moment_measured", { time, level: metres(reading.level_m), flag });
  }
  const point = fan.find((one) => one.at === at);
  if (!point) return say(lang, "chart.moment_gap", { time });
  return say(lang, "chart.moment_forecast", {
    time, median: metres(point.median_m), low50: metres(point.low50_m), high50: metres(point.high50_m), low90: metres(point.low90_m), high90: metres(point.high90_m),
  });
}

/** Names of marks come from the data; only English has words of its own for the keys that the agencies share. */
export function markName(mark: Mark, lang: Lang): string {
  const key = `chart.mark.${mark.key ?? ""}`;
  return lang === "en" && isKey(key) ? say(lang, key as Key) : mark.name;
}

/** For the margin of a chart, where a long name has no room; the table has it whole. */
export function shortMarkName(mark: Mark, lang: Lang, narrow = false): string {
  const key = `chart.mark_short.${mark.key ?? ""}`;
  if (lang === "en" && isKey(key)) return say(lang, key as Key);
  return narrow || [...mark.name].length > 6 ? mark.name.replace(/水位$/, "") : mark.name;
}
