// Packs the files of a built console and gathers the licences of what others wrote in it.
// node pack.mjs BUILT PACKED SOURCE: writes PACKED/NAME.gz where that is shorter, and BUILT/licenses.txt.

import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { constants, gzipSync } from "node:zlib";

const [built, packed, source] = process.argv.slice(2);

/** Every file below a folder, as paths from it. */
function files(folder, within = "") {
  return readdirSync(join(folder, within))
    .sort()
    .flatMap((name) => {
      const path = within ? `${within}/${name}` : name;
      return statSync(join(folder, path)).isDirectory() ? files(folder, path) : [path];
    });
}

/** The licence of each package that runs in the browser: those of the lock file that are not for building only. */
function licenses() {
  const lock = JSON.parse(readFileSync(join(source, "package-lock.json"), "utf8"));
  const shipped = Object.entries(lock.packages ?? {})
    .filter(([path, entry]) => path.startsWith("node_modules/") && !entry.dev && !entry.optional)
    .map(([path]) => path)
    .sort();
  return shipped.map((path) => {
    const folder = join(source, path);
    const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const name = readdirSync(folder).find((file) => /^(licen[cs]e|copying)(\.|$)/i.test(file));
    const text = name ? readFileSync(join(folder, name), "utf8").trim() : "(no licence text in the package)";
    return `${about.name} ${about.version} (${about.license ?? "no licence named"})\n\n${text}\n`;
  });
}

if (!existsSync(built)) throw new Error(`there is no ${built}`);
writeFileSync(join(built, "licenses.txt"), licenses().join(`\n${"-".repeat(72)}\n\n`));
for (const path of files(built)) {
  const bytes = readFileSync(join(built, path));
  const small = gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION });
  if (small.length >= bytes.length * 0.95) continue;
  mkdirSync(dirname(join(packed, path)), { recursive: true });
  writeFileSync(join(packed, `${path}.gz`), small);
}
