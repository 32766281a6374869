// Unpacks the Brotli files of @sparticuz/chromium: node chromium.mjs <its bin folder> <target>
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, createWriteStream, mkdirSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";

const [, , bin, target] = process.argv;
const unpack = (name, out) => pipeline(createReadStream(`${bin}/${name}.br`), createBrotliDecompress(), out);

mkdirSync(target, { recursive: true });
await unpack("chromium", createWriteStream(`${target}/headless_shell`, { mode: 0o755 }));
// Libraries into lib/, WebGL beside the program.
for (const name of ["al2023", "swiftshader"]) {
  // Without --ignore-zeros tar may stop reading at the end of the archive, and break the pipe before its end.
  const tar = spawn("tar", ["-xf", "-", "--ignore-zeros", "-C", target], { stdio: ["pipe", "inherit", "inherit"] });
  const [[code]] = await Promise.all([once(tar, "close"), unpack(`${name}.tar`, tar.stdin)]);
  if (code) process.exit(code);
}
