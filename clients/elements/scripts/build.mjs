// Builds the packages, and the pages of examples in build/.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
for (const name of ["elements", "react"]) {
  rmSync(join(root, name, "dist"), { recursive: true, force: true });
  const compiler = join(root, "node_modules", ".bin", "tsc");
  execFileSync(compiler, ["-p", join(root, name)], { cwd: root, stdio: "inherit" });
}
rmSync(join(root, "build"), { recursive: true, force: true });
mkdirSync(join(root, "build"));
await build({
  absWorkingDir: root,
  entryPoints: ["examples/elements.ts", "examples/react.ts"],
  outdir: "build",
  bundle: true,
  format: "esm",
  minify: true,
  target: "es2022",
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
});
for (const name of ["elements.html", "react.html", "examples.css"]) {
  copyFileSync(join(root, "examples", name), join(root, "build", name));
}
