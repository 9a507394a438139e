// For work on the console: a door in front of the demo that serves a built console from a folder and passes everything
// else on, so that a change of the console needs no build of the program. A run that counts goes without it.

import { createServer, request } from "node:http";
import { existsSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json", ".woff2": "font/woff2",
};
const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

// Resolves to the origin of the door and a function that shuts it.
export async function door(folder, origin) {
  const { hostname, port } = new URL(origin);
  const server = createServer((asked, answer) => {
    const { pathname } = new URL(asked.url, origin);
    const name = pathname.startsWith("/wall/") ? "wall.html" : pathname.match(/^\/console\/(.*)$/)?.[1];
    if (name !== undefined) {
      const path = join(folder, name || "index.html");
      if (!existsSync(path)) return void answer.writeHead(404).end();
      answer.writeHead(200, { "Content-Type": TYPES[extname(path)] ?? "application/octet-stream", "Content-Security-Policy": POLICY, "Service-Worker-Allowed": "/console/" });
      return void answer.end(readFileSync(path));
    }
    const onward = request({ hostname, port, path: asked.url, method: asked.method, headers: asked.headers }, (from) => {
      answer.writeHead(from.statusCode, from.headers);
      from.pipe(answer);
    });
    onward.on("error", () => answer.destroy());
    answer.on("close", () => onward.destroy());
    asked.pipe(onward);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    shut: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
