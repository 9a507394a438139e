// What the display of the room shows, from the server's answer for it.

import type { Chart, Gauge, Situation, SituationArea } from "$lib/api/types";

export interface WallAnswer {
  as_of: string;
  headline: Situation["headline"];
  areas: SituationArea[];
  gauges: Gauge[];
  charts: Chart[];
  in_force: Situation["in_force"];
  people_in_force: number | null;
  broken: Situation["broken"];
  undecided: number;
  waiting_for_second: number;
}

// Fewer people than this are somebody in particular.
const LEAST_TOLD = 5;

/** A count of people that may be shown in a room: none, or five and more; else `null`, said as "fewer than five". */
export function tellable(people: number | null): number | null {
  return people !== null && (people === 0 || people >= LEAST_TOLD) ? people : null;
}

export interface Recommended {
  level: number;
  areas: number;
}

/** What is recommended beyond what holds, highest level first; in how many areas. Their people are left to the recommendation: two figures for one thing confuse. */
export function recommended(areas: readonly SituationArea[]): Recommended[] {
  const levels = new Map<number, SituationArea[]>();
  for (const area of areas) {
    if (area.proposed === null || area.proposed <= (area.in_force ?? 0)) continue;
    levels.set(area.proposed, [...(levels.get(area.proposed) ?? []), area]);
  }
  return [...levels]
    .sort(([one], [other]) => other - one)
    .map(([level, within]) => ({ level, areas: within.length }));
}
