// The borders of areas, told apart: where an area meets another with the same sign the border is an inner one and drawn
// thin, so that what is ordered together reads as one place.

export type Position = [number, number];

export interface Bordered {
  id: string;
  // Rings of all parts, closed, degrees.
  rings: Position[][];
  // What is drawn there; areas with equal signs are one.
  sign: string;
}

export interface Border {
  id: string;
  inner: boolean;
  line: Position[];
}

/** Lines along the rings, cut where inner and outer borders change. */
export function borders(given: readonly Bordered[]): Border[] {
  const areas = withCornersOfNeighbours(given);
  const neighbours = new Map<string, Set<string>>();
  const touch = (key: string, sign: string) => {
    const known = neighbours.get(key);
    if (known) known.add(sign);
    else neighbours.set(key, new Set([sign]));
  };
  const times = new Map<string, number>();
  for (const { rings, sign } of areas) {
    for (const [from, to] of steps(rings)) {
      const key = keyOf(from, to);
      touch(key, sign);
      times.set(key, (times.get(key) ?? 0) + 1);
    }
  }
  const isInner = (from: Position, to: Position) => {
    const key = keyOf(from, to);
    return (times.get(key) ?? 0) > 1 && neighbours.get(key)?.size === 1;
  };
  return areas.flatMap(({ id, rings }) => rings.flatMap((ring) => cut(id, ring, isInner)));
}

function cut(id: string, ring: readonly Position[], isInner: (from: Position, to: Position) => boolean): Border[] {
  const found: Border[] = [];
  for (const [from, to] of steps([ring])) {
    const inner = isInner(from, to);
    const last = found.at(-1);
    if (last && last.inner === inner) last.line.push(to);
    else found.push({ id, inner, line: [from, to] });
  }
  return found;
}

// Along a straight street one area may have a corner where its neighbour has none. Units of a town are made of squares of a
// grid, so corners are looked for on lines that run north or east.
function withCornersOfNeighbours(areas: readonly Bordered[]): Bordered[] {
  const byLon = new Map<string, Set<number>>();
  const byLat = new Map<string, Set<number>>();
  const note = (map: Map<string, Set<number>>, key: number, value: number) => {
    const known = map.get(key.toFixed(6));
    if (known) known.add(value);
    else map.set(key.toFixed(6), new Set([value]));
  };
  for (const { rings } of areas) {
    for (const [lon, lat] of rings.flat()) {
      note(byLon, lon, lat);
      note(byLat, lat, lon);
    }
  }
  const between = (values: Set<number> | undefined, from: number, to: number) =>
    [...(values ?? [])].filter((value) => (value - from) * (value - to) < 0).sort((one, other) => (from < to ? one - other : other - one));
  const refined = (ring: Position[]): Position[] => {
    const corners: Position[] = ring.slice(0, 1);
    for (const [from, to] of steps([ring])) {
      if (from[0] === to[0]) corners.push(...between(byLon.get(from[0].toFixed(6)), from[1], to[1]).map((lat): Position => [from[0], lat]));
      else if (from[1] === to[1]) corners.push(...between(byLat.get(from[1].toFixed(6)), from[0], to[0]).map((lon): Position => [lon, from[1]]));
      corners.push(to);
    }
    return corners;
  };
  return areas.map((area) => ({ ...area, rings: area.rings.map(refined) }));
}

function* steps(rings: readonly (readonly Position[])[]): Generator<[Position, Position]> {
  for (const ring of rings) {
    for (let index = 1; index < ring.length; index += 1) {
      const [from, to] = [ring[index - 1], ring[index]];
      if (from && to) yield [from, to];
    }
  }
}

// The same for both directions; a millionth of a degree is a tenth of a metre.
function keyOf(from: Position, to: Position): string {
  const [one, other] = [`${from[0].toFixed(6)},${from[1].toFixed(6)}`, `${to[0].toFixed(6)},${to[1].toFixed(6)}`];
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}
