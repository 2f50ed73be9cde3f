// The server, the stores and the browser of the page tests, and the checks that hold for every page.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chownSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

const program = process.env.SESSION_AUTHORITY_PROGRAM;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";
export const HOSTILE = `<script>alert(1)</script><img src=x onerror=alert(2)>\u202e`;
export const LOOKS = {
  light: { colorScheme: "light", viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  narrow: { colorScheme: "light", viewport: { width: 320, height: 640 } },
};

/** Returns a free port of the loopback interface. */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Repeats `check` until it returns something true, and returns that. */
export async function eventually(what, check, milliseconds = 20_000) {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const result = await check();
    if (result) return result;
    if (Date.now() > deadline) assert.fail(`timed out waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const children = new Set();
process.on("exit", () => children.forEach((child) => child.kill("SIGKILL")));

/** Starts a process that ends with this one, whatever happens. */
function start(command, args, options) {
  const child = spawn(command, args, options);
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

/** Redis and PostgreSQL for one server. */
class Stores {
  #directory = mkdtempSync(join(tmpdir(), "pages-stores-"));
  #processes = [];

  static async start() {
    const stores = new Stores();
    // PostgreSQL refuses to run as root.
    const account = process.getuid() === 0 ? { uid: Number(execFileSync("id", ["-u", "nobody"])) } : {};
    if (account.uid) chownSync(stores.#directory, account.uid, -1);
    const [redis, postgres] = [await freePort(), await freePort()];
    stores.#run("redis-server", ["--port", `${redis}`, "--bind", "127.0.0.1", "--save", "", "--maxmemory-policy", "noeviction"]);
    const versions = "/usr/lib/postgresql";
    const tools = join(versions, readdirSync(versions).sort().at(-1), "bin");
    const data = join(stores.#directory, "postgres");
    execFileSync(join(tools, "initdb"), ["--auth=trust", "--username=test", "--no-sync", data], { ...account, stdio: "ignore", cwd: "/" });
    stores.#run(join(tools, "postgres"), ["-D", data, "-p", `${postgres}`, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"], account);
    await eventually("PostgreSQL accepts connections", () => {
      try {
        execFileSync(join(tools, "pg_isready"), ["-q", "-h", "127.0.0.1", "-p", `${postgres}`]);
        return true;
      } catch {
        return false;
      }
    });
    stores.settings = {
      SESSION_AUTHORITY__STORE__URL: `redis://127.0.0.1:${redis}`,
      SESSION_AUTHORITY__AUDIT__URL: `postgres://test@127.0.0.1:${postgres}/postgres`,
    };
    const env = { ...process.env, ...stores.settings };
    execFileSync(program, ["migrate"], { env, stdio: ["ignore", "ignore", "inherit"] });
    return stores;
  }

  #run(command, args, options = {}) {
    this.#processes.push(start(command, args, { stdio: "ignore", cwd: this.#directory, ...options }));
  }

  stop() {
    for (const process of this.#processes) process.kill("SIGQUIT");
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** A server with a console, on embedded stores or, with ENGINE=redis, on Redis and PostgreSQL. */
export class Server {
  #process;
  #stores;
  #directory = mkdtempSync(join(tmpdir(), "pages-data-"));
  #settings;

  static async start(settings = {}) {
    const server = new Server();
    if (process.env.ENGINE === "redis") server.#stores = await Stores.start();
    server.#settings = {
      SESSION_AUTHORITY__GATEWAY__COOKIES: '["session"]',
      SESSION_AUTHORITY__ACCOUNT__LOGIN_URL: "/login",
      ...server.#stores?.settings,
      ...settings,
    };
    const [grpc, management, http] = [await freePort(), await freePort(), await freePort()];
    server.grpc = `http://127.0.0.1:${grpc}`;
    server.origin = `http://127.0.0.1:${http}`;
    server.arguments = ["dev", "--data", server.#directory, "--listen", `127.0.0.1:${grpc}`];
    server.arguments.push("--management", `127.0.0.1:${management}`, "--http", `127.0.0.1:${http}`);
    await server.resume();
    return server;
  }

  /** Starts the process, for the first time or again. */
  async resume() {
    const env = { ...process.env, ...this.#settings };
    this.#process = start(program, this.arguments, { stdio: ["ignore", "pipe", process.env.SERVER_LOG ? "inherit" : "ignore"], env });
    let printed = "";
    for await (const chunk of this.#process.stdout.iterator({ destroyOnReturn: false })) {
      printed += chunk;
      if (printed.includes("revoke-all")) break;
    }
    this.#process.stdout.resume();
    const key = /API key (\S+)/.exec(printed);
    assert.ok(key, `the server did not start: ${printed}`);
    this.key = key[1];
    // The first sign-in compiles the descriptions of devices, which takes seconds in a debug build.
    await eventually("the server creates sessions", async () => {
      const body = JSON.stringify({ user_id: "warm-up", tenant_id: "console", client: { user_agent: IPHONE } });
      const options = { method: "POST", headers: { "content-type": "application/json" }, body };
      return (await fetch(`${this.origin}/api/v1/sessions`, options)).ok;
    });
  }

  /** Ends the process. */
  async pause(signal = "SIGTERM") {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill(signal);
    await ended;
  }

  async stop() {
    await this.pause("SIGKILL");
    this.#stores?.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Runs a command of the program against the server. */
  run(...args) {
    return execFileSync(program, [...args, "--server", this.grpc], { encoding: "utf8" });
  }

  /** Creates a session, and returns the response. */
  async create(user, { ip = "198.51.100.7", country = "", userAgent = "", deviceId = "", tenant = "", ...rest } = {}) {
    const client = { ip, country, user_agent: userAgent, device_id: deviceId };
    // The same request ID creates the same session, so that a busy machine may try again.
    const body = JSON.stringify({ user_id: user, tenant_id: tenant, client, request_id: randomUUID(), ...rest });
    const options = { method: "POST", headers: { "content-type": "application/json" }, body };
    const created = await eventually(`${user} is signed in`, async () => {
      const response = await fetch(`${this.origin}/api/v1/sessions`, options);
      const received = await response.json();
      if (response.status === 504) return undefined;
      assert.equal(response.status, 201, JSON.stringify(received));
      return received;
    });
    return created;
  }

  /** Creates a session and, from another network and country, a second one, which raises an alert. */
  async raiseAlert(user) {
    await this.create(user, { country: "SE", deviceId: "laptop" });
    return this.create(user, { country: "BR", deviceId: "phone", ip: "203.0.113.77", userAgent: IPHONE });
  }
}

/** Starts Chromium. It refuses to run as root with its sandbox, as in a container. */
export function startBrowser() {
  const flags = process.getuid() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });
}

/** Watches a page, and adds to `problems` what must not happen: errors, dialogs, violations, foreign requests. */
export function watch(page, origin, problems, expected = []) {
  const report = (text) => expected.some((pattern) => pattern.test(text)) || problems.push(text);
  page.on("pageerror", (error) => report(`${page.url()}: ${error.message}`));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) report(`${page.url()}: ${message.text()}`);
  });
  page.on("dialog", (dialog) => {
    report(`${page.url()}: dialog ${dialog.message()}`);
    return dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${origin}/`)) report(`a request to ${request.url()}`);
  });
}

/** Signs in to the console. */
export async function signIn(page, server, name = "Grace") {
  await page.goto(`${server.origin}/console/sign-in`);
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("API key").fill(server.key);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
}

/** Returns what axe finds on a page, and by how many pixels the page scrolls sideways. */
export async function findBarriers(page) {
  // The debugger runs this script, which the policy of the page does not concern.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return overflow > 0 ? [...found, `scrolls sideways by ${overflow} px`] : found;
}
