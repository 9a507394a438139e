// Dragging on machines without a graphics processor. A picture that takes too long to be drawn for each frame follows the
// hand as it is, and is drawn anew when the hand rests: what is under the pointer stays under it either way.

import Kinetic from "ol/Kinetic";
import type OlMap from "ol/Map";
import type MapBrowserEvent from "ol/MapBrowserEvent";
import DragPan from "ol/interaction/DragPan";

import { Pace } from "../pace";

// The hand rests when it has not moved for so long, and for twice as long as drawing takes: what it does meanwhile is heard later.
const REST_MS = 120;
// Further than this share of the map the picture is drawn anew also under way: beyond its edges nothing is drawn yet.
const SHARE_MAX = 1 / 3;

export class Glide extends DragPan {
  readonly #pace = new Pace();
  // Where the hand was when the picture was last drawn; null while each frame is drawn.
  #from: number[] | null = null;
  #to: number[] = [0, 0];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dragging = false;
  #rest_ms = REST_MS;

  constructor() {
    // Where each frame is drawn the map runs out after the hand, as the library has it.
    super({ kinetic: new Kinetic(-0.005, 0.05, 100) });
  }

  override setMap(map: OlMap | null): void {
    super.setMap(map);
    map?.on("postrender", () => {
      if (this.#dragging && this.#from === null) this.#pace.drawn(performance.now());
    });
    map?.on("change:size", () => this.#pace.forget());
  }

  override handleDragEvent(event: MapBrowserEvent<PointerEvent>): void {
    this.#dragging = true;
    const isOneHand = this.targetPointers.length === 1;
    if (!isOneHand || !this.#pace.isSlow) {
      this.#draw();
      this.#from = null;
      super.handleDragEvent(event);
      return;
    }
    this.#from ??= (this.lastCentroid as number[] | null) ?? event.pixel;
    this.#to = event.pixel;
    this.lastCentroid = event.pixel;
    const [x, y] = this.#shift();
    const [width = 0, height = 0] = event.map.getSize() ?? [];
    clearTimeout(this.#timer);
    if (Math.abs(x) > width * SHARE_MAX || Math.abs(y) > height * SHARE_MAX) this.#draw();
    else {
      this.#move(`translate(${x}px, ${y}px)`);
      this.#timer = setTimeout(() => this.#draw(), this.#rest_ms);
    }
    event.originalEvent.preventDefault();
  }

  override handleUpEvent(event: MapBrowserEvent<PointerEvent>): boolean {
    this.#draw();
    this.#from = null;
    this.#dragging = false;
    this.#pace.rest();
    return super.handleUpEvent(event);
  }

  override handleDownEvent(event: MapBrowserEvent<PointerEvent>): boolean {
    // A second hand comes: the picture is where the view says before both move it.
    this.#draw();
    this.#from = null;
    return super.handleDownEvent(event);
  }

  #shift(): [number, number] {
    const [x = 0, y = 0] = this.#to;
    const [fromX = x, fromY = y] = this.#from ?? [];
    return [x - fromX, y - fromY];
  }

  // Moves the view to where the picture was pushed, and draws it there at once.
  #draw(): void {
    clearTimeout(this.#timer);
    const map = this.getMap();
    const [x, y] = this.#shift();
    if (map === null || this.#from === null || (x === 0 && y === 0)) return;
    this.#from = this.#to;
    const view = map.getView();
    const [east = 0, north = 0] = view.getCenter() ?? [];
    const resolution = view.getResolution() ?? 1;
    view.setCenter([east - x * resolution, north + y * resolution]);
    const began = performance.now();
    map.renderSync();
    this.#move("");
    this.#rest_ms = Math.max(REST_MS, 2 * (performance.now() - began));
  }

  #move(transform: string): void {
    const picture = this.getMap()?.getViewport()?.querySelector<HTMLElement>(".ol-layers");
    if (!picture) return;
    picture.style.transform = transform;
    picture.style.willChange = transform && "transform";
  }
}
