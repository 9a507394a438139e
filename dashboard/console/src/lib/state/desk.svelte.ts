// What the whole console watches, whichever screen is open: the inbox, the alarms, the situation.

import type { Alarms, Inbox, Situation } from "../api/types";
import { connection } from "./connection.svelte";
import { Resource } from "./resource.svelte";

// After a silence all three are asked again; with them decisions are free.
const loaded = new Set<string>();
function whole(name: string): () => void {
  return () => {
    if (!connection.pictureDue) {
      loaded.clear();
      return;
    }
    loaded.add(name);
    if (loaded.size === 2) {
      loaded.clear();
      connection.pictureLoaded();
    }
  };
}

export const inbox = new Resource<Inbox>(["recommendation", "decision", "presence", "notice"], whole("inbox"));
export const situation = new Resource<Situation>(["picture", "notice", "decision", "official", "external", "health"], whole("situation"));
export const alarms = new Resource<Alarms>(["picture", "recommendation", "decision", "delivery", "feed", "note", "notice", "official", "health"]);

export function watchDesk(): void {
  inbox.point("/api/v1/inbox");
  situation.point("/api/v1/situation");
  alarms.point("/api/v1/alarms");
}
