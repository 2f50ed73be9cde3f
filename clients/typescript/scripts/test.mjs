// Builds the library and runs the tests against the build. SESSION_AUTHORITY_PROGRAM is the server, by default the debug
// build of this repository.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
execFileSync(process.execPath, [join(root, "scripts", "build.mjs")], { stdio: "inherit" });
const chosen = process.argv.slice(2);
const files = readdirSync(join(root, "tests"))
  .filter((name) => name.endsWith(".test.ts") && (chosen.length === 0 || chosen.some((part) => name.includes(part))))
  .map((name) => join("tests", name));
execFileSync(process.execPath, ["--import", "tsx", "--test", "--test-timeout=600000", ...files], {
  cwd: root,
  stdio: "inherit",
});
