// Which part of time and height a hydrograph shows, and where a moment or a level lies on it.

import { isUsable, type FanPoint, type Mark, type Reading } from "./series";

const HOUR_MS = 3_600_000;
// Japan is nine hours ahead and has no summer time; hours of the axis are counted there.
const JAPAN_MS = 9 * HOUR_MS;
// A mark further up than this many times the height of the data would flatten the data; the nearest above is kept.
const FARTHEST_MARK = 3;
// The 90 % band may widen the chart by this part of its height; where it is cut the chart says so.
const BAND_MORE = 0.3;
// The least height shown, metres, so that still water does not look wild.
const LEAST_HEIGHT_M = 0.8;
const STEPS_M = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];
const STEPS_H = [1, 2, 3, 6, 12, 24, 48, 96];
const HOUR_LABEL_PX = 44;
const HEIGHT_LABEL_PX = 30;

export interface Room {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface Shown {
  readings: readonly Reading[];
  fan: readonly FanPoint[];
  marks: readonly Mark[];
  now: number;
}

export interface Scale {
  room: Room;
  from: number;
  to: number;
  low_m: number;
  high_m: number;
  x(at: number): number;
  y(level_m: number): number;
  // The same, but a level off the chart stays at its edge.
  yWithin(level_m: number): number;
  shows(level_m: number): boolean;
  heights_m: number[];
  hours: { at: number; midnight: boolean }[];
  // How far the 90 % band reaches beyond the chart; null where it is whole.
  cut: { low_m: number | null; high_m: number | null };
}

/** `null` when there is nothing that could be drawn. */
export function scaleOf({ readings, fan, marks, now }: Shown, room: Room): Scale | null {
  const moments = [...readings, ...fan].map(({ at }) => at);
  const levels = [...readings.filter(isUsable).map(({ level_m }) => level_m), ...fan.map(({ median_m }) => median_m)];
  if (moments.length === 0 || levels.length === 0) return null;
  const from = Math.min(...moments);
  const to = Math.max(...moments, now, from + HOUR_MS);
  const [low_m, high_m] = heights(levels, fan, marks);
  const plot_px = room.bottom - room.top;
  const scale: Scale = {
    room,
    from,
    to,
    low_m,
    high_m,
    x: (at) => room.left + ((at - from) / (to - from)) * (room.right - room.left),
    y: (level_m) => room.bottom - ((level_m - low_m) / (high_m - low_m)) * plot_px,
    yWithin: (level_m) => Math.min(room.bottom, Math.max(room.top, scale.y(level_m))),
    shows: (level_m) => low_m <= level_m && level_m <= high_m,
    heights_m: roundHeights(low_m, high_m, plot_px),
    hours: fullHours(from, to, room.right - room.left),
    cut: {
      low_m: beyond(fan.map((point) => point.low90_m), (level_m) => level_m < low_m, Math.min),
      high_m: beyond(fan.map((point) => point.high90_m), (level_m) => level_m > high_m, Math.max),
    },
  };
  return scale;
}

function heights(levels: number[], fan: readonly FanPoint[], marks: readonly Mark[]): [number, number] {
  let low = Math.min(...levels);
  let high = Math.max(...levels);
  const data_m = Math.max(high - low, LEAST_HEIGHT_M);
  const floor = low;
  const above = marks.map((mark) => mark.level_m).filter((level_m) => Number.isFinite(level_m) && level_m > floor).sort((one, other) => one - other);
  const next = above.find((level_m) => level_m > high);
  for (const level_m of above) {
    if (level_m === next || level_m - floor <= FARTHEST_MARK * data_m) high = Math.max(high, level_m);
  }
  if (fan.length > 0) {
    const more = BAND_MORE * Math.max(high - low, LEAST_HEIGHT_M);
    const lowest = Math.min(...fan.map((point) => point.low90_m));
    const highest = Math.max(...fan.map((point) => point.high90_m));
    [low, high] = [Math.min(low, Math.max(lowest, low - more)), Math.max(high, Math.min(highest, high + more))];
  }
  const pad = Math.max((high - low) * 0.08, (LEAST_HEIGHT_M - (high - low)) / 2);
  return [low - pad, high + pad];
}

function roundHeights(low_m: number, high_m: number, plot_px: number): number[] {
  const rough = ((high_m - low_m) * HEIGHT_LABEL_PX) / plot_px;
  const step = STEPS_M.find((candidate) => candidate >= rough) ?? 500;
  const first = Math.ceil(low_m / step - 1e-9);
  const last = Math.floor(high_m / step + 1e-9);
  // Counted in whole steps, so that no axis says 0.30000000000000004.
  return Array.from({ length: Math.min(24, Math.max(0, last - first + 1)) }, (_, index) => Number(((first + index) * step).toFixed(1)));
}

function fullHours(from: number, to: number, plot_px: number): { at: number; midnight: boolean }[] {
  const room = Math.max(1, plot_px / HOUR_LABEL_PX);
  const span_h = (to - from) / HOUR_MS;
  const step_ms = (STEPS_H.find((step_h) => span_h / step_h <= room) ?? 168) * HOUR_MS;
  const first = Math.ceil((from + JAPAN_MS) / step_ms) * step_ms - JAPAN_MS;
  const found = [];
  for (let at = first; at <= to && found.length < 64; at += step_ms) {
    found.push({ at, midnight: (at + JAPAN_MS) % (24 * HOUR_MS) === 0 });
  }
  return found;
}

function beyond(levels: number[], isOut: (level_m: number) => boolean, pick: (...levels: number[]) => number): number | null {
  const out = levels.filter(isOut);
  return out.length === 0 ? null : pick(...out);
}
