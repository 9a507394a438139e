// Whether somebody is in the middle of a decision: then nothing reloads and nothing is swapped under their hands.

import { untrack } from "svelte";

let open = $state(0);

export const work = {
  get open(): boolean {
    return open > 0;
  },
  /** In a component's initialisation: a decision is open while it lives. */
  hold(): void {
    $effect(() => {
      untrack(() => (open += 1));
      return () => {
        open -= 1;
      };
    });
  },
};
