// The server's answers as what the map draws.

import type { Gauge as ApiGauge, Shelter as ApiShelter, SituationArea } from "$lib/api/types";
import type { Lang } from "$lib/i18n/index.svelte";

import type { Area, Gauge, Shelter } from "./things";

/** Areas where something is in force or recommended. Where a higher level is recommended than is in force, that is shown. */
export function areasOf(areas: readonly SituationArea[], lang: Lang): Area[] {
  return areas.flatMap((area) => {
    const inForce = area.in_force ?? 0;
    const proposed = area.proposed ?? 0;
    const level = Math.max(inForce, proposed);
    if (level === 0) return [];
    return [{ id: area.id, name: named(area.name, area.name_en, lang), level, state: proposed > inForce ? "recommended" : "in_force", alsoInForce: proposed > inForce ? area.in_force : null }];
  });
}

export function sheltersOf(shelters: readonly ApiShelter[], lang: Lang): Shelter[] {
  return shelters.map((shelter) => ({
    id: shelter.id,
    name: named(shelter.name, shelter.name_en, lang),
    lon: shelter.at[0],
    lat: shelter.at[1],
    state: shelter.state === "not_reported" ? "unknown" : shelter.state,
    free: shelter.free,
  }));
}

export function gaugesOf(gauges: readonly ApiGauge[], lang: Lang): Gauge[] {
  return gauges.map((gauge) => ({
    id: gauge.id,
    name: named(gauge.name, gauge.name_en, lang),
    lon: gauge.at?.[0] ?? null,
    lat: gauge.at?.[1] ?? null,
    value_m: gauge.level_m,
    at: gauge.observed_at,
    level: gauge.reached?.level ?? null,
    health: gauge.state,
  }));
}

function named(ja: string, en: string | null, lang: Lang): string {
  return lang === "en" && en ? en : ja;
}
