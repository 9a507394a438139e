// Officers at their consoles: pages that are signed in, watched for what must never happen on any of them.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { IN_THE_END_S, must, within } from "../cases.mjs";
import { paced } from "../pace.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];
const LAPTOP = { width: 1366, height: 768 };

export class Desk {
  #browser;
  #demo;
  #pictures;
  #name;
  #origin;
  #say;
  asked = 0;
  strayed = [];
  refused = [];
  broken = [];
  // Sentences of the browser about requests that a check breaks on purpose.
  expected = [];

  constructor(browser, demo, pictures, name, origin = demo.origin(), say = console.log) {
    this.#origin = origin;
    this.#say = say;
    this.#browser = browser;
    this.#demo = demo;
    this.#pictures = pictures;
    this.#name = name;
  }

  origin() {
    return this.#origin;
  }

  // A figure that was measured, below the sentence it belongs to.
  says(figure) {
    this.#say(`        ${figure}`);
  }

  // A browser of its own, with its own cookies; the console is open, nobody is signed in.
  // `at`: another address of the same service.
  async visitor({ viewport = LAPTOP, lang = "ja", theme = "day", offline = true, path = "/console/", at = this.origin(), ...more } = {}) {
    const context = await this.#browser.newContext({
      viewport, locale: "ja-JP", timezoneId: "Asia/Tokyo", serviceWorkers: offline ? "allow" : "block", ...more,
    });
    context.on("request", (request) => {
      this.asked += 1;
      const { origin, protocol } = new URL(request.url());
      if (origin !== this.origin() && origin !== at && protocol !== "data:" && protocol !== "blob:") this.strayed.push(request.url());
    });
    await context.addInitScript(([lang, theme]) => {
      if (!localStorage.getItem("hinan.lang")) localStorage.setItem("hinan.lang", lang);
      if (!localStorage.getItem("hinan.theme")) localStorage.setItem("hinan.theme", theme);
    }, [lang, theme]);
    const page = await context.newPage();
    page.setDefaultTimeout(IN_THE_END_S * 1000);
    this.watch(page);
    await page.goto(at + path);
    return page;
  }

  watch(page) {
    page.on("console", (message) => {
      const text = message.text();
      if (text.includes("Content Security Policy")) this.refused.push(`${page.url()}: ${text}`);
      // The first question of who sits here is answered by 401 when nobody does; the browser says so.
      else if (message.type() === "error" && !/status of (401|403|404|409|412|422|503)/.test(text) && !this.expected.some((known) => known.test(text))) this.broken.push(`${page.url()}: ${text}`);
    });
    page.on("pageerror", (error) => this.broken.push(`${page.url()}: ${error.message}`));
  }

  // The console as `user` sees it after signing in, on its first screen.
  async officer(user, options = {}) {
    const page = await this.visitor(options);
    await this.signIn(page, user);
    return page;
  }

  async signIn(page, user) {
    const account = this.#demo.account(user);
    await page.locator("#user").fill(account.user);
    await page.locator("#password").fill(account.password);
    await page.locator("button[type=submit]").click();
    await page.getByTestId("shell").waitFor();
  }

  async open(page, address) {
    await page.evaluate((hash) => (location.hash = hash), `#/${address}`);
  }

  // The night has begun at the pace at which it can be read.
  async paced(page) {
    await paced(async (path) => (await this.api(page, "GET", path)).body);
  }

  // Waits for a recommendation, at most as long as the calm hours take; gives back its level and id.
  async recommendation(page, seconds = 300) {
    await this.open(page, "situation");
    const items = page.getByTestId("inbox").getByTestId("inbox-item");
    await within(seconds, "a recommendation in the inbox", async () => await items.count() > 0);
    await this.paced(page);
    // The river goes on: what stands on top now is opened, not what stood there at the start.
    for (let turn = 1; ; turn += 1) {
      const id = await items.first().getAttribute("data-id");
      await this.open(page, `recommendations/${id}`);
      const found = page.locator(`[data-testid=recommendation][data-id="${id}"]`);
      try {
        await found.waitFor();
        await page.locator("[data-testid=decide]:enabled, [data-testid=not-open]").first().waitFor();
        must(await page.getByTestId("not-open").count() === 0, "it is not open any more");
        return { id, level: Number(await found.getAttribute("data-level")) };
      } catch (error) {
        // It was superseded in the same moment.
        must(turn < 5, `no recommendation stays open: ${error.message}`);
      }
    }
  }

  // A call of the API with the page's own session, as a program would make it.
  async api(page, method, path, body) {
    return await page.evaluate(async ([method, path, body]) => {
      const session = await fetch("/api/v1/session").then((answer) => answer.json());
      const headers = { "Content-Type": "application/json", "X-CSRF-Token": session.csrf ?? "" };
      const answer = await fetch(path, { method, headers: method === "GET" ? {} : headers, body: body === undefined ? undefined : JSON.stringify(body) });
      const text = await answer.text();
      let read = text;
      try {
        read = JSON.parse(text);
      } catch {
        // Shown as it is.
      }
      return { status: answer.status, type: answer.headers.get("content-type"), body: read };
    }, [method, path, body]);
  }

  // Content is asserted by the caller before; then axe may say that nothing is wrong with it.
  async axe(page, what) {
    await page.evaluate(AXE);
    const { violations, passes } = await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: { type: "tag", values: tags } }), WCAG);
    must(passes.length > 10, `${what}: axe found next to nothing to check`);
    must(violations.length === 0, `${what}: axe says\n${violations.map(told).join("\n")}`);
  }

  async picture(page, name) {
    // The caret is left alone: hiding it would be a style against the page's own policy.
    await page.screenshot({ path: join(this.#pictures, `${this.#name}-${name}.png`), caret: "initial" });
  }

  // What must hold for every page of every run.
  always() {
    return [
      ["[8] no request left the origin", async () => {
        must(this.asked > 20, `only ${this.asked} requests were seen`);
        must(this.strayed.length === 0, this.strayed.join("\n"));
      }],
      ["[68] nothing broke the content security policy", async () => must(this.refused.length === 0, this.refused.join("\n"))],
      ["no error was left on the browser's console", async () => must(this.broken.length === 0, this.broken.join("\n"))],
    ];
  }
}

export async function says(page, words) {
  const all = await page.locator("body").innerText();
  const found = typeof words === "string" ? all.includes(words) : words.test(all);
  must(found, `${page.url()} does not say ${words}; it says:\n${all.slice(0, 1500)}`);
}

function told({ id, impact, help, nodes }) {
  const places = nodes.slice(0, 4).map((node) => `    ${node.target.join(" ")}: ${node.failureSummary?.split("\n")[1]?.trim()}`);
  return `${id} (${impact}, ${nodes.length}): ${help}\n${places.join("\n")}`;
}
