/// <reference lib="webworker" />
// Keeps the console for a reload while the server is gone. It keeps the program only: what the program showed last is
// kept by the program itself, with its time, so that old figures are never taken for an answer of the server.

export {};

const worker = globalThis as unknown as ServiceWorkerGlobalScope;
// The build writes the list of its files here; a new list is a new worker.
const LIST = "__PRECACHE__";
const SHELL = "./";
// A server that does not answer a navigation in this time is taken for gone.
const PATIENCE_MS = 4_000;

const files = (JSON.parse(LIST) as string[]).filter((name) => !name.startsWith("wall"));
const NAME = `hinan-console-${digest(LIST)}`;

// Short and stable: it only tells one bundle from another.
function digest(text: string): string {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return (value >>> 0).toString(16);
}

worker.addEventListener("install", (event) => {
  const wanted = files.map((name) => (name === "index.html" ? SHELL : name));
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(wanted)).then(() => worker.skipWaiting()));
});

worker.addEventListener("activate", (event) => {
  const clean = async () => {
    for (const name of await caches.keys()) if (name.startsWith("hinan-console-") && name !== NAME) await caches.delete(name);
    await worker.clients.claim();
  };
  event.waitUntil(clean());
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== worker.location.origin) return;
  if (request.mode === "navigate" && pathname === new URL(SHELL, worker.location.href).pathname) event.respondWith(shell(request));
  // Hashed names never change their content.
  else if (pathname.includes("/console/assets/")) event.respondWith(asset(request));
});

async function shell(request: Request): Promise<Response> {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.status < 500) return answer;
  } catch {
    // The kept one follows.
  }
  return (await caches.match(SHELL, { cacheName: NAME })) ?? Response.error();
}

async function asset(request: Request): Promise<Response> {
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  // Slices of a font are kept once they were needed.
  if (answer.ok) {
    const cache = await caches.open(NAME);
    await cache.put(request, answer.clone());
  }
  return answer;
}
