// Generates src/gen from the contract, or with --check compares it with what would be generated.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const bin = join(root, "node_modules", ".bin");
const environment = { ...process.env, PATH: `${bin}:${process.env.PATH}` };

function generate(out) {
  rmSync(join(root, out, "src"), { recursive: true, force: true });
  for (const template of ["buf.gen.yaml", "buf.gen.types.yaml"]) {
    execFileSync(join(bin, "buf"), ["generate", "--template", template, "--output", out], {
      cwd: root,
      env: environment,
      stdio: ["ignore", "inherit", "inherit"],
    });
  }
}

function read(directory) {
  const files = new Map();
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      files.set(path.slice(directory.length + 1), readFileSync(path, "utf8"));
    }
  }
  return files;
}

const committed = join(root, "src", "gen");
const scratch = mkdtempSync(join(tmpdir(), "session-authority-gen-"));
try {
  generate(scratch);
  const generated = join(scratch, "src", "gen");
  if (process.argv.includes("--check")) {
    const [expected, actual] = [read(generated), read(committed)];
    const paths = [...new Set([...expected.keys(), ...actual.keys()])];
    const stale = paths.filter((path) => expected.get(path) !== actual.get(path));
    if (stale.length > 0) {
      console.error(`src/gen differs from the contract in ${stale.join(", ")}; run: npm run generate`);
      process.exitCode = 1;
    }
  } else {
    rmSync(committed, { recursive: true, force: true });
    cpSync(generated, committed, { recursive: true });
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
