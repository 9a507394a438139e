// From figures to lines: paths of a hydrograph, rounded to a tenth of a pixel.

import type { Scale } from "./scale";
import type { FanPoint, Mark, Reading } from "./series";

// The 90 % band is no wall: it ends in a paler seam, this part of the way out from the 50 % edge.
const SEAM = 0.72;
const LABEL_STEP_PX = 15;

export interface Bands {
  edge: string;
  outer: string;
  inner: string;
  median: string;
}

export function bands(fan: readonly FanPoint[], scale: Scale): Bands | null {
  if (fan.length < 2) return null;
  const between = (inner: number, outer: number, share: number) => inner + share * (outer - inner);
  const band = (share: number) =>
    closed(
      fan.map((point) => [scale.x(point.at), scale.y(between(point.high50_m, point.high90_m, share))]),
      fan.map((point) => [scale.x(point.at), scale.y(between(point.low50_m, point.low90_m, share))]),
    );
  return { edge: band(1), outer: band(SEAM), inner: band(0), median: line(fan.map((point) => [scale.x(point.at), scale.y(point.median_m)])) };
}

/** A piece of the measured line. */
export function measured(piece: readonly Reading[], scale: Scale): string {
  return line(piece.map((reading) => [scale.x(reading.at), scale.y(reading.level_m ?? Number.NaN)]));
}

export interface PlacedMark extends Mark {
  y: number;
  // Where its words stand: moved down where they would cover the ones above.
  label_y: number;
}

/** The marks on the chart, from the top, with room for the words of each. */
export function placedMarks(marks: readonly Mark[], scale: Scale): PlacedMark[] {
  const shown = marks.filter((mark) => scale.shows(mark.level_m)).sort((one, other) => other.level_m - one.level_m);
  const { top, bottom } = scale.room;
  const places: PlacedMark[] = [];
  let floor = top - LABEL_STEP_PX / 2;
  for (const mark of shown) {
    const y = scale.y(mark.level_m);
    floor = Math.max(y, floor + LABEL_STEP_PX);
    places.push({ ...mark, y, label_y: floor });
  }
  // Pushed out at the bottom: move up again from below.
  let ceiling = bottom + LABEL_STEP_PX / 2;
  for (const place of places.toReversed()) {
    ceiling = Math.min(place.label_y, ceiling - LABEL_STEP_PX);
    place.label_y = ceiling;
  }
  return places;
}

export function line(points: readonly (readonly number[])[]): string {
  return points.map(([x, y], index) => `${index === 0 ? "M" : "L"}${tenth(x)} ${tenth(y)}`).join("");
}

function closed(there: readonly (readonly number[])[], back: readonly (readonly number[])[]): string {
  return `${line([...there, ...back.toReversed()])}Z`;
}

function tenth(value = 0): number {
  return Math.round(value * 10) / 10;
}
