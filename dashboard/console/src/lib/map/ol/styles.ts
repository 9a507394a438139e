// How each thing on the map is drawn.

import type { FeatureLike } from "ol/Feature";
import type Geometry from "ol/geom/Geometry";
import MultiPolygon from "ol/geom/MultiPolygon";
import type Point from "ol/geom/Point";
import Polygon from "ol/geom/Polygon";
import Fill from "ol/style/Fill";
import Stroke from "ol/style/Stroke";
import Style, { type StyleFunction } from "ol/style/Style";
import Text from "ol/style/Text";

import type { Level } from "$lib/level/levels";
import { metres } from "$lib/format";
import { hatchStep_px } from "../hatch";
import type { Palette } from "../palette";
import { isSilent, type Area, type Gauge, type Shelter } from "../things";
import { Signs } from "./signs";

// Metres of ground in a pixel below which names have room.
const NAMES_BELOW = 28;
const VALUES_BELOW = 60;
const SHELTERS_BELOW = 45;

export class Styles {
  readonly #palette: Palette;
  readonly #signs: Signs;
  readonly #ratio: number;
  lang: "ja" | "en" = "ja";
  selection: string | null = null;
  marked: ReadonlySet<string> = new Set();
  /** A map of shelters shows each of them at every zoom; on others those that are neither open nor full wait until there is room. */
  sheltersFirst = false;

  readonly #scale: number;

  /** `ratio`: pixels of the screen for each of the page; `scale`: how much larger than at a desk. */
  constructor(palette: Palette, ratio: number, scale: number) {
    this.#palette = palette;
    this.#signs = new Signs(palette, ratio, scale);
    this.#ratio = ratio;
    this.#scale = scale;
  }

  get depthOpacity(): number {
    return this.#palette.depthOpacity;
  }

  ground(): Style[] {
    const k = this.#scale;
    const { ground, border } = this.#palette;
    return [new Style({ fill: new Fill({ color: ground }), stroke: new Stroke({ color: border, width: 1.6 * k, lineDash: [9 * k, 4 * k, 2 * k, 4 * k] }) })];
  }

  roads(): StyleFunction {
    const k = this.#scale;
    const { road, roadEdge } = this.#palette;
    const of = (width: number) => [
      new Style({ stroke: new Stroke({ color: roadEdge, width: (width + 1.4) * k }), zIndex: 0 }),
      new Style({ stroke: new Stroke({ color: road, width: width * k }), zIndex: 1 }),
    ];
    const [wide, middle, narrow] = [of(3.4), of(2.2), of(1.1)];
    return (feature) => {
      const kind = String(feature.get("class") ?? "");
      if (/motorway|trunk|primary/.test(kind)) return wide;
      return /secondary|tertiary/.test(kind) ? middle : narrow;
    };
  }

  depth(): StyleFunction {
    const ranks = this.#palette.depths.map((color) => new Style({ fill: new Fill({ color }) }));
    return (feature) => ranks[Number(feature.get("depth_rank")) - 1];
  }

  landslide(): Style {
    const k = this.#scale;
    const { landslide } = this.#palette;
    return new Style({ fill: new Fill({ color: "rgb(138 90 31 / 18%)" }), stroke: new Stroke({ color: landslide, width: 1.4 * k, lineDash: [2 * k, 3 * k] }) });
  }

  rivers(): StyleFunction {
    const k = this.#scale;
    const { river, halo, font } = this.#palette;
    const stroke = new Stroke({ color: river, width: 2.6 * k });
    return (feature, resolution) =>
      new Style({
        stroke,
        text:
          resolution < 90
            ? new Text({
                text: this.#named(feature), placement: "line", repeat: 420 * k, font: `italic 700 ${13 * k}px ${font}`, fill: new Fill({ color: river }),
                stroke: new Stroke({ color: halo, width: 3.4 * k }),
              })
            : undefined,
      });
  }

  /** The hatch of areas: never a fill, which is the depth's. */
  hatches(): StyleFunction {
    const k = this.#scale;
    return (feature) => {
      const area = feature.get("area") as Area | undefined;
      const pattern = area && this.#signs.hatch(area.level as Level, hatchStep_px(area) * k, this.#ratio);
      return pattern ? new Style({ fill: new Fill({ color: pattern }) }) : undefined;
    };
  }

  /** Borders of areas: 4 px in the level's colour on a white casing of 7; dashed while only recommended; thin inside. */
  borders(): StyleFunction {
    const k = this.#scale;
    const { district, casing, focus, halo, levels } = this.#palette;
    const calm = new Style({ stroke: new Stroke({ color: district, width: 1 * k }) });
    const chosen = [new Style({ stroke: new Stroke({ color: halo, width: 9 * k }), zIndex: 98 }), new Style({ stroke: new Stroke({ color: focus, width: 6 * k }), zIndex: 99 })];
    return (feature) => {
      const area = feature.get("area") as Area | undefined;
      const id = String(feature.get("id"));
      if (this.selection === `area:${id}` || this.marked.has(id)) return chosen;
      if (!area) return calm;
      const color = levels[area.level as Level];
      if (feature.get("inner")) return new Style({ stroke: new Stroke({ color, width: 1.4 * k }), zIndex: 5 });
      return [
        new Style({ stroke: new Stroke({ color: casing, width: 7 * k }), zIndex: 10 + area.level * 2 }),
        new Style({ stroke: new Stroke({ color, width: 4 * k, lineDash: area.state === "recommended" ? [10 * k, 6 * k] : undefined, lineCap: "butt" }), zIndex: 11 + area.level * 2 }),
      ];
    };
  }

  /** Mark and name at an area's middle. */
  areaSigns(): StyleFunction {
    return (feature, resolution) => {
      const area = feature.get("area") as Area | undefined;
      const isChosen = this.selection === `area:${String(feature.get("id"))}` || this.marked.has(String(feature.get("id")));
      const name = resolution < NAMES_BELOW || isChosen ? this.#text(this.#named(feature), { offsetY: area ? 27 : 0, bold: area !== undefined }) : undefined;
      if (!area) return name && new Style({ geometry: middleOf, text: name, zIndex: 0 });
      return new Style({ geometry: middleOf, image: this.#signs.level(area.level as Level), text: name, zIndex: isChosen ? 99 : area.level * 2 + (area.state === "in_force" ? 1 : 0) });
    };
  }

  shelters(): StyleFunction {
    return (feature, resolution) => {
      const shelter = feature.get("shelter") as Shelter;
      const isChosen = this.selection === `shelter:${shelter.id}`;
      const matters = shelter.state === "open" || shelter.state === "full";
      if (!isChosen && !this.sheltersFirst && resolution > SHELTERS_BELOW && !matters) return;
      return new Style({
        image: this.#signs.shelter(shelter.state, this.lang),
        text: isChosen || resolution < 6 ? this.#text(shelter.name, { offsetY: 23 }) : undefined,
        zIndex: isChosen ? 99 : matters ? 50 : 40,
      });
    };
  }

  gauges(): StyleFunction {
    return (feature, resolution) => {
      const gauge = feature.get("gauge") as Gauge;
      const isChosen = this.selection === `gauge:${gauge.id}`;
      const silent = isSilent(gauge.health) || gauge.value_m === null;
      const words = gauge.value_m === null ? gauge.name : `${gauge.name} ${metres(gauge.value_m)} m`;
      return new Style({
        image: this.#signs.gauge(gauge.level, silent),
        text: isChosen || resolution < VALUES_BELOW ? this.#text(words, { offsetY: 23, bold: true }) : undefined,
        zIndex: isChosen ? 199 : 100 + (gauge.level ?? 0),
      });
    };
  }

  #text(text: string, { offsetY, bold = false }: { offsetY: number; bold?: boolean }): Text {
    const k = this.#scale;
    const { label, halo, font } = this.#palette;
    return new Text({ text, offsetY: offsetY * k, font: `${bold ? 700 : 400} ${13 * k}px ${font}`, fill: new Fill({ color: label }), stroke: new Stroke({ color: halo, width: 3.6 * k }), overflow: true });
  }

  #named(feature: FeatureLike): string {
    const english = this.lang === "en" ? feature.get("name_en") : null;
    return String(english ?? feature.get("name") ?? "");
  }
}

// Looked for once for each outline: it means walking through all of its corners, and is asked for with every picture.
const middles = new WeakMap<Geometry, Point | undefined>();

/** A place inside the largest part of an outline, for its mark. */
function middleOf(feature: FeatureLike): Point | undefined {
  const geometry = feature.getGeometry() as Geometry | undefined;
  if (geometry === undefined) return undefined;
  if (!middles.has(geometry)) middles.set(geometry, insideOf(geometry));
  return middles.get(geometry);
}

function insideOf(geometry: Geometry): Point | undefined {
  if (geometry instanceof Polygon) return geometry.getInteriorPoint();
  if (!(geometry instanceof MultiPolygon)) return undefined;
  const parts = geometry.getPolygons().sort((one, other) => other.getArea() - one.getArea());
  return parts[0]?.getInteriorPoint();
}
