// Builds the cards: `node build.mjs [folder]`, by default into the integration. Names carry a hash of their content.
import { build } from "esbuild";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const outdir =
  process.argv[2] ??
  fileURLToPath(
    new URL("../../custom_components/maestra/frontend", import.meta.url),
  );

const { outputFiles } = await build({
  absWorkingDir: here,
  entryPoints: { maestra: "src/main.ts" },
  outdir,
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  minify: true,
  charset: "utf8",
  // The same wherever the packages lie.
  preserveSymlinks: true,
  write: false,
});
// What was there goes when the new is made: a build that fails leaves it.
await rm(outdir, { recursive: true, force: true });
await mkdir(outdir, { recursive: true });
for (const { path, contents } of outputFiles) {
  await writeFile(path, contents);
  console.log(`${contents.length} ${path.split("/").at(-1)}`);
}
