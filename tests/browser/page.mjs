// What must hold for every page, whatever it shows: no script needed, nothing from elsewhere, readable on a small
// phone, and without a violation that axe can find.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { IN_THE_END_S, must } from "./cases.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];
// Pages that only show must stay true on a screen that nobody touches, and they work without script, so they reload
// themselves. A page that takes an answer never does: `look` proves that.
const EXEMPT = "meta-refresh";
const DESK = { width: 1366, height: 768 };
const PHONE = { width: 320, height: 640 };

export class Eyes {
  #browser;
  #origin;
  #pictures;
  #shown = 0;
  // Requests that left the origin, and what a page did against its own content security policy.
  strayed = [];
  asked = 0;
  refused = [];

  constructor(browser, origin, pictures) {
    this.#browser = browser;
    this.#origin = origin;
    this.#pictures = pictures;
  }

  // A person without script.
  async person() {
    const context = await this.#browser.newContext({
      javaScriptEnabled: false, viewport: DESK, locale: "ja-JP", timezoneId: "Asia/Tokyo", serviceWorkers: "block",
    });
    context.on("request", (request) => {
      this.asked += 1;
      const { origin, protocol } = new URL(request.url());
      if (origin !== this.#origin && protocol !== "data:") this.strayed.push(request.url());
    });
    const page = await context.newPage();
    page.setDefaultTimeout(IN_THE_END_S * 1000);
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) this.refused.push(`${page.url()}: ${message.text()}`);
    });
    return page;
  }

  // A person with script and a key of their own: a virtual one, in the browser, that asks for a finger. Passkeys are bound to a
  // name, so they come by the name of this machine.
  async keyholder() {
    const context = await this.#browser.newContext({
      viewport: DESK, locale: "ja-JP", timezoneId: "Asia/Tokyo", serviceWorkers: "block",
    });
    const page = await context.newPage();
    page.setDefaultTimeout(IN_THE_END_S * 1000);
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) this.refused.push(`${page.url()}: ${message.text()}`);
    });
    const devices = await context.newCDPSession(page);
    await devices.send("WebAuthn.enable");
    const { authenticatorId } = await devices.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true,
        isUserVerified: true, automaticPresenceSimulation: true,
      },
    });
    const finger = (isUserVerified) => devices.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
    const keys = async () => (await devices.send("WebAuthn.getCredentials", { authenticatorId })).credentials;
    return { page, finger, keys, origin: this.#origin.replace("127.0.0.1", "localhost") };
  }

  // Looks at the page as it stands, after its content was proved; keeps a picture of it.
  async look(page, name) {
    this.#shown += 1;
    const path = join(this.#pictures, `${String(this.#shown).padStart(2, "0")}-${name}`);
    await page.screenshot({ path: `${path}.png`, fullPage: true });
    const reloads = await page.locator("meta[http-equiv=refresh i]").count();
    const answers = await page.locator("main :is(input, textarea, select):not([type=hidden])").count();
    must(reloads === 0 || answers === 0, `${page.url()} reloads itself while somebody may be typing into it`);
    await this.#fitsPhone(page, `${path}-phone.png`);
    await this.#axe(page, await page.content());
  }

  async #fitsPhone(page, path) {
    await page.setViewportSize(PHONE);
    const { wide, room, who } = await page.evaluate(() => {
      const root = document.documentElement;
      const room = root.clientWidth;
      // Contents of a box that scrolls by itself (a wide map) may be wider than the screen.
      const boxed = (element) => {
        for (let box = element.parentElement; box && box !== document.body; box = box.parentElement) {
          if (getComputedStyle(box).overflowX !== "visible") return true;
        }
        return false;
      };
      const out = [...document.body.querySelectorAll("*")]
        .filter((element) => element.getBoundingClientRect().right > room + 1 && element.checkVisibility())
        .filter((element) => !boxed(element))
        .slice(-3)
        .map((element) => `${element.parentElement.localName} > ${element.localName}: "${element.textContent.trim().slice(0, 30)}"`);
      return { wide: root.scrollWidth, room, who: out.join("; ") };
    });
    await page.screenshot({ path, fullPage: true });
    await page.setViewportSize(DESK);
    must(wide <= room, `${page.url()} scrolls sideways at 320 px: ${wide} px wide; ${who}`);
  }

  // axe is a script, so it looks at the same markup in a context of its own.
  async #axe(page, html) {
    const context = await this.#browser.newContext({ viewport: DESK, locale: "ja-JP", offline: true });
    try {
      const copy = await context.newPage();
      await copy.setContent(html, { waitUntil: "load" });
      must(await copy.title() === await page.title(), "the copy for axe is not the page");
      await copy.evaluate(AXE);
      const options = { runOnly: { type: "tag", values: WCAG }, rules: { [EXEMPT]: { enabled: false } } };
      const { violations, passes } = await copy.evaluate((options) => globalThis.axe.run(document, options), options);
      must(passes.length > 5, `axe found next to nothing to check on ${page.url()}`);
      must(violations.length === 0, `axe on ${page.url()}:\n${violations.map(told).join("\n")}`);
    } finally {
      await context.close();
    }
  }
}

function told({ id, impact, help, nodes }) {
  const places = nodes.slice(0, 4).map((node) => `    ${node.target.join(" ")}: ${node.failureSummary?.split("\n")[1]?.trim()}`);
  return `${id} (${impact}, ${nodes.length}): ${help}\n${places.join("\n")}`;
}
