// Which shelters are shown, in which order, and how full they are.

import type { Shelter } from "$lib/api/types";

// Those somebody can act on stand first.
const ORDER: Shelter["state"][] = ["full", "open", "unreachable", "closed", "not_reported"];

export interface Wanted {
  words: string;
  state: Shelter["state"] | null;
  floodOnly: boolean;
  inTownOnly: boolean;
}

/** The name of a hazard as tables say it: the record says `LargeFire` where they say `large_fire`. */
export function hazardOf(named: string): string {
  return named.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();
}

export function isForFlood(shelter: Pick<Shelter, "approved_for">): boolean {
  return shelter.approved_for.some((hazard) => hazardOf(hazard) === "flood");
}

export function wantedOf(shelters: readonly Shelter[], { words, state, floodOnly, inTownOnly }: Wanted): Shelter[] {
  const typed = words.normalize("NFKC").trim().toLowerCase();
  return shelters
    .filter((shelter) => state === null || shelter.state === state)
    .filter((shelter) => !floodOnly || isForFlood(shelter))
    .filter((shelter) => !inTownOnly || shelter.in_town)
    .filter((shelter) => typed === "" || [shelter.name, shelter.name_en, shelter.address].some((text) => text?.normalize("NFKC").toLowerCase().includes(typed)))
    .sort((one, other) => ORDER.indexOf(one.state) - ORDER.indexOf(other.state) || one.name.localeCompare(other.name, "ja"));
}

/** How many are in each state; states that no shelter has are left out. */
export function countsOf(shelters: readonly Shelter[]): { state: Shelter["state"]; n: number }[] {
  return ORDER.map((state) => ({ state, n: shelters.filter((shelter) => shelter.state === state).length })).filter(({ n }) => n > 0);
}

/** Percent of the places taken, whole; `null` where capacity or occupancy is unknown. */
export function taken(shelter: Pick<Shelter, "capacity" | "occupancy">): number | null {
  if (shelter.capacity === null || shelter.capacity <= 0 || shelter.occupancy === null) return null;
  return Math.round((shelter.occupancy / shelter.capacity) * 100);
}
