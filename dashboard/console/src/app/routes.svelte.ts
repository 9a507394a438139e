// Which screen is open, told by the part of the address after `#`: it needs no server and survives a reload.

export const SCREENS = [
  "situation", "published", "timeline", "gauges", "shelters", "handover", "audit", "admin",
] as const;
export type Screen = (typeof SCREENS)[number];

export type Route =
  | { screen: Screen }
  | { screen: "recommendation"; id: string }
  | { screen: "text"; id: string }
  | { screen: "second"; id: string }
  | { screen: "notice"; id: string }
  | { screen: "print"; id: string }
  | { screen: "draft"; area: string | null };

const WITH_ID = { recommendations: "recommendation", texts: "text", second: "second", notices: "notice", print: "print" } as const;

/** The route of an address; anything unknown is the situation. */
export function parse(hash: string): Route {
  const [first = "", second = ""] = hash.replace(/^#\/?/, "").split("/");
  if (second && first in WITH_ID) {
    try {
      return { screen: WITH_ID[first as keyof typeof WITH_ID], id: decodeURIComponent(second) };
    } catch {
      return { screen: "situation" };
    }
  }
  if (first === "draft") return { screen: "draft", area: decoded(second) };
  const screen = SCREENS.find((name) => name === first);
  return { screen: screen ?? "situation" };
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part) || null;
  } catch {
    return null;
  }
}

let current = $state.raw<Route>(parse(globalThis.location?.hash ?? ""));

export const route = {
  get current(): Route {
    return current;
  },
  start(): () => void {
    const changed = () => {
      current = parse(location.hash);
    };
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  },
};

/** Opens an address like `situation` or `recommendations/01J…`. */
export function go(address: string): void {
  location.hash = `#/${address}`;
}
