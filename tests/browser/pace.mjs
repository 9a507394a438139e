// When the recorded night has begun to pass at the pace at which people can read it.

import { within } from "./cases.mjs";

// The hours before the night pass in seconds here, in minutes on a slow machine.
const PACED_WITHIN_S = 300;
const PACE_MOST = 100;
// The recorded gauges report each hour, some of them with gaps.
const CAUGHT_UP_MIN = 90;
const CAUGHT_UP_SHARE = 0.7;

// The hours before pass in seconds; what is opened then is superseded before it is read. And the simulated gauges first tell all that
// they recorded before: until they have caught up each takes back its name, and its figure, again and again.
// `get`: asks the API, as somebody who is signed in, and gives back the answer.
export async function paced(get) {
  await within(PACED_WITHIN_S, "the pace of the replay", async () => (await get("/api/v1/status?auto=1")).speed < PACE_MOST);
  await within(PACED_WITHIN_S, "the gauges to have told what was before", async () => {
    const { server_time } = await get("/api/v1/status?auto=1");
    const { gauges } = await get("/api/v1/situation?auto=1");
    const heard = gauges.filter((gauge) => gauge.observed_at !== null);
    const fresh = heard.filter((gauge) => Date.parse(server_time) - Date.parse(gauge.observed_at) < CAUGHT_UP_MIN * 60_000);
    return heard.length > 0 && fresh.length >= heard.length * CAUGHT_UP_SHARE;
  });
}
