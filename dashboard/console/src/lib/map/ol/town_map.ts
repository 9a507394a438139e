// The map as OpenLayers draws it, on a plain canvas: no graphics processor is needed. Only this folder knows the library.

import Feature from "ol/Feature";
import OlMap from "ol/Map";
import View from "ol/View";
import ScaleLine from "ol/control/ScaleLine";
import { extend, createEmpty, isEmpty, type Extent } from "ol/extent";
import MVT from "ol/format/MVT";
import LineString from "ol/geom/LineString";
import MultiPolygon from "ol/geom/MultiPolygon";
import Point from "ol/geom/Point";
import Polygon from "ol/geom/Polygon";
import { linearRingContainsXY } from "ol/geom/flat/contains";
import DoubleClickZoom from "ol/interaction/DoubleClickZoom";
import KeyboardPan from "ol/interaction/KeyboardPan";
import KeyboardZoom from "ol/interaction/KeyboardZoom";
import MouseWheelZoom from "ol/interaction/MouseWheelZoom";
import PinchZoom from "ol/interaction/PinchZoom";
import VectorLayer from "ol/layer/Vector";
import VectorTileLayer from "ol/layer/VectorTile";
import { fromLonLat } from "ol/proj";
import type RenderFeature from "ol/render/Feature";
import VectorSource from "ol/source/Vector";
import VectorTileSource from "ol/source/VectorTile";
import type { StyleLike } from "ol/style/Style";

import { asLevel, type Level } from "$lib/level/levels";
import { Outlines, type Position } from "../borders";
import { SignedOut, fetchCredits, fetchStart, type District } from "../districts";
import { readPalette } from "../palette";
import { LAYERS, isSilent, partsOf, type Area, type Drawn, type Gauge, type LayerKey, type Listed, type MapEvents, type MapHandle, type Shelter } from "../things";
import { Glide } from "./glide";
import { Styles } from "./styles";

// Which of the server's themes fills which layer.
const TILED: Partial<Record<LayerKey, string>> = { ground: "boundary", roads: "roads", depth: "zones", landslide: "landslide", rivers: "rivers" };
const TILE_PX = 512;
const TILE_ZOOM_MAX = 16;
const ROOM_PX = 44;
// More pixels than this for each of the screen's cost time without showing more.
const RATIO_MAX = 2;
const HIT_PX = 8;
// As long as the library takes where nothing is said.
const ZOOM_MS = 250;

export class TownMap implements MapHandle {
  /** The credit lines of the data, as the server says them. */
  credits = "";

  readonly #map: OlMap;
  readonly #events: MapEvents;
  readonly #target: HTMLElement;
  readonly #ending = new AbortController();
  readonly #tiled = new Map<LayerKey, VectorTileLayer>();
  readonly #districts = new VectorSource();
  readonly #shelters = new VectorSource();
  readonly #gauges = new VectorSource();
  readonly #outlines = new VectorLayer({ source: this.#districts, zIndex: zOf("areas") });
  readonly #borders = new VectorSource();
  readonly #borderLines = new VectorLayer({ source: this.#borders, zIndex: zOf("areas") + 0.5 });
  // Marks and names lie on top of all: where there is no room for everything, they stay.
  readonly #areaSigns = new VectorLayer({ source: this.#districts, declutter: true, zIndex: LAYERS.length });
  readonly #shelterSigns = new VectorLayer({ source: this.#shelters, declutter: true, zIndex: zOf("shelters") });
  readonly #gaugeSigns = new VectorLayer({ source: this.#gauges, declutter: true, zIndex: zOf("gauges") });
  readonly #given = new Map<string, string>();
  readonly #ratio = Math.min(window.devicePixelRatio || 1, RATIO_MAX);
  readonly #scale: number;
  #styles: Styles;
  #areas: readonly Area[] = [];
  #units = new Outlines([]);
  #loaded = false;
  // Somebody moved the map by hand: their view is kept.
  #moved = false;
  #shown = "";
  #asked = 0;

  constructor(target: HTMLElement, lang: "ja" | "en", scale: number, events: MapEvents) {
    this.#target = target;
    this.#events = events;
    this.#scale = scale;
    this.#styles = new Styles(readPalette(target), this.#ratio, scale);
    this.#styles.lang = lang;
    this.#map = new OlMap({
      target,
      controls: [new ScaleLine({ minWidth: 80 * scale })],
      interactions: [new DoubleClickZoom({ duration: ZOOM_MS }), new PinchZoom({ duration: ZOOM_MS }), new KeyboardPan(), new KeyboardZoom({ duration: ZOOM_MS }), new MouseWheelZoom({ duration: ZOOM_MS }), new Glide()],
      layers: [this.#outlines, this.#borderLines, this.#shelterSigns, this.#gaugeSigns, this.#areaSigns],
      view: new View({ center: fromLonLat([139, 37]), zoom: 5, minZoom: 6, maxZoom: 19, constrainResolution: false, enableRotation: false }),
      pixelRatio: this.#ratio,
      keyboardEventTarget: target,
    });
    this.#restyle();
    this.#listen();
    void this.#load();
  }

  setAreas(areas: readonly Area[]): void {
    this.#areas = areas;
    if (!this.#loaded || this.#known("areas", areas)) return;
    const byId = new Map(areas.map((area) => [area.id, area]));
    for (const feature of this.#districts.getFeatures()) feature.set("area", byId.get(String(feature.get("id"))), true);
    this.#districts.changed();
    this.#drawBorders();
    this.#changed();
    const shown = areas.map(({ id }) => id).sort().join();
    if (!this.#moved && shown !== this.#shown) this.fit();
    this.#shown = shown;
  }

  setShelters(shelters: readonly Shelter[]): void {
    if (this.#known("shelters", shelters)) return;
    replace(this.#shelters, shelters.map((shelter) => placed(shelter.lon, shelter.lat, { id: shelter.id, name: shelter.name, shelter })));
    this.#changed();
  }

  setGauges(gauges: readonly Gauge[]): void {
    if (this.#known("gauges", gauges)) return;
    const on = gauges.filter((gauge) => gauge.lon !== null && gauge.lat !== null);
    this.#styles.sheltersFirst = gauges.length === 0;
    replace(this.#gauges, on.map((gauge) => placed(gauge.lon ?? 0, gauge.lat ?? 0, { id: gauge.id, name: gauge.name, gauge })));
    this.#changed();
  }

  // Each new picture brings all things again; those that are as they were are not drawn again.
  #known(what: string, things: readonly unknown[]): boolean {
    const text = JSON.stringify(things);
    const same = this.#given.get(what) === text;
    this.#given.set(what, text);
    return same;
  }

  setSelection(selection: string | null): void {
    this.#styles.selection = selection;
    for (const layer of [this.#outlines, this.#borderLines, this.#areaSigns, this.#shelterSigns, this.#gaugeSigns]) layer.changed();
    const parts = partsOf(selection);
    const source = parts && { area: this.#districts, shelter: this.#shelters, gauge: this.#gauges }[parts.kind];
    const chosen = source?.getFeatures().find((feature) => String(feature.get("id")) === parts?.id);
    const extent = chosen?.getGeometry()?.getExtent();
    if (!extent) return;
    const [west = 0, south = 0, east = 0, north = 0] = extent;
    const [left = 0, bottom = 0, right = 0, top = 0] = this.#map.getView().calculateExtent(this.#map.getSize());
    // Only what lies outside of the picture moves it: an officer's own view is kept.
    if (west > right || east < left || south > top || north < bottom) this.#map.getView().setCenter([(west + east) / 2, (south + north) / 2]);
  }

  setMarked(areas: ReadonlySet<string>): void {
    this.#styles.marked = areas;
    for (const layer of [this.#borderLines, this.#areaSigns]) layer.changed();
  }

  setTheme(): void {
    const { lang, selection, marked, sheltersFirst } = this.#styles;
    this.#styles = new Styles(readPalette(this.#target), this.#ratio, this.#scale);
    this.#styles.lang = lang;
    this.#styles.selection = selection;
    this.#styles.marked = marked;
    this.#styles.sheltersFirst = sheltersFirst;
    this.#restyle();
    this.#changed();
  }

  setLang(lang: "ja" | "en"): void {
    if (this.#styles.lang === lang) return;
    this.#styles.lang = lang;
    this.#restyle();
    this.#changed();
  }

  zoomBy(steps: number): void {
    this.#moved = true;
    const view = this.#map.getView();
    view.setZoom((view.getZoom() ?? 10) + steps);
  }

  fit(): void {
    const all = this.#districts.getFeatures();
    const levelled = all.filter((feature) => feature.get("area") !== undefined);
    const extent = createEmpty();
    const first = this.#styles.sheltersFirst && this.#shelters.getFeatures().length > 0 ? this.#shelters.getFeatures() : all;
    for (const feature of levelled.length > 0 ? levelled : first) extend(extent, feature.getGeometry()?.getExtent() ?? createEmpty());
    if (isEmpty(extent)) return;
    this.#map.getView().fit(extent, { padding: [ROOM_PX, ROOM_PX, ROOM_PX, ROOM_PX], maxZoom: 15 });
    this.#moved = false;
  }

  features(): Listed[] {
    const extent = this.#map.getView().calculateExtent(this.#map.getSize());
    const listed: Listed[] = [];
    const seen = new Set<string>();
    const add = (one: Listed) => {
      const key = `${one.layer}:${one.id}`;
      if (!seen.has(key)) listed.push(one);
      seen.add(key);
    };
    for (const layer of LAYERS) {
      for (const feature of this.#inView(layer, extent)) {
        const name = String((this.#styles.lang === "en" ? feature.get("name_en") : null) ?? feature.get("name") ?? feature.get("depth_ja") ?? "");
        if (layer === "depth") {
          const rank = Number(feature.get("depth_rank"));
          add({ layer, id: String(rank), name, level: null, rank });
        } else {
          const area = feature.get("area") as Area | undefined;
          const gauge = feature.get("gauge") as Gauge | undefined;
          add({ layer, id: String(feature.get("id") ?? feature.get("code") ?? name), name, level: asLevel(area?.level ?? gauge?.level ?? null) });
        }
      }
    }
    return listed;
  }

  async snapshot(): Promise<Blob> {
    await new Promise<void>((resolve) => {
      this.#map.once("rendercomplete", () => resolve());
      this.#map.render();
    });
    const [width = 0, height = 0] = this.#map.getSize() ?? [];
    const canvas = document.createElement("canvas");
    canvas.width = width * this.#ratio;
    canvas.height = height * this.#ratio;
    const pen = canvas.getContext("2d");
    if (pen === null) throw new Error("this browser has no canvas to draw on");
    pen.fillStyle = getComputedStyle(this.#target).getPropertyValue("--map-outside").trim();
    pen.fillRect(0, 0, canvas.width, canvas.height);
    for (const layer of this.#target.querySelectorAll<HTMLCanvasElement>(".ol-layer canvas, canvas.ol-layer")) {
      if (layer.width === 0) continue;
      const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = (/^matrix\(([^)]*)\)$/.exec(layer.style.transform)?.[1] ?? "").split(",").filter((one) => one !== "").map(Number);
      pen.globalAlpha = Number(layer.parentElement?.style.opacity || 1);
      pen.setTransform(a * this.#ratio, b, c, d * this.#ratio, e, f);
      if (layer.style.transform === "") pen.setTransform(canvas.width / layer.width, 0, 0, canvas.height / layer.height, 0, 0);
      pen.drawImage(layer, 0, 0);
    }
    return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the browser made no picture of the map"))), "image/png"));
  }

  depthAtMiddle(): number | null {
    const [width = 0, height = 0] = this.#map.getSize() ?? [];
    return this.#depthAt([width / 2, height / 2]);
  }

  destroy(): void {
    this.#ending.abort();
    this.#map.setTarget(undefined);
    this.#map.dispose();
  }

  async #load(): Promise<void> {
    const { signal } = this.#ending;
    try {
      const [themes, districts] = await fetchStart(signal);
      for (const layer of LAYERS) {
        const theme = TILED[layer];
        if (theme !== undefined && themes.has(theme)) this.#addTiles(layer, theme);
      }
      this.#units = new Outlines(districts.map(({ properties, geometry }) => ({ id: properties.id, rings: geometry.type === "Polygon" ? geometry.coordinates : geometry.coordinates.flat() })));
      this.#districts.addFeatures(districts.map(outlined));
      this.#loaded = true;
      this.setAreas(this.#areas);
      if (!this.#moved) this.fit();
      // Nothing is drawn with them: they come last.
      this.credits = await fetchCredits(signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#events.ontrouble(error instanceof SignedOut ? "signed_out" : "areas");
    }
  }

  #addTiles(layer: LayerKey, theme: string): void {
    const source = new VectorTileSource({
      format: new MVT(),
      url: `/plain/tiles/${theme}/{z}/{x}/{y}.mvt`,
      tileSize: TILE_PX,
      maxZoom: TILE_ZOOM_MAX,
      // Tiles a screen and a half around stay in memory.
      cacheSize: 96,
    });
    source.on("tileloaderror", () => this.#events.ontrouble("tiles"));
    const tiles = new VectorTileLayer({ source, zIndex: zOf(layer), declutter: layer === "rivers", style: this.#styleOf(layer) });
    if (layer === "depth") tiles.setOpacity(this.#styles.depthOpacity);
    this.#tiled.set(layer, tiles);
    this.#map.addLayer(tiles);
  }

  #styleOf(layer: LayerKey): StyleLike {
    switch (layer) {
      case "ground":
        return this.#styles.ground();
      case "roads":
        return this.#styles.roads();
      case "depth":
        return this.#styles.depth();
      case "landslide":
        return this.#styles.landslide();
      case "rivers":
        return this.#styles.rivers();
      default:
        throw new Error(`${layer} has no tiles`);
    }
  }

  #restyle(): void {
    for (const [layer, tiles] of this.#tiled) tiles.setStyle(this.#styleOf(layer));
    this.#tiled.get("depth")?.setOpacity(this.#styles.depthOpacity);
    this.#outlines.setStyle(this.#styles.hatches());
    this.#borderLines.setStyle(this.#styles.borders());
    this.#areaSigns.setStyle(this.#styles.areaSigns());
    this.#shelterSigns.setStyle(this.#styles.shelters());
    this.#gaugeSigns.setStyle(this.#styles.gauges());
  }

  #listen(): void {
    this.#map.on("rendercomplete", () => {
      if (this.#loaded) this.#events.oncomplete(this.#drawn());
    });
    // The room for the map changes with what stands beside it.
    this.#map.on("change:size", () => {
      if (this.#loaded && !this.#moved) this.fit();
    });
    this.#map.on("pointerdrag", () => (this.#moved = true));
    for (const kind of ["wheel", "keydown"]) this.#target.addEventListener(kind, () => (this.#moved = true), { signal: this.#ending.signal, passive: true });
    this.#map.on("movestart", () => this.#events.onmove());
    this.#map.on("singleclick", ({ pixel }) => {
      const hit = this.#map.forEachFeatureAtPixel(pixel, keyOf, { hitTolerance: HIT_PX, layerFilter: (layer) => layer === this.#gaugeSigns || layer === this.#shelterSigns || layer === this.#areaSigns });
      this.#events.onselect(hit ?? this.#areaAt(pixel));
    });
    this.#map.on("pointermove", ({ dragging, pixel }) => {
      if (dragging) return;
      // One question for each frame at most.
      this.#asked ||= requestAnimationFrame(() => {
        this.#asked = 0;
        this.#events.onpoint(this.#depthAt(pixel));
      });
    });
    this.#target.addEventListener("pointerleave", () => this.#events.onpoint(undefined), { signal: this.#ending.signal });
  }

  #drawBorders(): void {
    const areas = new Map(this.#areas.map((area) => [area.id, area]));
    const signOf = (id: string) => {
      const area = areas.get(id);
      return area === undefined ? "" : `${area.level}${area.state}`;
    };
    const lines = this.#units.borders(signOf).map(({ id, inner, line }) => {
      const feature = new Feature(new LineString(line.map((at) => fromLonLat(at))));
      feature.setProperties({ id, area: areas.get(id), inner }, true);
      return feature;
    });
    replace(this.#borders, lines);
  }

  #changed(): void {
    this.#events.onmove();
    this.#map.render();
  }

  #areaAt(pixel: number[]): string | null {
    const at = this.#map.getCoordinateFromPixel(pixel);
    const found = at === null ? undefined : this.#districts.getFeaturesAtCoordinate(at)[0];
    return found === undefined ? null : `area:${String(found.get("id"))}`;
  }

  #depthAt(pixel: number[]): number | null {
    const at = this.#map.getCoordinateFromPixel(pixel);
    if (at === null) return null;
    const [x = 0, y = 0] = at;
    const here = this.#tiled.get("depth")?.getFeaturesInExtent([x, y, x, y]) ?? [];
    const ranks = here.filter((feature) => contains(feature, x, y)).map((feature) => Number(feature.get("depth_rank")));
    return ranks.length === 0 ? null : Math.max(...ranks);
  }

  #inView(layer: LayerKey, extent: Extent): { get(key: string): unknown }[] {
    switch (layer) {
      case "areas":
        return this.#districts.getFeaturesInExtent(extent);
      case "shelters":
        return this.#shelters.getFeaturesInExtent(extent);
      case "gauges":
        return this.#gauges.getFeaturesInExtent(extent);
      default:
        return this.#tiled.get(layer)?.getFeaturesInExtent(extent) ?? [];
    }
  }

  #drawn(): Drawn {
    const extent = this.#map.getView().calculateExtent(this.#map.getSize());
    const seen = Object.fromEntries(LAYERS.map((layer) => [layer, this.#inView(layer, extent)])) as Record<LayerKey, { get(key: string): unknown }[]>;
    const counts = Object.fromEntries(LAYERS.map((layer) => [layer, seen[layer].length])) as Record<LayerKey, number>;
    const ranks = new Set(seen.depth.map((feature) => Number(feature.get("depth_rank"))));
    const areas = seen.areas.map((feature) => feature.get("area") as Area | undefined);
    const kinds = new Map(areas.filter((area) => area !== undefined).map(({ level, state }) => [`${level}${state}`, { level: level as Level, state }]));
    const gauges = seen.gauges.map((feature) => feature.get("gauge") as Gauge);
    const style = this.#styles.shelters();
    const resolution = this.#map.getView().getResolution() ?? 1;
    const shelters = this.#shelters.getFeaturesInExtent(extent).filter((feature) => style(feature, resolution) !== undefined);
    return {
      counts: { ...counts, shelters: shelters.length },
      ranks: [...ranks].sort(),
      areas: [...kinds.values()].sort((one, other) => other.level - one.level || one.state.localeCompare(other.state)),
      hasCalmAreas: areas.includes(undefined),
      shelters: [...new Set(shelters.map((feature) => (feature.get("shelter") as Shelter).state))].sort(),
      gauges: { heard: gauges.some((gauge) => !isQuiet(gauge)), silent: gauges.some(isQuiet) },
    };
  }
}

function isQuiet(gauge: Gauge): boolean {
  return isSilent(gauge.health) || gauge.value_m === null;
}

// Outlines and holes of a feature of a tile lie one after the other: a place is inside when it is inside an odd number.
function contains(feature: RenderFeature, x: number, y: number): boolean {
  const corners = feature.getFlatCoordinates();
  let from = 0;
  let inside = false;
  for (const to of (feature.getEnds() ?? []) as number[]) {
    if (linearRingContainsXY(corners, from, to, feature.getStride(), x, y)) inside = !inside;
    from = to;
  }
  return inside;
}

function keyOf(feature: { get(key: string): unknown }): string {
  const kind = feature.get("gauge") ? "gauge" : feature.get("shelter") ? "shelter" : "area";
  return `${kind}:${String(feature.get("id"))}`;
}

// An issuing unit with its outline, in the map's own coordinates.
function outlined({ properties, geometry }: District): Feature {
  const rings = (polygon: Position[][]) => polygon.map((ring) => ring.map((at) => fromLonLat(at)));
  return new Feature({ ...properties, geometry: geometry.type === "Polygon" ? new Polygon(rings(geometry.coordinates)) : new MultiPolygon(geometry.coordinates.map(rings)) });
}

function placed(lon: number, lat: number, properties: Record<string, unknown>): Feature {
  return new Feature({ geometry: new Point(fromLonLat([lon, lat])), ...properties });
}

function replace(source: VectorSource, features: Feature[]): void {
  source.clear(true);
  source.addFeatures(features);
}

function zOf(layer: LayerKey): number {
  return LAYERS.indexOf(layer);
}
