// Stands in for parts of the map library that it carries and we do not use: the interpreter of styles written as JSON
// (ours are functions), pictures in another projection (our tiles are in the map's own), and the projections of UTM.
// Together they are 11 kB that no officer's machine has to load; `vite.config.ts` puts this in their place.

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

/** Only asked for by `instanceof`, and no tile of ours is one. */
export default class ReprojectedTile {}
