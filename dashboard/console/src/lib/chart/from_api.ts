// The server's chart as what the hydrograph takes.

export interface ApiMark {
  key: string;
  name: string;
  level: number | null;
  level_m: number;
}

export interface ApiChart {
  gauge: string;
  name: string;
  name_en: string;
  river: string;
  river_en: string;
  now: string;
  datum: string;
  cadence_min: number;
  observed: { at: string; level_m: number | null; quality: "good" | "not_checked" | "suspect" | "bad" }[];
  forecast: { at: string; low90_m: number; low50_m: number; median_m: number; high50_m: number; high90_m: number }[];
  no_forecast: string | null;
  marks: ApiMark[];
  tier: string;
  record: string | null;
  source: string;
}

/** All that `Hydrograph` needs of a chart, except language and size. */
export function hydrographOf(chart: ApiChart, lang: "ja" | "en") {
  const name = lang === "en" && chart.name_en !== "" ? chart.name_en : chart.name;
  const river = lang === "en" && chart.river_en !== "" ? chart.river_en : chart.river;
  return {
    title: lang === "en" ? `${name} (${river})` : `${name}(${river})`,
    series: chart.observed.map(({ at, level_m, quality }) => ({
      time: at,
      value_m: level_m,
      flag: quality === "suspect" || quality === "bad" ? quality : ("good" as const),
    })),
    forecast:
      chart.forecast.length === 0
        ? undefined
        : {
            issued: chart.now,
            points: chart.forecast.map((point) => ({
              time: point.at, p05_m: point.low90_m, p25_m: point.low50_m, p50_m: point.median_m, p75_m: point.high50_m, p95_m: point.high90_m,
            })),
          },
    noForecast: chart.no_forecast,
    marks: chart.marks.map(({ key, name, level, level_m }) => ({ key, name, level, value_m: level_m })),
    now: chart.now,
    cadence_min: chart.cadence_min,
    datum: chart.datum,
  };
}
