// What a hydrograph is drawn from. Times are milliseconds since 1970, levels metres in the gauge's own datum.

export type Flag = "good" | "suspect" | "bad";

export interface Reading {
  at: number;
  // `null` where the gauge said nothing: a gap, never a zero.
  level_m: number | null;
  flag: Flag;
}

/** One step of a forecast: the middle and the edges of the bands that hold half and nine tenths of what may come. */
export interface FanPoint {
  at: number;
  low90_m: number;
  low50_m: number;
  median_m: number;
  high50_m: number;
  high90_m: number;
}

/** A reference level (基準水位). A design level has no alert level. */
export interface Mark {
  name: string;
  key?: string;
  level: number | null;
  level_m: number;
}

// A gap is a silence longer than so many rhythms of the gauge.
const GAP_RHYTHMS = 2;
const HOUR_MS = 3_600_000;

export interface Gap {
  from: number;
  to: number;
}

/** The usual distance of two readings: the middle one of all distances. An hour when there are fewer than two. */
export function rhythm_ms(readings: readonly Reading[]): number {
  const steps = readings
    .slice(1)
    .map((reading, index) => reading.at - (readings[index]?.at ?? reading.at))
    .filter((step) => step > 0)
    .sort((one, other) => one - other);
  return steps[Math.floor(steps.length / 2)] ?? HOUR_MS;
}

/** The measured line in pieces without a gap. What is flagged bad is not part of the line, nor is what is no number. */
export function pieces(readings: readonly Reading[], cadence_ms = rhythm_ms(readings)): Reading[][] {
  const found: Reading[][] = [];
  let piece: Reading[] = [];
  for (const reading of readings) {
    const last = piece.at(-1);
    const broken = !isUsable(reading) || (last !== undefined && reading.at - last.at > GAP_RHYTHMS * cadence_ms);
    if (broken && piece.length > 0) {
      found.push(piece);
      piece = [];
    }
    if (isUsable(reading)) piece.push(reading);
  }
  if (piece.length > 0) found.push(piece);
  return found;
}

/** The silences between the pieces, and the one that lasts until `now`. */
export function gaps(readings: readonly Reading[], now: number, cadence_ms = rhythm_ms(readings)): Gap[] {
  const drawn = pieces(readings, cadence_ms);
  const found: Gap[] = [];
  for (const [index, piece] of drawn.entries()) {
    const from = piece.at(-1)?.at;
    const to = drawn[index + 1]?.[0]?.at ?? now;
    if (from !== undefined && to - from > GAP_RHYTHMS * cadence_ms) found.push({ from, to });
  }
  return found;
}

export function isUsable(reading: Reading): reading is Reading & { level_m: number } {
  return reading.flag !== "bad" && reading.level_m !== null && Number.isFinite(reading.level_m);
}

/** The newest reading that is part of the line. */
export function latest(readings: readonly Reading[]): (Reading & { level_m: number }) | null {
  return readings.filter(isUsable).at(-1) ?? null;
}

/** The steps of a forecast whose figures are all there, opened at the newest reading, which is known. */
export function fanFrom(readings: readonly Reading[], forecast: readonly FanPoint[]): FanPoint[] {
  const whole = forecast.filter((point) => Object.values(point).every(Number.isFinite));
  const last = latest(readings);
  const first = whole[0];
  if (last === null || first === undefined || last.at >= first.at) return whole;
  const known = last.level_m;
  return [{ at: last.at, low90_m: known, low50_m: known, median_m: known, high50_m: known, high90_m: known }, ...whole];
}
