// Ranks of flood depth (浸水深ランク) in words.

import { isKey, say, type Key, type Lang } from "$lib/i18n/index.svelte";

export function depthWords(rank: number, lang: Lang): string {
  const key = `map.depth.${rank}`;
  return isKey(key) ? say(lang, key as Key) : say(lang, "map.depth_unknown");
}
