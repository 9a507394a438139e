// The borders of areas, told apart: where an area meets another with the same sign the border is an inner one and drawn
// thin, so that what is ordered together reads as one place.

export type Position = [number, number];

export interface Outlined {
  id: string;
  // Rings of all parts, closed, degrees.
  rings: Position[][];
}

export interface Border {
  id: string;
  inner: boolean;
  line: Position[];
}

// A millionth of a degree is a tenth of a metre.
const STEPS_OF_A_DEGREE = 1e6;

/** Outlines that stay while what is drawn in them changes: who meets whom is worked out once. */
export class Outlines {
  readonly #areas: { id: string; rings: { line: Position[]; steps: number[] }[] }[];
  // For each step between two corners, the same in both directions: the areas that have it.
  readonly #sides: number[][] = [];

  constructor(given: readonly Outlined[]) {
    const numbers = new Map<number, number>();
    const steps = new Map<number, number>();
    const place = placing(given);
    const cornerOf = (at: Position): number => numberIn(numbers, place(at));
    this.#areas = withCornersOfNeighbours(given).map(({ id, rings }, area) => ({
      id,
      rings: rings.map((line) => {
        const corners = line.map(cornerOf);
        return {
          line,
          steps: corners.slice(1).map((to, index) => {
            const from = corners[index] ?? to;
            const step = numberIn(steps, Math.min(from, to) * 0x4000000 + Math.max(from, to));
            (this.#sides[step] ??= []).push(area);
            return step;
          }),
        };
      }),
    }));
  }

  /** Lines along the rings, cut where inner and outer borders change. `signOf`: what is drawn in an area; areas with equal signs are one. */
  borders(signOf: (id: string) => string): Border[] {
    const signs = this.#areas.map(({ id }) => signOf(id));
    const inner = this.#sides.map((areas) => areas.length > 1 && areas.every((area) => signs[area] === signs[areas[0] ?? area]));
    return this.#areas.flatMap(({ id, rings }) => rings.flatMap(({ line, steps }) => cut(id, line, steps, inner)));
  }
}

function cut(id: string, ring: readonly Position[], steps: readonly number[], isInner: readonly boolean[]): Border[] {
  const found: Border[] = [];
  steps.forEach((step, index) => {
    const [from, to] = [ring[index], ring[index + 1]];
    if (!from || !to) return;
    const inner = isInner[step] ?? false;
    const last = found.at(-1);
    if (last && last.inner === inner) last.line.push(to);
    else found.push({ id, inner, line: [from, to] });
  });
  return found;
}

// A whole number for each place, the same for places that are a tenth of a metre or less apart. Text would do, and takes ten times as long.
function placing(areas: readonly Outlined[]): (at: Position) => number {
  let [west, south, north] = [Infinity, Infinity, -Infinity];
  for (const { rings } of areas) {
    for (const ring of rings) {
      for (const [lon, lat] of ring) {
        west = Math.min(west, lon);
        south = Math.min(south, lat);
        north = Math.max(north, lat);
      }
    }
  }
  const rows = Math.round((north - south) * STEPS_OF_A_DEGREE) + 1;
  return ([lon, lat]) => Math.round((lon - west) * STEPS_OF_A_DEGREE) * rows + Math.round((lat - south) * STEPS_OF_A_DEGREE);
}

function numberIn(known: Map<number, number>, key: number): number {
  const found = known.get(key);
  if (found !== undefined) return found;
  known.set(key, known.size);
  return known.size - 1;
}

// Along a straight street one area may have a corner where its neighbour has none. Units of a town are made of squares of a
// grid, so corners are looked for on lines that run north or east.
function withCornersOfNeighbours(areas: readonly Outlined[]): Outlined[] {
  const byLon = new Map<number, number[]>();
  const byLat = new Map<number, number[]>();
  const lineOf = (degrees: number) => Math.round(degrees * STEPS_OF_A_DEGREE);
  const note = (map: Map<number, number[]>, key: number, value: number) => {
    const known = map.get(key);
    if (known) known.push(value);
    else map.set(key, [value]);
  };
  for (const { rings } of areas) {
    for (const ring of rings) {
      for (const [lon, lat] of ring) {
        note(byLon, lineOf(lon), lat);
        note(byLat, lineOf(lat), lon);
      }
    }
  }
  for (const map of [byLon, byLat]) for (const [key, values] of map) if (values.length > 1) map.set(key, [...new Set(values)].sort((one, other) => one - other));
  const between = (values: readonly number[] | undefined, from: number, to: number) => {
    if (!values) return [];
    const [low, high] = from < to ? [from, to] : [to, from];
    const found: number[] = [];
    for (let index = after(values, low); index < values.length; index += 1) {
      const value = values[index];
      if (value === undefined || value >= high) break;
      found.push(value);
    }
    return from < to ? found : found.reverse();
  };
  const refined = (ring: Position[]): Position[] => {
    const corners: Position[] = ring.slice(0, 1);
    for (let index = 1; index < ring.length; index += 1) {
      const [from, to] = [ring[index - 1], ring[index]];
      if (!from || !to) continue;
      if (from[0] === to[0]) corners.push(...between(byLon.get(lineOf(from[0])), from[1], to[1]).map((lat): Position => [from[0], lat]));
      else if (from[1] === to[1]) corners.push(...between(byLat.get(lineOf(from[1])), from[0], to[0]).map((lon): Position => [lon, from[1]]));
      corners.push(to);
    }
    return corners;
  };
  return areas.map((area) => ({ ...area, rings: area.rings.map(refined) }));
}

// The place of the first value above `low` in a sorted row.
function after(values: readonly number[], low: number): number {
  let [from, to] = [0, values.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((values[middle] ?? Infinity) > low) to = middle;
    else from = middle + 1;
  }
  return from;
}
