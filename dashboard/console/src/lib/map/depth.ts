// Ranks of flood depth (浸水深ランク) in words.

import { isKey, say, type Key, type Lang } from "$lib/i18n/index.svelte";

export function depthWords(rank: number, lang: Lang): string {
  const key = `map.depth.${rank}`;
  return isKey(key) ? say(lang, key as Key) : say(lang, "map.depth_unknown");
}

/** A class of depth as the town's data names it; its figures need no translation, its words do. */
export function depthText(text: string, lang: Lang): string {
  if (lang === "ja") return text;
  return text.replace(/([\d.]+)m以上([\d.]+)m未満/, "$1–$2 m").replace(/([\d.]+)m未満/, "below $1 m").replace(/([\d.]+)m以上/, "over $1 m");
}
