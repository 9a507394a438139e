// Without models, and with gauges that report too seldom for what was agreed.

import { IN_THE_END_S, must, within } from "../cases.mjs";
import { says } from "./desk.mjs";
import { approves } from "./officers.mjs";

// The recorded gauges report each hour; agreed are ten minutes, so that the feed is late most of the hour.
// Mostly waits: may run beside others.
export const patient = true;
// Nothing here depends on how the map is drawn.
export const modes = ["without WebGL"];
// At this hour three rivers have reached their thresholds: what is approved of one leaves others open.
export const night = {
  begin: "2016-08-31T00:50:00+09:00", from: "2016-08-31T01:00:00+09:00", config: "models.enabled = false\nsensors.cadence_s = 600\n",
};

export async function stories(demo, desk) {
  const seen = {};
  return [
    ["Without models", [
      ["[49] a band says that there is no forecast, and the bar that models are off", async () => {
        seen.duty = await desk.officer("duty", { offline: false });
        await desk.recommendation(seen.duty);
        must(/しきい値/.test(await seen.duty.getByTestId("models-bar").innerText()), await seen.duty.getByTestId("models-bar").innerText());
        must(/なし/.test(await seen.duty.getByTestId("models").innerText()), await seen.duty.getByTestId("models").innerText());
        await desk.picture(seen.duty, "models-off");
        await desk.axe(seen.duty, "the situation without models");
      }],
      ["[49] marks, levels and official information remain, and no probability is shown", async () => {
        must(await seen.duty.getByTestId("gauge-table").getByTestId("level-mark").count() > 0, "no gauge stands at a mark");
        must(await seen.duty.getByTestId("overview-official").count() === 1, "no way to official information");
        must(!/\d+%/.test(await seen.duty.getByTestId("fact-chance").innerText()), "a probability without a model");
        must(await seen.duty.getByTestId("evidence-line").count() > 0, "a recommendation without a threshold");
      }],
      ["[49] what rests on thresholds is approved by two and published", async () => {
        const first = await approves(seen.duty, desk);
        const approver = await desk.officer("approver", { offline: false });
        await desk.open(approver, `second/${first.text}`);
        await approver.getByTestId("check").fill(String(first.areas));
        await approver.getByTestId(`choice-${first.level}`).click();
        await approver.getByTestId("second-approve").click();
        await approver.getByTestId("screen-notice").waitFor();
        await within(IN_THE_END_S, "the notice on the public page", async () => (await (await fetch(`${demo.origin()}/`)).text()).includes("<article"));
        await approver.context().close();
      }],
    ]],

    ["A feed that is late", [
      ["[47] it has its own pill in the bar, with its age", async () => {
        // Ten event minutes after the hour it is on time; the rest of the hour it is not.
        await within(180, "the pill", async () => await seen.duty.getByTestId("late-feed").count() > 0);
        must(/\d+分|\d+時間/.test(await seen.duty.getByTestId("late-feed").first().innerText()), await seen.duty.getByTestId("late-feed").first().innerText());
        await desk.picture(seen.duty, "late");
      }],
      ["[47] each open recommendation has a line of counter-evidence that says so", async () => {
        const { body: inbox } = await desk.api(seen.duty, "GET", "/api/v1/inbox");
        const open = inbox.items.filter((item) => ["new", "seen"].includes(item.state.kind));
        must(open.length > 0, "nothing is open");
        for (const item of open) {
          await within(60, `the line of ${item.river}`, async () => {
            const { body } = await desk.api(seen.duty, "GET", `/api/v1/recommendations/${item.id}/detail`);
            return body.counter_evidence.some((line) => /届いていません/.test(line.text) && line.en && !/[\u3040-\u30ff\u3400-\u9fff]/.test(line.en));
          });
        }
        await desk.open(seen.duty, `recommendations/${open[0].id}`);
        await seen.duty.locator(`[data-testid=recommendation][data-id="${open[0].id}"]`).waitFor();
        await within(IN_THE_END_S, "the line on the screen", async () => /届いていません/.test(await seen.duty.getByTestId("counter-evidence").innerText()));
        await says(seen.duty, "反対の根拠");
      }],
    ]],
  ];
}
