// Builds the browser's files into core/web/static. Deterministic: same sources, same bytes.
// `node build.mjs DIR` writes to DIR instead (the test that compares uses it).
import { build } from "esbuild";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.resolve(process.argv[2] ?? path.join(here, "../core/web/static"));

await build({
  absWorkingDir: here,
  entryPoints: {
    "build/shell": "src/shell.ts",
    "build/workbench": "src/workbench/main.ts",
    "build/frame_worker": "src/frames/worker.ts",
    "build/uploader": "src/uploader/main.ts",
    "build/hash_worker": "src/uploader/hash_worker.ts",
    "build/proof": "src/log/main.ts",
    "build/review": "src/review/main.ts",
    "build/board": "src/board/main.ts",
    "build/zones": "src/zones/main.ts",
    "build/pictures": "src/quality/pictures.ts",
    "build/links": "src/links/main.ts",
    "build/masks": "src/masks/main.ts",
    "build/passkeys": "src/passkeys.ts",
    "build/notices": "src/notices.ts",
    "build/building": "src/building.ts",
    "build/ontology": "src/ontology.ts",
  },
  outdir: out,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2022"],
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
});

const names = JSON.parse(await readFile(path.join(here, "icons.json"), "utf8"));
const symbols = [];
for (const name of [...names].sort()) {
  const svg = await readFile(path.join(here, "node_modules/lucide-static/icons", `${name}.svg`), "utf8");
  const body = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "");
  const shapes = body.split("\n").map((line) => line.trim()).filter(Boolean).join("");
  symbols.push(`<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`);
}
await mkdir(out, { recursive: true });
await writeFile(
  path.join(out, "icons.svg"),
  `<!-- Lucide icons, ISC licence, see fonts/LICENSE-Lucide.txt -->\n<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`,
);
