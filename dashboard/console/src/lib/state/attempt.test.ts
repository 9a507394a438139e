import { describe, expect, it } from "vitest";

import { Problem } from "../api/client";
import { Attempt } from "./attempt.svelte";

describe("an attempt", () => {
  it("runs once at a time", async () => {
    const one = new Attempt();
    let end = () => {};
    let runs = 0;
    const first = one.run(() => new Promise<void>((resolve) => { runs += 1; end = resolve; }));
    await one.run(async () => { runs += 1; });
    expect([runs, one.busy]).toEqual([1, true]);
    end();
    await first;
    expect(one.busy).toBe(false);
  });

  it("keeps what was refused, and forgets it with the next try", async () => {
    const one = new Attempt();
    await one.run(() => Promise.reject(new Problem(409, { detail: "over" })));
    expect([one.problem?.status, one.busy]).toEqual([409, false]);
    await one.run(async () => {});
    expect(one.problem).toBeNull();
  });

  it("never swallows a fault of its own, nor calls it a broken line", async () => {
    const one = new Attempt();
    await one.run(async () => { throw new TypeError("x is not a function"); });
    expect(one.problem?.unreachable).toBe(false);
    expect(one.problem?.detail).toContain("x is not a function");
  });
});
