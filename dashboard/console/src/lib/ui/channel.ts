// Ways out in the language of the interface: the server names each by a word, and how it stands by another.

import { isKey, language, t } from "../i18n/index.svelte";
import { said, type Said } from "./said";

/** The name of a way out; one that the catalogue does not know keeps the server's. */
export function channelName(channel: { id: string; name?: string }): Said {
  const [kind = "", own = ""] = channel.id.split(":");
  const key = `channel.${kind}`;
  return isKey(key) ? { text: t(key, { name: own }), lang: language.current } : said(channel.name ?? channel.id);
}

/** How a way out stands. */
export function channelState(plan: { state?: string; owed?: number | null; condition: string }): Said {
  const key = `channel.state.${plan.state ?? ""}`;
  return isKey(key) ? { text: t(key, { n: plan.owed ?? 0 }), lang: language.current } : said(plan.condition);
}
