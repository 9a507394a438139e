import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// What the service worker keeps for a reload without the server. Font slices come to 5 MB and are kept when used.
const PRECACHED = /\.(?:html|js|css|json|svg)$/;
const WORKER = "sw.js";

/** Writes the list of the built files into the service worker, so that a new bundle is a new worker. */
function precache(): Plugin {
  return {
    name: "hinan-precache",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const worker = bundle[WORKER];
        if (worker?.type !== "chunk") this.error(`the bundle has no ${WORKER}`);
        const files = Object.keys(bundle).filter((name) => PRECACHED.test(name) && name !== WORKER && !name.includes("noto")).sort();
        const before = worker.code;
        worker.code = before.replace(/["'`]__PRECACHE__["'`]/, JSON.stringify(JSON.stringify(files)));
        if (worker.code === before) this.error(`${WORKER} has no place for the list of files`);
      },
    },
  };
}

// Parts of the map library that it carries and we do not use, and who asks for them.
const LEFT_OUT: [string, string][] = [
  ["../render/canvas/style.js", "/ol/layer/BaseVector.js"],
  ["../../reproj/Tile.js", "/ol/renderer/canvas/TileLayer.js"],
  ["./proj/utm.js", "/ol/proj.js"],
  ["../../render/canvas/hitdetect.js", "/ol/renderer/canvas/VectorLayer.js"],
  ["../../render/canvas/hitdetect.js", "/ol/renderer/canvas/VectorTileLayer.js"],
  ["./control/defaults.js", "/ol/Map.js"],
  ["./interaction/defaults.js", "/ol/Map.js"],
  ["./Circle.js", "/ol/style/Style.js"],
];

function withoutUnusedMapParts(): Plugin {
  return {
    name: "hinan-without-unused-map-parts",
    enforce: "pre",
    resolveId(source, importer) {
      const left = LEFT_OUT.some(([part, who]) => source === part && importer?.endsWith(who));
      return left ? here("src/lib/map/ol/left_out.ts") : null;
    },
  };
}

// What the map library keeps to itself ends with an underscore, by its own convention; no minifier may shorten members of objects.
const OWN_NAME = /\b[A-Za-z][A-Za-z0-9]*_\b/g;
const LIBRARY = here("node_modules/ol");

/** Writes each name that the map library keeps to itself short, the same in all of its files; 3 kB less to load. */
function shortOwnNames(): Plugin {
  const short = new Map<string, string>();
  return {
    name: "hinan-short-own-names",
    apply: "build",
    buildStart() {
      const files = (readdirSync(LIBRARY, { recursive: true }) as string[]).filter((name) => name.endsWith(".js") && !name.startsWith("dist"));
      const texts = files.map((name) => readFileSync(join(LIBRARY, name), "utf8"));
      // By their own order, so that every build gives the same bytes.
      const names = new Set(texts.flatMap((text) => text.match(OWN_NAME) ?? []));
      [...names].sort().forEach((name, index) => short.set(name, `$${index.toString(36)}`));
      if (texts.some((text) => /\.\$[0-9a-z]/.test(text))) this.error("the map library has names of the short form of its own");
    },
    transform(code, id) {
      return id.startsWith(LIBRARY) && id.endsWith(".js") ? { code: code.replace(OWN_NAME, (name) => short.get(name) ?? name), map: null } : null;
    },
  };
}

export default defineConfig({
  base: "/console/",
  plugins: [withoutUnusedMapParts(), shortOwnNames(), svelte(), precache()],
  resolve: {
    alias: { $lib: here("src/lib"), $app: here("src/app"), $screens: here("src/screens"), $styles: here("src/styles") },
  },
  build: {
    outDir: process.env.HINAN_CONSOLE_OUT ?? "dist",
    emptyOutDir: true,
    target: "es2022",
    // The content security policy has no `data:` for fonts and scripts.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { console: here("index.html"), wall: here("wall.html"), sw: here("src/worker.ts") },
      output: {
        entryFileNames: (chunk) => (chunk.name === "sw" ? WORKER : "assets/[name]-[hash].js"),
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
        // Screens that are alike are compressed as one file: 7 kB less to load than each by itself. What they share with the first
        // screen stays where that loads it.
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: "texts", test: /screens\/decide\/(?:Waiting|Second)\.svelte/ },
            { name: "published", test: /screens\/published\// },
            { name: "record", test: /screens\/(?:audit|admin|handover|timeline)\// },
            { name: "draft", test: /screens\/(?:draft\/|decide\/Edited)/ },
          ],
        },
      },
    },
  },
  test: { include: ["src/**/*.test.ts", "tests/**/*.test.ts"], environment: "node", setupFiles: ["tests/setup.ts"] },
});
