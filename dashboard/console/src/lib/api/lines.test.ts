import { expect, it } from "vitest";

import { Lines } from "./lines";

it("an event cut into chunks anywhere is the same event", () => {
  const text = 'event: reading\r\nid: a-7\r\ndata: {"value":1.5}\r\n\r\n: still here\n\nevent: health\ndata: one\ndata: two\n\n';
  const whole = new Lines().take(text);
  expect(whole).toEqual([
    { event: "reading", id: "a-7", data: '{"value":1.5}' },
    { event: "health", id: "a-7", data: "one\ntwo" },
  ]);
  for (let cut = 1; cut < text.length; cut += 1) {
    const lines = new Lines();
    expect([...lines.take(text.slice(0, cut)), ...lines.take(text.slice(cut))]).toEqual(whole);
  }
});

it("comments are no events, and the last id is kept for coming back", () => {
  const lines = new Lines();
  expect(lines.take(": alive\n\nid: x-1\ndata: 1\n\n")).toHaveLength(1);
  expect(lines.take("id: x-2\ndata: half")).toHaveLength(0);
  expect(lines.lastId).toBe("x-1");
});

it("an endless event is refused", () => {
  expect(() => new Lines().take("x".repeat(1_000_001))).toThrow(/1000000/);
});
