// What the map is told to draw, and what it tells back. Nothing here knows the library that draws.

import type { Level } from "$lib/level/levels";

export interface Area {
  id: string;
  name: string;
  level: number;
  state: "recommended" | "in_force";
  /** How likely, in three classes; told by the density of the hatch, never by a hard edge. */
  chance?: "low" | "medium" | "high" | null;
  /** The lower level that holds there while a higher one is recommended. */
  alsoInForce?: number | null;
}

export interface Shelter {
  id: string;
  name: string;
  lon: number;
  lat: number;
  state: "open" | "closed" | "full" | "unreachable" | "unknown";
  free?: number | null;
}

export interface Gauge {
  id: string;
  name: string;
  lon: number | null;
  lat: number | null;
  value_m: number | null;
  at: string | null;
  level: number | null;
  health: string;
}

/** A layer of the map, in the order in which they lie on one another. */
export const LAYERS = ["ground", "roads", "depth", "landslide", "rivers", "areas", "shelters", "gauges"] as const;
export type LayerKey = (typeof LAYERS)[number];

/** One thing in view, for the table and for tests. */
export interface Listed {
  layer: LayerKey;
  id: string;
  name: string;
  /** Of an area: what is issued or recommended there. */
  level: Level | null;
  /** Of depth: the rank, 1 to 6. */
  rank?: number;
}

/** What is drawn now, for the legend: one entry for each kind of sign. */
export interface Drawn {
  counts: Record<LayerKey, number>;
  ranks: number[];
  areas: { level: Level; state: Area["state"] }[];
  hasCalmAreas: boolean;
  shelters: Shelter["state"][];
  gauges: { heard: boolean; silent: boolean };
}

/** How a map is moved, asked and pictured; `TownMap` in `ol/` is one. */
export interface MapHandle {
  setAreas(areas: readonly Area[]): void;
  setShelters(shelters: readonly Shelter[]): void;
  setGauges(gauges: readonly Gauge[]): void;
  setSelection(selection: string | null): void;
  /** Areas taken in hand, outlined strongly; to be issued for nothing yet. */
  setMarked(areas: ReadonlySet<string>): void;
  /** Reads the colours of the page again. */
  setTheme(): void;
  setLang(lang: "ja" | "en"): void;
  zoomBy(steps: number): void;
  /** Shows the areas with a level, or all of the town where none has one. */
  fit(): void;
  features(): Listed[];
  snapshot(): Promise<Blob>;
  /** The rank of flood depth at the middle of the picture; `null` where none is drawn. */
  depthAtMiddle(): number | null;
  destroy(): void;
}

export interface MapEvents {
  onselect(selection: string | null): void;
  /** Everything asked for has come and is drawn. */
  oncomplete(drawn: Drawn): void;
  /** The view or the data changed; what was complete is so no more. */
  onmove(): void;
  /** Rank of depth under the pointer, `null` where none is drawn, `undefined` when the pointer has left. */
  onpoint(rank: number | null | undefined): void;
  ontrouble(what: "tiles" | "areas" | "signed_out"): void;
}

/** `area:ID`, `shelter:ID`, `gauge:ID`, taken apart. */
export function partsOf(selection: string | null): { kind: string; id: string } | null {
  const at = selection?.indexOf(":") ?? -1;
  return selection === null || at < 1 ? null : { kind: selection.slice(0, at), id: selection.slice(at + 1) };
}

/** Whether a gauge's health means that it is not heard. */
export function isSilent(health: string): boolean {
  return ["late", "silent", "failed", "suspected_submerged", "never_heard", "out_of_use"].includes(health);
}
