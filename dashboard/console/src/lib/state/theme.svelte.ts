// Day or night, as chosen on this machine, else as the system asks.

export type Theme = "day" | "night";

const KEPT = "hinan.theme";

let current = $state<Theme>("day");

export const theme = {
  get current(): Theme {
    return current;
  },
  set(next: Theme): void {
    current = next;
    document.documentElement.dataset.theme = next;
    try {
      localStorage.setItem(KEPT, next);
    } catch {
      // It holds until the page is closed.
    }
  },
  restore(): void {
    let kept: string | null = null;
    try {
      kept = localStorage.getItem(KEPT);
    } catch {
      kept = null;
    }
    const system: Theme = matchMedia("(prefers-color-scheme: dark)").matches ? "night" : "day";
    current = kept === "day" || kept === "night" ? kept : system;
    document.documentElement.dataset.theme = current;
  },
};
