// The alert levels (警戒レベル) as they are drawn everywhere: colour, ink on it, and shape. Level is told four ways,
// number, shape, word and colour; colour is the last of them, because not everybody sees it.

/** 0 is 平常, normal. It is a state of a place, never a level that somebody issues. */
export type Level = 0 | 1 | 2 | 3 | 4 | 5;

export type Shape = "octagon" | "diamond" | "square" | "circle" | "dot";

export interface LevelLook {
  colour: string;
  // Of the number on the face: the one of black and white that is easier to read there.
  ink: "#ffffff" | "#000000";
  shape: Shape;
}

/** The Cabinet Office's palette of 2020. These colours are the same in every theme. */
export const LEVEL_LOOKS: Readonly<Record<Level, LevelLook>> = {
  5: { colour: "#0c000c", ink: "#ffffff", shape: "octagon" },
  4: { colour: "#aa00aa", ink: "#ffffff", shape: "diamond" },
  3: { colour: "#ff2800", ink: "#000000", shape: "square" },
  2: { colour: "#f2e700", ink: "#000000", shape: "circle" },
  1: { colour: "#ffffff", ink: "#000000", shape: "circle" },
  0: { colour: "#c8c8cb", ink: "#000000", shape: "dot" },
};

export const LEVELS: readonly Level[] = [5, 4, 3, 2, 1, 0];

/** Whatever came from elsewhere, as a level; `null` for what is none. */
export function asLevel(value: unknown): Level | null {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 5 ? (value as Level) : null;
}

/** The key of a level's word in the catalogue. */
export function levelWordKey(level: Level): `level.word.${Level}` {
  return `level.word.${level}`;
}
