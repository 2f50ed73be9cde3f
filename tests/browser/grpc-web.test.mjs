// gRPC-Web from pages in a real Chromium, with the client of Connect. scripts/test-browser.sh runs it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { build } from "esbuild";
import { chromium } from "playwright-core";

const program = process.env.SESSION_AUTHORITY_PROGRAM;
const script = await bundle();
let authority, browser, trusted, untrusted, server;

before(async () => {
  trusted = await servePage();
  untrusted = await servePage();
  ({ server, authority } = await startAuthority(trusted.origin));
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    // Chromium refuses to run as root with its sandbox, as in a container.
    args: process.getuid() === 0 ? ["--no-sandbox"] : [],
  });
});

after(async () => {
  await browser?.close();
  server?.kill("SIGKILL");
  trusted?.server.close();
  untrusted?.server.close();
});

test("a page of a trusted origin signs a user in and validates the token", async () => {
  assert.deepEqual(await call(trusted, "signIn", "ann"), { outcome: "session", user: "ann" });
});

test("a page can read the details of an error", async () => {
  assert.deepEqual(await call(trusted, "invalid"), { code: "InvalidArgument", reason: "INVALID_FIELD" });
  const wrongKey = await call(trusted, "withKey", "sak_x");
  assert.deepEqual(wrongKey, { code: "Unauthenticated", reason: "CALLER_UNAUTHENTICATED" });
});

test("a page receives a stream message by message", async () => {
  const kinds = await call(trusted, "stream");
  assert.equal(kinds.length, 2);
  assert.ok(kinds.every((kind) => kind !== undefined));
});

test("a page of another origin can call nothing", async () => {
  await assert.rejects(call(untrusted, "signIn", "eve"), /Failed to fetch|ConnectError/);
  assert.deepEqual(await call(trusted, "signIn", "eve"), { outcome: "session", user: "eve" });
});

/** Calls a function of page.ts in a page of that server. */
async function call({ origin }, name, ...args) {
  const page = await browser.newPage();
  try {
    await page.goto(origin);
    return await page.evaluate(([name, args]) => window.calls[name](...args), [name, [authority, ...args]]);
  } finally {
    await page.close();
  }
}

/** Returns page.ts with its dependencies as one script. */
async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [process.env.PAGE_SCRIPT],
    bundle: true,
    write: false,
    nodePaths: [process.env.NODE_MODULES],
  });
  return outputFiles[0].text;
}

/** Serves a page with the script on a free port. */
async function servePage() {
  const server = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : '<!doctype html><script src="/page.js"></script>');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
}

/** Starts a development server that trusts pages of `origin`. */
async function startAuthority(origin) {
  const args = ["dev", "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "--http", "127.0.0.1:0"];
  const env = {
    PATH: process.env.PATH,
    SESSION_AUTHORITY__HTTP__TRUSTED_ORIGINS: JSON.stringify([origin]),
    SESSION_AUTHORITY__ALERTS__HEARTBEAT_INTERVAL: "200ms",
  };
  const server = spawn(program, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  for await (const chunk of server.stdout) {
    output += chunk;
    const address = /HTTP\s+(http:\/\/\S+)/.exec(output);
    if (address) return { server, authority: address[1] };
  }
  throw new Error(`the server ended: ${output}`);
}
