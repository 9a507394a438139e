// Numbers and times as officers read them. Times are always Japan time, whatever the machine thinks.

import type { Lang } from "./i18n/index.svelte";

const ZONE = "Asia/Tokyo";
const LOCALE: Record<Lang, string> = { ja: "ja-JP", en: "en-GB" };

const clocks = new Map<string, Intl.DateTimeFormat>();

function clock(lang: Lang, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${lang} ${name}`;
  let found = clocks.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(LOCALE[lang], { timeZone: ZONE, hourCycle: "h23", ...options });
    clocks.set(key, found);
  }
  return found;
}

type Moment = string | number;

function parse(at: Moment): Date {
  return new Date(at);
}

/** Hours and minutes: `21:04`. A time that cannot be read is said to be unreadable, never left blank. */
export function clockTime(at: Moment, lang: Lang): string {
  const date = parse(at);
  return Number.isNaN(date.getTime()) ? unreadable(at) : clock(lang, "hm", { hour: "2-digit", minute: "2-digit" }).format(date);
}

/** Hours, minutes and seconds: `21:04:09`. */
export function clockSeconds(at: Moment, lang: Lang): string {
  const date = parse(at);
  if (Number.isNaN(date.getTime())) return unreadable(at);
  return clock(lang, "hms", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(date);
}

/** Date and time: `9月12日(土) 21:04`, `Sat 12 Sept 21:04`. */
export function dateTime(at: Moment, lang: Lang): string {
  const date = parse(at);
  if (Number.isNaN(date.getTime())) return unreadable(at);
  if (lang === "en") return `${clock(lang, "day", { weekday: "short", day: "numeric", month: "short" }).format(date)} ${clockTime(at, lang)}`;
  const parts = clock(lang, "day", { month: "numeric", day: "numeric", weekday: "short" }).formatToParts(date);
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? "";
  return `${of("month")}月${of("day")}日(${of("weekday")}) ${clockTime(at, lang)}`;
}

/** The time alone if it is of the same day in Japan as `now`, else with its date. */
export function shortTime(at: Moment, now: Moment, lang: Lang): string {
  return day(at) === day(now) ? clockTime(at, lang) : dateTime(at, lang);
}

/** The day in Japan: `2016-08-30`. */
export function day(at: Moment): string {
  const date = parse(at);
  if (Number.isNaN(date.getTime())) return unreadable(at);
  return new Date(date.getTime() + 9 * 3_600_000).toISOString().slice(0, 10);
}

function unreadable(at: Moment): string {
  return `?${String(at).slice(0, 40)}`;
}

/** A length of time: `45秒`, `12分`, `2時間10分`; the sign is dropped. */
export function duration(seconds: number, lang: Lang): string {
  const whole = Math.abs(Math.round(seconds));
  if (!Number.isFinite(whole)) return "?";
  if (whole < 60) return lang === "ja" ? `${whole}秒` : `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return lang === "ja" ? `${minutes}分` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) {
    const rest = minutes % 60;
    if (rest === 0) return lang === "ja" ? `${hours}時間` : `${hours} h`;
    return lang === "ja" ? `${hours}時間${rest}分` : `${hours} h ${rest} min`;
  }
  const days = Math.floor(hours / 24);
  return lang === "ja" ? `${days}日` : `${days} days`;
}

/** As `duration`, with seconds below an hour, for how old a picture is: `3分7秒`. */
export function exactDuration(seconds: number, lang: Lang): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60 || whole >= 3600) return duration(whole, lang);
  const minutes = Math.floor(whole / 60);
  return lang === "ja" ? `${minutes}分${whole % 60}秒` : `${minutes} min ${whole % 60} s`;
}

/** A count with separators: `4,213`. */
export function count(n: number, lang: Lang): string {
  return new Intl.NumberFormat(LOCALE[lang]).format(n);
}

/** A level in metres with two places: `36.12`. */
export function metres(level_m: number): string {
  return level_m.toFixed(2);
}

/** A rise with its sign: `+0.16`. */
export function signed(value: number): string {
  const text = Math.abs(value).toFixed(2);
  return text === "0.00" ? "±0.00" : `${value < 0 ? "−" : "+"}${text}`;
}

/** A probability as a whole percent. Never as certain: `5%未満`, `95%以上`. */
export function percent(chance: number, lang: Lang): string {
  if (!Number.isFinite(chance)) return "?";
  if (chance < 0.05) return lang === "ja" ? "5%未満" : "under 5%";
  if (chance > 0.95) return lang === "ja" ? "95%以上" : "95% or more";
  return `${Math.round(chance * 100)}%`;
}

/** The range of a probability: `58–83%`. */
export function percentRange(low: number, high: number, lang: Lang): string {
  const whole = (chance: number) => Math.round(Math.min(1, Math.max(0, chance)) * 100);
  const from = whole(low);
  const to = whole(high);
  if (from <= 4 && to <= 4) return percent(low, lang);
  if (from >= 96) return percent(high, lang);
  return `${Math.max(from, 0)}–${to}%`;
}

/** Names joined as a sentence lists them. */
export function listed(names: string[], lang: Lang): string {
  if (lang === "ja") return names.join("、");
  return new Intl.ListFormat("en-GB", { style: "short", type: "conjunction" }).format(names);
}
