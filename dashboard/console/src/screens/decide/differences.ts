// What has changed in a recommendation since it was read, as values beside each other.

import type { Detail } from "$lib/api/types";
import { named } from "$lib/ui/said";

export type What = "level" | "chance" | "decide_by" | "crossing" | "people" | "added" | "dropped" | "evidence" | "counter";

export interface Change {
  what: What;
  before: string;
  after: string;
}

/** Only what differs, in the order in which it matters. Times stay RFC 3339; the screen writes them. */
export function differences(before: Detail, after: Detail): Change[] {
  const changes: Change[] = [];
  const put = (what: What, one: string, other: string) => {
    if (one !== other) changes.push({ what, before: one, after: other });
  };
  put("level", String(before.level), String(after.level));
  put("chance", chance(before), chance(after));
  put("decide_by", before.decide_by?.from ?? "", after.decide_by?.from ?? "");
  put("crossing", before.crossing?.from ?? "", after.crossing?.from ?? "");
  put("people", String(before.exposed?.people ?? ""), String(after.exposed?.people ?? ""));
  const added = after.areas.filter((area) => !before.areas.some((known) => known.id === area.id));
  const dropped = before.areas.filter((area) => !after.areas.some((known) => known.id === area.id));
  put("added", "", namesOf(added));
  put("dropped", namesOf(dropped), "");
  put("evidence", fresh(after.evidence, before.evidence), fresh(before.evidence, after.evidence));
  put("counter", fresh(after.counter_evidence, before.counter_evidence), fresh(before.counter_evidence, after.counter_evidence));
  return changes;
}

/** The recommendation as a text rests on it: the first that was seen with the substance that the text was written on. */
export function asRead(known: Detail | null, now: Detail | undefined, substance: string | null | undefined): Detail | null {
  return known ?? (now && now.substance === substance ? now : null);
}

function namesOf(areas: Detail["areas"]): string {
  return areas.map((area) => named(area.name, area.name_en)).join("、");
}

function chance({ chance }: Detail): string {
  return chance ? `${Math.round(chance.percent)}% (${Math.round(chance.low_percent)}–${Math.round(chance.high_percent)}%)` : "";
}

// Lines that were not there before, in the language of the interface.
function fresh(before: Detail["evidence"], after: Detail["evidence"]): string {
  return after.filter((line) => !before.some((known) => known.text === line.text)).map((line) => named(line.text, line.en)).join(" / ");
}
