// The signs of the map, drawn once each on a canvas of their own: level marks, gauges, shelters, hatches.

import Icon from "ol/style/Icon";

import { LEVEL_LOOKS, asLevel, type Level } from "$lib/level/levels";
import { markDrawing } from "$lib/level/outline";
import { hatchLines } from "../hatch";
import type { Palette } from "../palette";
import type { Shelter } from "../things";

const GAUGE_PX = 36;
const SHELTER_PX = 28;
const MARK_PX = 36;
const DIGITS = 'Arial, "Liberation Sans", sans-serif';

/** The signs in one palette and for one screen; a sign that was drawn is used again. */
export class Signs {
  readonly #palette: Palette;
  readonly #ratio: number;
  readonly #scale: number;
  readonly #icons = new Map<string, Icon>();
  readonly #hatches = new Map<string, CanvasPattern | null>();

  constructor(palette: Palette, ratio: number, scale: number) {
    this.#palette = palette;
    this.#scale = scale;
    this.#ratio = Math.max(2, Math.ceil(ratio));
  }

  level(level: Level): Icon {
    return this.#icon(`level-${level}`, MARK_PX, (pen) => {
      const drawing = markDrawing(level, MARK_PX);
      const look = LEVEL_LOOKS[level];
      fill(pen, drawing.outline, "#16191f");
      fill(pen, drawing.keyline, "#ffffff");
      fill(pen, drawing.face, look.colour);
      if (level > 0) digit(pen, String(level), drawing.digit_px, look.ink);
    });
  }

  /** A triangle on its tip, as water levels are marked on plans. Hollow and with a question mark when silent. */
  gauge(level: number | null, silent: boolean): Icon {
    // Always drawn: a gauge that is hidden behind a name would be one that nobody misses.
    const reached = asLevel(level) ?? 0;
    return this.#icon(`gauge-${silent ? "silent" : reached}`, GAUGE_PX, (pen) => {
      pen.scale(GAUGE_PX / 30, GAUGE_PX / 30);
      const outer = "M-14 -11H14L0 14Z";
      const keyline = "M-12 -9.8H12L0 11.8Z";
      const face = "M-8.2 -7.6H8.2L0 7.4Z";
      fill(pen, outer, "#16191f");
      fill(pen, keyline, "#ffffff");
      const look = LEVEL_LOOKS[reached];
      fill(pen, face, silent ? "#ffffff" : look.colour);
      pen.translate(0, -2.6);
      if (silent) digit(pen, "?", 11, "#16191f");
      else if (reached > 0) digit(pen, String(reached), 10, look.ink);
    }, "obstacle");
  }

  /** A house with what can be said of it: filled when open, hollow when not, crossed when nobody gets there. */
  shelter(state: Shelter["state"], lang: "ja" | "en"): Icon {
    return this.#icon(`shelter-${state}-${lang}`, SHELTER_PX, (pen) => {
      const { sign, signInk, halo } = this.#palette;
      const house = new Path2D("M0 -12.5L12 -3.4H9.6V11H-9.6V-3.4H-12Z");
      pen.lineJoin = "round";
      pen.strokeStyle = halo;
      pen.lineWidth = 4;
      pen.stroke(house);
      const solid = state === "open" || state === "full";
      pen.fillStyle = solid ? sign : halo;
      pen.fill(house);
      pen.strokeStyle = sign;
      pen.lineWidth = 1.8;
      if (state === "unknown") pen.setLineDash([3, 2]);
      pen.stroke(house);
      pen.translate(0, 3.4);
      const word = SHELTER_GLYPHS[state][lang];
      pen.font = `700 12px ${lang === "ja" ? this.#palette.font : DIGITS}`;
      pen.fillStyle = solid ? signInk : sign;
      centred(pen, word);
    });
  }

  /** Lines at 45 degrees in the level's colour, on a pale seam so that black shows on a dark ground. */
  hatch(level: Level, step_px: number, pixelRatio: number): CanvasPattern | null {
    const key = `${level}-${step_px}-${pixelRatio}`;
    const known = this.#hatches.get(key);
    if (known !== undefined) return known;
    const size = Math.round(step_px * pixelRatio);
    const [canvas, pen] = sheet(size, size);
    pen.scale(size / step_px, size / step_px);
    for (const [width, colour] of [[3.2, "rgb(255 255 255 / 55%)"], [1.7, this.#palette.levels[level]]] as const) {
      pen.lineWidth = width * this.#scale;
      pen.strokeStyle = colour;
      pen.beginPath();
      for (const [x1, y1, x2, y2] of hatchLines(step_px)) {
        pen.moveTo(x1, y1);
        pen.lineTo(x2, y2);
      }
      pen.stroke();
    }
    const pattern = pen.createPattern(canvas, "repeat");
    this.#hatches.set(key, pattern);
    return pattern;
  }

  #icon(key: string, size_px: number, draw: (pen: CanvasRenderingContext2D) => void, declutterMode: "declutter" | "obstacle" = "declutter"): Icon {
    const known = this.#icons.get(key);
    if (known) return known;
    const pixels = Math.ceil(size_px * this.#scale * this.#ratio);
    const [canvas, pen] = sheet(pixels, pixels);
    pen.scale(pixels / size_px, pixels / size_px);
    pen.translate(size_px / 2, size_px / 2);
    draw(pen);
    const icon = new Icon({ img: canvas, scale: 1 / this.#ratio, declutterMode });
    this.#icons.set(key, icon);
    return icon;
  }
}

const SHELTER_GLYPHS: Record<Shelter["state"], { ja: string; en: string }> = {
  open: { ja: "開", en: "O" },
  full: { ja: "満", en: "F" },
  closed: { ja: "閉", en: "C" },
  unreachable: { ja: "×", en: "×" },
  unknown: { ja: "?", en: "?" },
};

function sheet(width: number, height: number): [HTMLCanvasElement, CanvasRenderingContext2D] {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d");
  if (pen === null) throw new Error("this browser has no canvas to draw on");
  return [canvas, pen];
}

function fill(pen: CanvasRenderingContext2D, path: string, colour: string): void {
  pen.fillStyle = colour;
  pen.fill(new Path2D(path));
}

function digit(pen: CanvasRenderingContext2D, text: string, size_px: number, colour: string): void {
  pen.font = `700 ${size_px}px ${DIGITS}`;
  pen.fillStyle = colour;
  centred(pen, text);
}

function centred(pen: CanvasRenderingContext2D, text: string): void {
  pen.textAlign = "center";
  pen.textBaseline = "alphabetic";
  const { actualBoundingBoxAscent: up, actualBoundingBoxDescent: down } = pen.measureText(text);
  pen.fillText(text, 0, (up - down) / 2);
}
