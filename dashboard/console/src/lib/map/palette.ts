// The colours of the map, read from the style sheet: it says each of them once, for legend and map alike.

import { LEVELS, type Level } from "$lib/level/levels";

export interface Palette {
  ground: string;
  outside: string;
  road: string;
  roadEdge: string;
  river: string;
  border: string;
  district: string;
  label: string;
  halo: string;
  casing: string;
  sign: string;
  signInk: string;
  landslide: string;
  focus: string;
  font: string;
  depths: string[];
  /** By night the ramp is dimmed, or it would outshine what lies on it. */
  depthOpacity: number;
  levels: Record<Level, string>;
}

export function readPalette(of: Element): Palette {
  const style = getComputedStyle(of);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    ground: read("--map-ground"),
    outside: read("--map-outside"),
    road: read("--map-road"),
    roadEdge: read("--map-road-edge"),
    river: read("--map-river"),
    border: read("--map-border"),
    district: read("--map-district"),
    label: read("--map-label"),
    halo: read("--map-halo"),
    casing: read("--map-casing"),
    sign: read("--map-sign"),
    signInk: read("--map-sign-ink"),
    landslide: read("--map-landslide"),
    focus: read("--focus"),
    font: read("--font"),
    depths: [1, 2, 3, 4, 5, 6].map((rank) => read(`--depth-${rank}`)),
    depthOpacity: Number(read("--map-depth-opacity")),
    levels: Object.fromEntries(LEVELS.map((level) => [level, read(`--level-${level}`)])) as Record<Level, string>,
  };
}
