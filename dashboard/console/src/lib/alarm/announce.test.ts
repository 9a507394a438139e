import { expect, it } from "vitest";

import { Pace } from "./announce.svelte";

it("a storm of sentences is one in five seconds, and the newest", () => {
  const pace = new Pace();
  const said: string[] = [];
  for (let now = 0; now <= 20_000; now += 100) {
    pace.offer({ text: `${now}`, urgent: false });
    const next = pace.next(now);
    if (next) said.push(next.text);
  }
  expect(said).toEqual(["0", "5000", "10000", "15000", "20000"]);
});

it("what is urgent is not pushed out by what is not", () => {
  const pace = new Pace();
  pace.offer({ text: "避難指示の推奨", urgent: true });
  pace.offer({ text: "水位", urgent: false });
  expect(pace.next(0)?.text).toBe("避難指示の推奨");
});
