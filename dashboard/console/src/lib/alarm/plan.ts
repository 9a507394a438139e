// When something sounds: which alarms, how often, and when a flood of them becomes one. Pure; the sound is elsewhere.

import type { Alarm, AlarmClass } from "../api/types";

/** How often a class repeats, and how many times at most. */
export const REPEAT: Record<AlarmClass, { each_ms: number; most: number } | null> = {
  act_now: { each_ms: 30_000, most: Infinity },
  act_soon: { each_ms: 300_000, most: 3 },
  know: null,
};
/** More first soundings than this within the time are a flood: then one sound per group. */
export const FLOOD_MOST = 10;
export const FLOOD_WITHIN_MS = 600_000;

/** One sound to play. */
export interface Sounding {
  class: AlarmClass;
  keys: string[];
}

interface Played {
  at_ms: number;
  times: number;
}

/** Remembers what sounded. Asked often; answers with what should sound at this moment, most pressing first. */
export class SoundPlan {
  #played = new Map<string, Played>();
  #first: { at_ms: number; group: string }[] = [];

  /** `now_ms` is of the monotonic clock; `resting` tells whether an alarm rests (deferred) by the server's clock. */
  due(alarms: Alarm[], now_ms: number, resting: (alarm: Alarm) => boolean): Sounding[] {
    const live = new Set(alarms.map(causeOf));
    for (const key of this.#played.keys()) if (!live.has(key)) this.#played.delete(key);
    this.#first = this.#first.filter((one) => now_ms - one.at_ms < FLOOD_WITHIN_MS);

    const due = new Map<AlarmClass, string[]>();
    for (const alarm of alarms) {
      const repeat = REPEAT[alarm.class];
      if (!repeat || alarm.acknowledged || resting(alarm)) continue;
      const cause = causeOf(alarm);
      const played = this.#played.get(cause);
      if (played && (now_ms - played.at_ms < repeat.each_ms || played.times >= repeat.most)) continue;
      const group = alarm.group ?? cause;
      const silenced = !played && this.#first.length >= FLOOD_MOST && this.#first.some((one) => one.group === group);
      this.#played.set(cause, { at_ms: now_ms, times: (played?.times ?? 0) + 1 });
      if (silenced) continue;
      if (!played) this.#first.push({ at_ms: now_ms, group });
      due.set(alarm.class, [...(due.get(alarm.class) ?? []), alarm.key]);
    }
    return (["act_now", "act_soon"] as const).flatMap((kind) => {
      const keys = due.get(kind);
      return keys ? [{ class: kind, keys }] : [];
    });
  }

  /** The group of an alarm is in a flood: it is shown grouped. */
  flood(now_ms: number): boolean {
    return this.#first.filter((one) => now_ms - one.at_ms < FLOOD_WITHIN_MS).length >= FLOOD_MOST;
  }
}

// The same alarm one stage higher is a new cause: it rings again.
function causeOf(alarm: Alarm): string {
  return `${alarm.key} ${alarm.class}`;
}

/** How far an unanswered act-now alarm has gone, by its age. */
export function stage(age_s: number): 0 | 1 | 2 | 3 {
  if (age_s >= 300) return 3;
  if (age_s >= 180) return 2;
  return age_s >= 60 ? 1 : 0;
}

/** Unanswered alarms by what they are about, in the order of their first. */
export function grouped(alarms: Alarm[]): { group: string | null; alarms: Alarm[] }[] {
  const groups = new Map<string, { group: string | null; alarms: Alarm[] }>();
  for (const alarm of alarms) {
    const name = alarm.group ? `g ${alarm.group} ${alarm.class}` : `k ${alarm.key}`;
    const known = groups.get(name);
    if (known) known.alarms.push(alarm);
    else groups.set(name, { group: alarm.group, alarms: [alarm] });
  }
  return [...groups.values()];
}
