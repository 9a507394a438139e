// How a gauge is, from what the server says of the station, of its level and of its device.

import type { Device, Gauge } from "$lib/api/types";

export interface Station {
  id: string;
  name: string;
  name_en: string;
  river: string;
  river_en: string;
  health: { state: string; since: string | null; ja: string; en: string; assumed_m: number | null };
  level: { at: string; level_m: number; flag: number } | null;
  rise_m_per_h: number | null;
  cadence_s: number;
  newest: Record<string, { at: string; value: number; received_at: string }>;
  at?: [number, number] | null;
}

export interface Row {
  station: Station;
  gauge: Gauge | undefined;
  device: Device | undefined;
  /** Of `gauges.health.*`. */
  state: string;
  /** The newest message of any kind. */
  heard_at: string | null;
  battery_v: number | null;
}

// From what needs somebody now to what is as it should be.
const WORST_FIRST = ["suspected_submerged", "failed", "silent", "frozen", "late", "out_of_use", "never_heard", "live", "quiet_as_designed"];

/** One row for each station, the worst first, then those that decide, then by river and name. */
export function rowsOf(stations: readonly Station[], gauges: readonly Gauge[], devices: readonly Device[]): Row[] {
  const gaugeOf = new Map(gauges.map((gauge) => [gauge.id, gauge]));
  const deviceOf = new Map(devices.map((device) => [device.name, device]));
  const rows = stations.map((station): Row => {
    const device = deviceOf.get(station.id);
    return {
      station,
      gauge: gaugeOf.get(station.id),
      device,
      state: device?.state === "out_of_use" ? "out_of_use" : station.health.state,
      heard_at: newestOf(Object.values(station.newest).map(({ received_at }) => received_at)),
      battery_v: Object.entries(station.newest).find(([name]) => name.startsWith("battery_v"))?.[1].value ?? null,
    };
  });
  return rows.sort(
    (one, other) =>
      rank(one.state) - rank(other.state) ||
      Number(other.gauge?.deciding ?? false) - Number(one.gauge?.deciding ?? false) ||
      one.station.river.localeCompare(other.station.river, "ja") ||
      one.station.name.localeCompare(other.station.name, "ja"),
  );
}

/** Seconds by which the newest level is later than the gauge's rhythm allows; `null` when it is in time or was never heard. */
export function late_s(level_at: string | null, cadence_s: number, now: number): number | null {
  if (level_at === null) return null;
  const late = (now - Date.parse(level_at)) / 1000 - 2 * cadence_s;
  return late > 0 ? late : null;
}

function rank(state: string): number {
  const place = WORST_FIRST.indexOf(state);
  return place < 0 ? 0 : place;
}

function newestOf(times: string[]): string | null {
  return times.reduce<string | null>((newest, time) => (newest === null || Date.parse(time) > Date.parse(newest) ? time : newest), null);
}
