// Gauges, shelters, the timeline and the sheet for paper.

import { IN_THE_END_S, must, within } from "../cases.mjs";
import { says } from "./desk.mjs";

const SCREENS = ["gauges", "shelters", "timeline"];
// A4 landscape in points, with the rounding of printers.
const SHEET = [842, 595];

// Measures nothing: may run beside others.
export const patient = true;

export async function stories(demo, desk) {
  const seen = {};
  return [
    ["Gauges", [
      ["the worst stand first, each with its last reading and how late it is", async () => {
        seen.duty = await desk.officer("duty");
        await desk.recommendation(seen.duty);
        await desk.open(seen.duty, "gauges");
        await seen.duty.getByTestId("health-table").waitFor();
        const states = await seen.duty.getByTestId("health-table").locator("tbody tr").evaluateAll((rows) => rows.map((row) => row.dataset.state));
        must(states.length > 20, `${states.length} rows`);
        const order = ["suspected_submerged", "failed", "silent", "frozen", "late", "out_of_use", "never_heard", "live", "quiet_as_designed"];
        const places = states.map((state) => order.indexOf(state));
        must(places.every((place) => place >= 0), `an unknown state among ${[...new Set(states)]}`);
        must(places.every((place, index) => index === 0 || place >= places[index - 1]), `${states}`);
        await seen.duty.getByTestId("hydrograph").waitFor();
        await desk.picture(seen.duty, "gauges");
      }],
      ["[48] before one is put out of use what that changes is shown, a reason is asked for, and Enter confirms nothing", async () => {
        const row = seen.duty.getByTestId("health-table").locator("tr[data-state=live]").first();
        seen.gauge = await row.getAttribute("data-gauge");
        await row.locator("button").click();
        await seen.duty.getByTestId("put-out").click();
        const dialog = seen.duty.getByTestId("out-of-use");
        await dialog.getByTestId("effects").locator("li").first().waitFor();
        must(await dialog.getByTestId("out-confirm").isDisabled(), "it can be confirmed without a reason");
        await desk.picture(seen.duty, "out-of-use");
        await desk.axe(seen.duty, "putting a gauge out of use");
        await dialog.getByTestId("out-reason").fill("値が動かない");
        must(await dialog.getByTestId("out-confirm").isEnabled(), "a reason does not open the button");
        await dialog.getByTestId("out-confirm").focus();
        await seen.duty.keyboard.press("Enter");
        await seen.duty.waitForTimeout(500);
        must(await dialog.count() === 1, "Enter confirmed");
        await dialog.getByTestId("out-confirm").click();
        await dialog.waitFor({ state: "detached" });
        await within(IN_THE_END_S, "it is named as out of use", async () => await seen.duty.locator(`tr[data-gauge='${seen.gauge}']`).getAttribute("data-state") === "out_of_use");
        await says(seen.duty, "使用停止");
      }],
    ]],

    ["Shelters", [
      ["the list is that of the town, and what nobody reported is said to be unreported", async () => {
        await desk.open(seen.duty, "shelters");
        await seen.duty.getByTestId("shelter-table").waitFor();
        const { body } = await desk.api(seen.duty, "GET", "/api/v1/shelters");
        const wanted = body.shelters.filter((one) => one.in_town && one.approved_for.some((hazard) => hazard.toLowerCase() === "flood")).length;
        const rows = await seen.duty.getByTestId("shelter-table").locator("tbody tr").count();
        must(rows === wanted && wanted > 0, `${rows} rows, ${wanted} shelters`);
        if (body.shelters.every((one) => one.state === "not_reported")) must(await seen.duty.getByTestId("shelters-unreported").count() === 1, "nothing says so");
        await desk.picture(seen.duty, "shelters");
      }],
      ["search finds by name in whatever width it is typed", async () => {
        await seen.duty.getByTestId("shelter-search").fill("小学校");
        const names = await seen.duty.getByTestId("shelter-table").locator("tbody th").allInnerTexts();
        must(names.length > 0 && names.every((name) => /小学校/.test(name)), `${names.slice(0, 5)}`);
        await seen.duty.getByTestId("shelter-search").fill("");
      }],
    ]],

    ["The timeline", [
      ["what an officer notes down stands at the top, with who and when", async () => {
        await desk.open(seen.duty, "timeline");
        await seen.duty.getByTestId("timeline-table").waitFor();
        await seen.duty.getByTestId("note-words").fill("堤防の天端近くまで水が来ている <b>消防団</b>");
        await seen.duty.getByTestId("note-send").click();
        await within(IN_THE_END_S, "the note", async () => await seen.duty.getByTestId("timeline-table").locator("tr[data-kind=note]").count() > 0);
        const note = seen.duty.getByTestId("timeline-table").locator("tr[data-kind=note]").first();
        must((await note.innerText()).includes("<b>消防団</b>"), "hostile text did not stay text");
        must(/\d{2}:\d{2}/.test(await note.locator("time").innerText()), "no time");
        await desk.picture(seen.duty, "timeline");
      }],
      ["[71] the export is UTF-8 CSV with as many rows as the filter shows", async () => {
        for (const kind of [null, "note"]) {
          if (kind) await seen.duty.getByTestId(`kind-${kind}`).click();
          await within(IN_THE_END_S, "the filtered list", async () => kind === null || await seen.duty.getByTestId("timeline-table").locator(`tbody tr:not([data-kind=${kind}])`).count() === 0);
          const address = await seen.duty.getByTestId("timeline-csv").getAttribute("href");
          // Both are asked in one moment: the record goes on growing.
          const [list, csv] = await seen.duty.evaluate(async (address) => {
            const until = new Date(JSON.parse(await (await fetch("/api/v1/status?auto=1")).text()).server_time).toISOString();
            const both = [address.replace(".csv", ""), address].map((one) => `${one}&to=${encodeURIComponent(until)}`);
            const [list, csv] = await Promise.all(both.map((one) => fetch(one)));
            return [await list.json(), { type: csv.headers.get("content-type"), bytes: [...new Uint8Array(await csv.arrayBuffer())] }];
          }, address);
          const bytes = Buffer.from(csv.bytes);
          must(/text\/csv; charset=utf-8/.test(csv.type), csv.type);
          must(bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])), "no byte order mark");
          const rows = records(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) - 1;
          must(list.total > 0 && rows === list.total, `${rows} rows, ${list.total} in the list`);
        }
        await seen.duty.getByTestId("kind-note").click();
      }],
    ]],

    ["The sheet for paper", [
      ["[70] one A4 page, landscape, with map, figures, chart, evidence, counter-evidence, time and the word of the drill", async () => {
        const { id } = await desk.recommendation(seen.duty);
        await desk.open(seen.duty, `print/${id}`);
        await within(IN_THE_END_S, "the picture of the map", async () => await seen.duty.getByTestId("briefing").getAttribute("data-ready") === "true");
        const text = await seen.duty.getByTestId("briefing").innerText();
        for (const words of ["訓練", "データ時点", "推奨の根拠", "反対の根拠", "判断は職員が行います", "区域"]) must(text.includes(words), `'${words}' is missing`);
        must(/\d{1,2}月\d{1,2}日\(.\) \d{2}:\d{2}/.test(text), "no time");
        must(await seen.duty.getByTestId("print-counter").locator("li").count() > 0, "no counter-evidence");
        must(await seen.duty.getByTestId("map-picture").evaluate((image) => image.naturalWidth > 200), "the map is empty");
        must(await seen.duty.getByTestId("briefing").getByTestId("observed").count() > 0, "no line in the chart");
        must(await seen.duty.getByTestId("briefing").locator(".level-digit").first().textContent() !== "", "the level has no number");
        await desk.picture(seen.duty, "print");
        await desk.axe(seen.duty, "the sheet for paper");
        const pdf = (await seen.duty.pdf({ preferCSSPageSize: true, printBackground: true })).toString("latin1");
        const pages = pdf.match(/\/Type\s*\/Page\b/g)?.length ?? 0;
        must(pages === 1, `${pages} pages`);
        const [, width, height] = pdf.match(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/).map(Number);
        must(Math.abs(width - SHEET[0]) < 3 && Math.abs(height - SHEET[1]) < 3, `${width} x ${height} points`);
      }],
    ]],

    ["All of them", [
      ["[58] axe finds nothing, by day and by night", async () => {
        for (const theme of ["day", "night"]) {
          const page = theme === "day" ? seen.duty : await desk.officer("duty", { theme });
          for (const screen of SCREENS) {
            await desk.open(page, screen);
            await page.getByTestId(`screen-${screen}`).locator("table").first().waitFor();
            if (screen !== "timeline") await within(IN_THE_END_S, "the map", async () => await page.getByTestId("map").getAttribute("data-complete") === "true");
            await desk.axe(page, `${screen}, ${theme}`);
            if (theme === "night") await desk.picture(page, `${screen}-night`);
          }
          if (theme === "night") await page.context().close();
        }
      }],
      ["[60] everything that can be pressed is at least 24 pixels in both directions", async () => {
        for (const screen of SCREENS) {
          await desk.open(seen.duty, screen);
          await seen.duty.getByTestId(`screen-${screen}`).locator("table").first().waitFor();
          const small = await seen.duty.getByTestId(`screen-${screen}`).locator("button, .button, input, select").evaluateAll((all) => all.filter((one) => one.checkVisibility()).map((one) => {
            const { width, height } = (one.matches("input[type=checkbox]") ? (one.closest("label") ?? one) : one).getBoundingClientRect();
            return width < 24 || height < 24 ? `${one.textContent.trim().slice(0, 20)} ${width}x${height}` : null;
          }).filter(Boolean));
          must(small.length === 0, `${screen}: ${small.slice(0, 5).join("; ")}`);
        }
      }],
    ]],
  ];
}

// Records of a CSV text: line ends within quotes belong to a cell.
function records(text) {
  let quoted = false;
  let ends = 0;
  for (const sign of text.trimEnd()) {
    if (sign === '"') quoted = !quoted;
    else if (sign === "\n" && !quoted) ends += 1;
  }
  return ends + 1;
}
