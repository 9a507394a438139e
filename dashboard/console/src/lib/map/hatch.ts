// The hatch (斜線) of areas: 45 degrees, so that a level can be told without its colour, also on grey paper.

import type { Area } from "./things";

/** Distance of two lines, pixels along the x axis. Nearer together means more likely; what is in force is densest. */
export function hatchStep_px(area: Pick<Area, "state" | "chance">): number {
  if (area.state === "in_force") return 10;
  switch (area.chance) {
    case "high":
      return 12;
    case "medium":
      return 18;
    case "low":
      return 28;
    default:
      return 14;
  }
}

/** The lines of one tile of the pattern, as start and end points; they meet those of the next tile without a break. */
export function hatchLines(step_px: number): [number, number, number, number][] {
  return [-step_px, 0, step_px].map((shift) => [shift - 1, step_px + 1, shift + step_px + 1, -1]);
}
