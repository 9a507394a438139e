// The words of the screens, from two catalogues of the same keys. Japanese is part of the program; English is loaded
// when somebody chooses it.

import englishAddress from "./en.json?url";
import ja from "./ja.json";

export type Lang = "ja" | "en";
export type Key = keyof typeof ja;
export type Params = Record<string, string | number>;

const KEPT = "hinan.lang";

let current = $state<Lang>("ja");
let english = $state.raw<Record<string, string> | null>(null);

/** The language of the interface; texts of notices have a language of their own. */
export const language = {
  get current(): Lang {
    return current;
  },
  /** Takes effect when its words are there; without them the screen stays as it is. */
  async set(lang: Lang): Promise<void> {
    if (lang === "en" && !english && !(await loadEnglish())) return;
    current = lang;
    document.documentElement.lang = lang;
    try {
      localStorage.setItem(KEPT, lang);
    } catch {
      // A browser that keeps nothing still shows the chosen language until it is closed.
    }
  },
  /** The language chosen last on this machine, else Japanese. */
  async restore(): Promise<void> {
    let kept: string | null = null;
    try {
      kept = localStorage.getItem(KEPT);
    } catch {
      kept = null;
    }
    await language.set(kept === "en" ? "en" : "ja");
  },
};

async function loadEnglish(): Promise<boolean> {
  try {
    teachEnglish((await (await fetch(englishAddress)).json()) as Record<string, string>);
    return true;
  } catch (error) {
    console.warn("the English words were not loaded", error);
    return false;
  }
}

/** The English words, where they come another way than over the network. */
export function teachEnglish(words: Record<string, string>): void {
  english = words;
}

/** The sentence of `key` in the chosen language; `{name}` is replaced by `params.name`. */
export function t(key: Key, params?: Params): string {
  return say(current, key, params);
}

/** The same in a named language. */
export function say(lang: Lang, key: Key, params?: Params): string {
  // A word of a newer server is shown as it came.
  return fill((lang === "en" ? english?.[key] : undefined) ?? ja[key] ?? key, params);
}

/** True when `text` is a key; for words that the server names by a code. */
export function isKey(text: string): text is Key {
  return Object.hasOwn(ja, text);
}

function fill(sentence: string, params?: Params): string {
  if (!params) return sentence;
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => (name in params ? String(params[name]) : whole));
}
