// Stands in for parts of the map library that it carries and we do not use: the interpreter of styles written as JSON
// (ours are functions), pictures in another projection (our tiles are in the map's own), the projections of UTM, the picture by
// which a layer is asked what lies under a pixel (we ask the map, or the tiles by place), the library's own choice of buttons and
// gestures (ours are listed), and the blue circle of a layer without a style (ours all have one).
// Together they are 19 kB that no officer's machine has to load; `vite.config.ts` puts this in their place.

/** Never called: every layer of ours is given a function. */
export function flatStyleLikeToStyleFunction(): never {
  throw new Error("styles written as JSON are not built in: give the layer a style function");
}

/** Asked for codes it does not know; there is none of UTM. */
export function makeProjection(): null {
  return null;
}

/** As above. */
export function makeTransforms(): null {
  return null;
}

/** As above: a layer of ours is never asked by itself. */
export const HIT_DETECT_RESOLUTION = 1;

/** As above. */
export function createHitDetectionImageData(): never {
  throw new Error("layers are not asked what lies under a pixel: ask the map, or the tiles by place");
}

/** As above. */
export const hitDetect = createHitDetectionImageData;

/** Never called: the map is given its buttons and its gestures. */
export function defaults(): never {
  throw new Error("buttons and gestures of the map are listed where it is made");
}

/** Tiles in another projection and the circle of a layer without a style: asked for by `instanceof`, or not at all. */
export default class NotBuiltIn {}
