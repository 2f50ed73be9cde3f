// Builds dist/esm and dist/cjs, unless they are newer than everything that they are built from.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const stamp = join(root, "dist", "built");
const sources = ["package.json", "tsconfig.base.json", "tsconfig.esm.json", "tsconfig.cjs.json"].map((name) =>
  join(root, name),
);
for (const entry of readdirSync(join(root, "src"), { recursive: true })) {
  sources.push(join(root, "src", entry));
}

const builtAt = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
if (sources.some((path) => statSync(path).mtimeMs >= builtAt)) {
  rmSync(join(root, "dist"), { recursive: true, force: true });
  for (const project of ["tsconfig.esm.json", "tsconfig.cjs.json"]) {
    execFileSync(join(root, "node_modules", ".bin", "tsc"), ["-p", project], { cwd: root, stdio: "inherit" });
  }
  writeFileSync(join(root, "dist", "cjs", "package.json"), '{ "type": "commonjs" }\n');
  writeFileSync(stamp, "");
}
