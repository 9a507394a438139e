// What the officers' machines have to load, measured on the built files. Run after `npm run build`:
//
//   node tests/budget.mjs [folder]
//
// The script of the console is everything its entry can load, the chunk of the map included; the wall is counted apart.
// Fonts, and the style sheet that names their slices, are loaded only where a machine has no Japanese face.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";

const SCRIPT_MOST = 220_000;
const STYLE_MOST = 20_000;

const folder = resolve(process.argv[2] ?? process.env.HINAN_CONSOLE_OUT ?? join(import.meta.dirname, "../dist"));
const assets = join(folder, "assets");
if (!existsSync(join(folder, "index.html"))) {
  console.error(`no built console in ${folder}; run: npm run build`);
  process.exit(2);
}

const gz = (name) => gzipSync(readFileSync(join(assets, name)), { level: 9 }).length;
const isFont = (name) => /^(?:noto|index-.*\.css|fonts?-)/.test(name) && /@font-face/.test(readFileSync(join(assets, name), "utf8")) && /noto-sans-jp/.test(readFileSync(join(assets, name), "utf8"));

// Follows what a script names, from the entry on.
function reached(entry) {
  const names = readdirSync(assets);
  const seen = new Set();
  const next = [entry];
  for (let name = next.pop(); name !== undefined; name = next.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    if (!/\.(?:js|css)$/.test(name)) continue;
    const text = readFileSync(join(assets, name), "utf8");
    next.push(...names.filter((other) => text.includes(other)));
  }
  return [...seen];
}

const page = readFileSync(join(folder, "index.html"), "utf8");
const named = readdirSync(assets).filter((name) => page.includes(name));
const all = [...new Set(named.flatMap(reached))];
const scripts = all.filter((name) => name.endsWith(".js"));
const styles = all.filter((name) => name.endsWith(".css") && !isFont(name));
const first = named.filter((name) => name.endsWith(".js"));
const sum = (list) => list.reduce((total, name) => total + gz(name), 0);

for (const name of scripts.toSorted((one, other) => gz(other) - gz(one))) console.log(`  ${String(gz(name)).padStart(7)}  ${name}`);
const script = sum(scripts);
const style = sum(styles);
console.log(`script  ${script} bytes gz of ${SCRIPT_MOST} allowed (${scripts.length} files, ${sum(first)} before the inbox)`);
console.log(`style   ${style} bytes gz of ${STYLE_MOST} allowed (${styles.length} files)`);
if (script === 0 || style === 0) {
  console.error("nothing was measured");
  process.exit(1);
}
if (script > SCRIPT_MOST || style > STYLE_MOST) process.exit(1);
