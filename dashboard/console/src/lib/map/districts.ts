// Outlines of the issuing units (発令区域), page by page from our own server, as GeoJSON.

import type { Position } from "./borders";

export interface District {
  type: "Feature";
  properties: { id: string; name: string; name_en: string | null };
  geometry: { type: "Polygon"; coordinates: Position[][] } | { type: "MultiPolygon"; coordinates: Position[][][] };
}

const FIRST = "/plain/layers/districts/features.geojson?limit=1000";
// A town has tens of units; a country does not fit into a browser. What is beyond is said to be missing.
const MOST_PAGES = 20;

export class SignedOut extends Error {}

type Start = [themes: Set<string>, districts: District[]];
// A line that is slow takes seconds; then whoever waits is told.
const PATIENCE_MS = 60_000;
let ahead: Promise<Start> | null = null;

/** Asks for what a map begins with while the library that draws it is still on its way; the next map takes it. */
export function askAhead(): void {
  ahead ??= ask(AbortSignal.timeout(PATIENCE_MS));
  // Who takes it hears of a failure.
  ahead.catch(() => undefined);
}

/** The themes there are tiles of, and the outlines. */
export function fetchStart(signal: AbortSignal): Promise<Start> {
  const asked = ahead ?? ask(signal);
  ahead = null;
  return asked;
}

function ask(signal: AbortSignal): Promise<Start> {
  return Promise.all([fetchThemes(signal), fetchDistricts(signal)]);
}

async function fetchDistricts(signal: AbortSignal): Promise<District[]> {
  const found: District[] = [];
  let next: string | null = FIRST;
  for (let page = 0; next !== null; page += 1) {
    if (page === MOST_PAGES) throw new Error(`the town has more than ${MOST_PAGES} pages of issuing units`);
    const answer: Response = await fetch(next, { signal, credentials: "same-origin" });
    if (answer.status === 401 || answer.redirected) throw new SignedOut("signed out");
    if (!answer.ok) throw new Error(`${next}: ${answer.status}`);
    const body = (await answer.json()) as { features: District[]; next: string | null };
    found.push(...body.features);
    next = body.next;
  }
  return found;
}

/** The themes the server has tiles of, from its own list of them. */
async function fetchThemes(signal: AbortSignal): Promise<Set<string>> {
  const page = await fetch("/plain/layers", { signal, credentials: "same-origin" });
  if (page.status === 401 || page.url.includes("/signin")) throw new SignedOut("signed out");
  if (!page.ok) throw new Error(`/plain/layers: ${page.status}`);
  // Read as text: to parse it as a page would bring that page's styles, which the policy of this one refuses.
  return new Set([...(await page.text()).matchAll(/href="\/plain\/layers\/([a-z_]+)/g)].map(([, theme = ""]) => theme));
}

/** The credit lines that the data ask for. */
export async function fetchCredits(signal: AbortSignal): Promise<string> {
  const described = await fetch("/plain/tiles/boundary.json", { signal, credentials: "same-origin" });
  const credits = described.ok ? ((await described.json()) as { attribution?: string }).attribution : undefined;
  return credits ?? "";
}
