import assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { openPage, Site, startBrowser } from "./support.js";

const built = fileURLToPath(new URL("../../../target/debug/session-authority", import.meta.url));
const program = process.env["SESSION_AUTHORITY_PROGRAM"] ?? built;

/** Time limits for a machine that may be busy. */
const PATIENCE = {
  SESSION_AUTHORITY__SERVER__REQUEST_TIMEOUT: "30s",
  SESSION_AUTHORITY__SERVER__MESSAGE_TIMEOUT: "30s",
  SESSION_AUTHORITY__STORE__RESPONSE_TIMEOUT: "30s",
};

/** A development server of the session authority: `SESSION_AUTHORITY_PROGRAM`, or the debug build. */
class TestServer {
  readonly #process: ChildProcess;
  readonly #data: string;
  readonly http: string;

  private constructor(process: ChildProcess, data: string, http: string) {
    this.#process = process;
    this.#data = data;
    this.http = http;
  }

  static async start(environment: Record<string, string>): Promise<TestServer> {
    const data = mkdtempSync(join(tmpdir(), "session-authority-"));
    const [grpc, management, http] = await Promise.all([freeAddress(), freeAddress(), freeAddress()]);
    const addresses = ["--listen", grpc, "--management", management, "--http", http];
    const child = spawn(program, ["dev", "--data", data, ...addresses], {
      env: { ...process.env, ...PATIENCE, ...environment },
      stdio: "ignore",
    });
    const deadline = Date.now() + 60_000;
    while (!(await fetch(`http://${management}/readyz`).catch(() => undefined))?.ok) {
      assert.ok(child.exitCode === null && Date.now() < deadline, "the server does not get ready");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return new TestServer(child, data, `http://${http}`);
  }

  /** Signs a user in, as a login service does, and returns the token. */
  async signIn(userId: string, userAgent: string, deviceId: string): Promise<string> {
    const body = { user_id: userId, client: { user_agent: userAgent, device_id: deviceId, ip: "203.0.113.7" } };
    const response = await fetch(`${this.http}/api/v1/sessions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const { token } = (await response.json()) as { token: string };
    assert.ok(response.ok && token, String(response.status));
    return token;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill("SIGKILL");
      await once(this.#process, "exit");
    }
    rmSync(this.#data, { recursive: true, force: true });
  }
}

async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return `127.0.0.1:${String(port)}`;
}

const LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0";
const PHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";

let browser: Browser;

before(async () => {
  browser = await startBrowser();
});
after(() => browser.close());

/** Opens the page of examples, signed in at a server, with a phone and another laptop signed in as well. */
async function open(
  t: { after(work: () => Promise<void>): void; skip(reason: string): void },
  environment: Record<string, string> = {},
): Promise<{ page: Page; server: TestServer; phone: string } | undefined> {
  if (!execFileSync(program, ["config-reference"], { encoding: "utf8" }).includes("http.user_sessions")) {
    t.skip("this server does not serve the sessions of users");
    return undefined;
  }
  const server = await TestServer.start({ SESSION_AUTHORITY__HTTP__USER_SESSIONS__ENABLED: "true", ...environment });
  t.after(() => server.stop());
  const site = await Site.start();
  t.after(() => site.stop());
  site.upstream = server.http;
  const token = await server.signIn("ann", LAPTOP, "laptop");
  const phone = await server.signIn("ann", PHONE, "phone");
  await server.signIn("ann", LAPTOP, "other");
  await server.signIn("bob", PHONE, "phone");
  // Browsers accept `__Host-` cookies on this machine without TLS, but not by the protocol of the test.
  const { page, problems } = await openPage(browser, `${site.address}/elements.html`, {
    extraHTTPHeaders: { cookie: `__Host-session=${token}` },
  });
  t.after(async () => {
    await page.context().close();
    assert.deepEqual(problems, []);
  });
  return { page, server, phone };
}

const managed = "session-management-page";

/** Returns the status of a request with a user's token. */
async function statusOf(server: TestServer, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${server.http}/api/v1/users/sessions`, { headers })).status;
}

test("a user sees the sessions of the server and ends them", async (t) => {
  const opened = await open(t);
  if (opened === undefined) {
    return;
  }
  const { page, server, phone } = opened;
  const cards = page.locator(`${managed} session-card`);
  await cards.nth(2).waitFor();
  assert.equal(await cards.count(), 3, "the session of another user is not shown");
  await page.locator(managed).getByText("This device", { exact: true }).waitFor();
  assert.equal(await statusOf(server, phone), 200);
  await page.getByRole("button", { name: /Sign out .*iPhone/ }).click();
  await page.getByText("was signed out.").waitFor();
  assert.equal(await statusOf(server, phone), 401);
  await page.getByRole("button", { name: "Sign out all other devices" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
  await page.getByText("Other devices that were signed out: 1.").waitFor();
  await page.getByText("You are signed in on this device only.").waitFor();
});

test("a server that demands a newer sign-in is explained", async (t) => {
  const opened = await open(t, { SESSION_AUTHORITY__HTTP__USER_SESSIONS__MIN_ASSURANCE_LEVEL: "2" });
  if (opened === undefined) {
    return;
  }
  const { page, server, phone } = opened;
  await page.getByRole("button", { name: /Sign out .*iPhone/ }).click();
  await page.getByRole("alert").filter({ hasText: "Please confirm who you are" }).waitFor();
  assert.equal(await statusOf(server, phone), 200);
});

test("a server that cannot be reached is explained", async (t) => {
  const opened = await open(t);
  if (opened === undefined) {
    return;
  }
  const { page, server } = opened;
  await page.getByRole("button", { name: /Sign out .*iPhone/ }).waitFor();
  await server.stop();
  await page.getByRole("button", { name: /Sign out .*iPhone/ }).click();
  await page.getByRole("alert").filter({ hasText: "cannot be reached" }).waitFor();
});
