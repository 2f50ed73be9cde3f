import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { freeAddress, TestServer } from "./support/server.js";

const root = fileURLToPath(new URL("..", import.meta.url));

test("the first lines of the README protect an application", async (t) => {
  const code = /```ts\n([^]*?)```/.exec(readFileSync(`${root}/README.md`, "utf8"))![1]!;
  assert.ok(
    code
      .trim()
      .split("\n")
      .filter((line) => line !== "").length <= 10,
  );
  const server = await TestServer.start();
  const address = await freeAddress();
  mkdirSync(`${root}/build`, { recursive: true });
  const file = `${root}/build/readme.ts`;
  writeFileSync(file, code.replace("127.0.0.1:50051", server.address).replace("3000", address.split(":")[1]!));
  const app = spawn(process.execPath, ["--import", "tsx", file], { cwd: root, stdio: "inherit" });
  const authority = server.connect();
  t.after(async () => {
    app.kill();
    await once(app, "exit");
    authority.close();
    await server.stop();
  });

  // The first requests may take longer than the time limits of the example on a busy machine: 503 says to try again.
  const deadline = Date.now() + 100_000;
  const get = async (path: string, headers: Record<string, string> = {}): Promise<Response> => {
    for (;;) {
      const response = await fetch(`http://${address}${path}`, { headers }).catch(() => undefined);
      if (response !== undefined && response.status !== 503) {
        return response;
      }
      assert.ok(Date.now() < deadline && app.exitCode === null, "the application does not respond");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  assert.equal(await (await get("/")).text(), "Public");
  assert.equal((await get("/account")).status, 401);
  const { token } = await authority.create({ userId: "ann" });
  const response = await get("/account", { authorization: `Bearer ${token.reveal()}` });
  assert.equal(await response.text(), "Hello, ann");
});
