// What of the timeline is asked for, as the server's question. The same question gives the list and the export.

export const KINDS = ["recommendation", "decision", "publication", "crossing", "official", "device", "note", "session", "service"] as const;
export type Kind = (typeof KINDS)[number];

export interface Filter {
  kinds: readonly Kind[];
  area: string | null;
  /** Hours back from now. */
  hours: number;
}

/** The part of the address after `?`. Times are of the full minute, so that list and export ask alike. */
export function questionOf({ kinds, area, hours }: Filter, now: number): string {
  const parts = new URLSearchParams();
  // All kinds need no naming; none chosen is the same as all, never an empty list by mistake.
  if (kinds.length > 0 && kinds.length < KINDS.length) parts.set("kind", kinds.join(","));
  if (area !== null) parts.set("area", area);
  parts.set("from", minute(now - hours * 3_600_000));
  return parts.toString();
}

function minute(ms: number): string {
  return new Date(Math.floor(ms / 60_000) * 60_000).toISOString().replace(".000Z", "Z");
}

// Recommendations are named by a number that nobody can read aloud.
const NUMBER = /\br-[0-9a-f]{32}\b/g;

/** An entry in words: numbers of recommendations become what they are about, where that is known, else they are cut short. */
export function readable(text: string, about: ReadonlyMap<string, string>): string {
  return text.replace(NUMBER, (number) => about.get(number) ?? `${number.slice(0, 8)}…`);
}
