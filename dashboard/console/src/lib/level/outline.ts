// The outline of a level mark, as a path around its middle. SVG and canvas draw the same path.

import { LEVEL_LOOKS, type Level, type Shape } from "./levels";

/** Smallest size at which a mark is drawn, pixels: at a desk, and on a wall read from some metres. */
export const LEAST_DESK_PX = 32;
export const LEAST_WALL_PX = 64;

// The keyline (白縁) and the dark outline around it, pixels; they grow with marks larger than these are made for.
const KEYLINE_PX = 3;
const OUTLINE_PX = 1.2;
const MADE_FOR_PX = 44;

// How much of the box a shape fills: a square as wide as a diamond looks twice as heavy.
const FILLS: Readonly<Record<Shape, number>> = { octagon: 0.97, diamond: 1, square: 0.885, circle: 0.94, dot: 0.56 };

export interface MarkDrawing {
  // Three paths, one inside the other, and the number's size; all in pixels around (0, 0).
  outline: string;
  keyline: string;
  face: string;
  digit_px: number;
}

/** `size_px`: width and height of the box; smaller than `LEAST_DESK_PX` is drawn at that. */
export function markDrawing(level: Level, size_px: number): MarkDrawing {
  const size = Math.max(size_px, LEAST_DESK_PX);
  const { shape } = LEVEL_LOOKS[level];
  const grown = Math.max(1, size / MADE_FOR_PX);
  const half = (size / 2) * FILLS[shape];
  // A line of so many pixels across an edge reaches further along a diamond's diagonal.
  const along = (line_px: number) => line_px * grown * (shape === "diamond" ? Math.SQRT2 : 1);
  return {
    outline: path(shape, half),
    keyline: path(shape, half - along(OUTLINE_PX)),
    face: path(shape, half - along(OUTLINE_PX + KEYLINE_PX)),
    digit_px: size * (shape === "diamond" ? 0.41 : 0.5),
  };
}

// `half`: from the middle to the straight edge, except for the diamond, where it reaches to the corner.
function path(shape: Shape, half: number): string {
  switch (shape) {
    case "octagon":
      return polygon(8, half / Math.cos(Math.PI / 8), 22.5);
    case "diamond":
      return polygon(4, half, 0);
    case "square":
      return polygon(4, half * Math.SQRT2, 45);
    case "circle":
    case "dot":
      return `M${-half} 0A${half} ${half} 0 1 1 ${half} 0A${half} ${half} 0 1 1 ${-half} 0Z`;
  }
}

function polygon(corners: number, radius: number, turn_deg: number): string {
  const points = Array.from({ length: corners }, (_, corner) => {
    const angle = ((360 / corners) * corner + turn_deg) * (Math.PI / 180);
    return `${round(radius * Math.sin(angle))} ${round(-radius * Math.cos(angle))}`;
  });
  return `M${points.join("L")}Z`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
