import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const entryPoints: [string, string][] = [
  ["@session-authority/client", "SessionAuthority"],
  ["@session-authority/client/express", "ExpressGuard"],
  ["@session-authority/client/fastify", "FastifyGuard"],
  ["@session-authority/client/session-store", "SessionAuthorityStore"],
];

for (const [entryPoint, name] of entryPoints) {
  test(`${entryPoint} loads as CommonJS and as a module`, () => {
    const required = `console.log(typeof require(${JSON.stringify(entryPoint)}).${name})`;
    const imported = `import { ${name} } from ${JSON.stringify(entryPoint)}; console.log(typeof ${name})`;
    for (const [type, script] of [
      ["commonjs", required],
      ["module", imported],
    ] as const) {
      const output = execFileSync(process.execPath, [`--input-type=${type}`, "-e", script], {
        cwd: root,
        encoding: "utf8",
      });
      assert.equal(output.trim(), "function", type);
    }
  });
}
