// The console and the account page in a real Chromium. scripts/test-browser.sh runs it.
//
// Every page is checked with axe in light, dark and narrow. A violation of the Content-Security-Policy, an error of a
// script or a request to another host fails the test. With SCREENSHOTS=DIRECTORY, images of the pages are stored there.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

import { chromium } from "playwright-core";

const program = process.env.SESSION_AUTHORITY_PROGRAM;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";
const HOSTILE = `<script>alert(1)</script><img src=x onerror=alert(2)>\u202e`;
const looks = {
  light: { colorScheme: "light", viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  narrow: { colorScheme: "light", viewport: { width: 360, height: 740 } },
};
let server, grpc, origin, key, browser;
const problems = [];

before(async () => {
  const args = ["dev", "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "--http", "127.0.0.1:0"];
  const env = { ...process.env, SESSION_AUTHORITY__GATEWAY__COOKIES: '["session"]', SESSION_AUTHORITY__ACCOUNT__LOGIN_URL: "/login" };
  server = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"], env });
  let printed = "";
  for await (const chunk of server.stdout) {
    printed += chunk;
    if (printed.includes("revoke-all")) break;
  }
  grpc = /gRPC +(\S+)/.exec(printed)[1];
  origin = /console +(\S+)\/console/.exec(printed)[1];
  key = /API key (\S+)/.exec(printed)[1];
  // Chromium refuses to run as root with its sandbox, as in a container.
  const flags = process.getuid() === 0 ? ["--no-sandbox"] : [];
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });
  create("ann", "--device-id", "laptop", "--country", "SE");
  create("ann", "--country", "SE", "--user-agent", IPHONE);
  create(HOSTILE, "--user-agent", HOSTILE);
});

after(async () => {
  await browser?.close();
  server?.kill("SIGKILL");
});

/** Runs a command of the program against the server. */
function run(...args) {
  return execFileSync(program, [...args, "--server", grpc], { encoding: "utf8" });
}

function create(user, ...args) {
  return JSON.parse(run("create", user, "--ip", "198.51.100.7", "--json", ...args));
}

/** Returns a page that reports what must not happen. */
async function newPage(options = {}) {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  const page = await context.newPage();
  page.on("pageerror", (error) => problems.push(`${page.url()}: ${error.message}`));
  page.on("console", (message) => {
    if (/Content Security Policy|TrustedHTML|Refused to/.test(message.text())) problems.push(`${page.url()}: ${message.text()}`);
  });
  page.on("dialog", (dialog) => {
    problems.push(`${page.url()}: dialog ${dialog.message()}`);
    return dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(origin)) problems.push(`a request to ${request.url()}`);
  });
  return page;
}

async function signIn(page, name = "Grace") {
  await page.goto(`${origin}/console`);
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
}

/** Repeats `check` until it returns true. */
async function eventually(what, check) {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`timed out waiting until ${what}`);
}

/** Waits until the audit database has the sessions of a user. */
async function untilFound(page, user, state = "LIVE") {
  await eventually("the search finds the session", async () => {
    await page.goto(`${origin}/console/sessions?user=${encodeURIComponent(user)}&state=${state}`);
    return (await page.locator("tbody a").count()) > 0;
  });
}

test.afterEach(() => assert.deepEqual(problems.splice(0), []));

test("an administrator finds a session and ends it with a reason", async () => {
  const page = await newPage();
  await signIn(page);
  const { session } = create("bob");
  await untilFound(page, "bob");
  await page.locator("tbody a").first().click();
  await page.getByRole("heading", { name: session.session_id ?? session.sessionId }).waitFor();
  await page.getByRole("button", { name: "End session" }).click();
  assert.match(page.url(), /\/console\/session\?id=/, "the browser demands a reason");
  await page.getByLabel("Reason").fill("lost laptop");
  await page.getByRole("button", { name: "End session" }).click();
  await page.getByText("The session has ended on every node.").waitFor();
  await page.getByRole("link", { name: "To the session" }).click();
  await eventually("the history shows it", async () => {
    await page.reload();
    return (await page.getByText("lost laptop").count()) > 0;
  });
  await page.context().close();
});

test("sessions that match criteria end after a dry run and a typed confirmation", async () => {
  const page = await newPage();
  await signIn(page);
  create("carol", "--country", "NO");
  await untilFound(page, "carol");
  await page.goto(`${origin}/console/revoke`);
  await page.getByLabel("Country").fill("NO");
  await page.getByRole("button", { name: "Count the sessions" }).click();
  await page.getByRole("heading", { name: "1 active session matches" }).waitFor();
  await page.getByLabel("Reason").fill("incident 4");
  await page.getByLabel("To confirm").fill("1");
  await page.getByRole("button", { name: "End these sessions" }).click();
  await page.getByText("Sessions ended: 1 of 1.").waitFor();
  await page.context().close();
});

test("a live alert appears within a second", async () => {
  const page = await newPage();
  await signIn(page);
  await page.goto(`${origin}/console/alerts`);
  await page.getByText("Live: new alerts appear here.").waitFor();
  create("dora", "--country", "SE");
  const begun = Date.now();
  create("dora", "--country", "BR");
  await page.locator(".alert", { hasText: "dora" }).first().waitFor({ timeout: 5000 });
  const took = Date.now() - begun;
  console.log(`# the alert appeared after ${took} ms`);
  assert.ok(took < 2000, `${took} ms`);
  await page.context().close();
});

test("an open page leaves when the session of the administrator ends", async () => {
  const page = await newPage();
  await signIn(page, "Ada");
  run("revoke-all", "--user", "Ada", "--tenant", "console");
  await page.getByRole("heading", { name: "Sign in to the console" }).waitFor({ timeout: 15000 });
  await page.context().close();
});

test("a user ends the session on another device, also without scripts", async () => {
  for (const javaScriptEnabled of [true, false]) {
    const page = await newPage({ javaScriptEnabled });
    const user = `eve-${javaScriptEnabled}`;
    const { token } = create(user);
    create(user, "--user-agent", IPHONE);
    await page.context().addCookies([{ name: "session", value: token, url: origin }]);
    await page.goto(`${origin}/account/sessions`);
    await page.getByRole("button", { name: /End session: Safari on iPhone/ }).click();
    await page.getByRole("status").filter({ hasText: "The session has ended." }).waitFor();
    assert.equal(await page.getByRole("button", { name: /End session/ }).count(), 0);
    await page.getByRole("button", { name: /Sign out/ }).click();
    await page.getByRole("heading", { name: "You are signed out" }).waitFor();
    await page.context().close();
  }
});

test("the console works without scripts", async () => {
  const page = await newPage({ javaScriptEnabled: false });
  await signIn(page);
  await page.getByRole("link", { name: "Audit log" }).click();
  await page.getByRole("heading", { name: "Audit log" }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("You are signed out.").waitFor();
  await page.context().close();
});

test("everything is reached by keyboard, and the focus is visible", async () => {
  const page = await newPage();
  await signIn(page);
  await page.goto(`${origin}/console/user?user=ann`);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  const reached = new Set();
  for (let step = 0; step < 80; step += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      const style = getComputedStyle(element);
      return { name: element.name || element.textContent.trim(), outline: style.outlineStyle, tag: element.tagName };
    });
    if (focused.tag === "BODY") break;
    assert.notEqual(focused.outline, "none", `${focused.tag} ${focused.name}`);
    reached.add(focused.name);
  }
  for (const name of ["user", "End all sessions", "Forget user", "confirm"]) assert.ok(reached.has(name), name);
  await page.context().close();
});

test("no page has a barrier that axe finds, in any look", async () => {
  const token = create("ann", "--device-id", "tablet").token;
  for (const [look, options] of Object.entries(looks)) {
    const page = await newPage(options);
    await page.goto(`${origin}/console/sign-in`);
    await check(page, "sign-in", look);
    await signIn(page);
    await check(page, "overview", look);
    await untilFound(page, "ann");
    await check(page, "search", look);
    await page.locator("tbody a").first().click();
    await check(page, "session", look);
    await page.goto(`${origin}/console/user?user=ann`);
    await check(page, "user", look);
    await page.goto(`${origin}/console/user?user=${encodeURIComponent(HOSTILE)}`);
    await check(page, "hostile-user", look);
    for (const [name, path] of [
      ["alerts", "alerts"],
      ["revoke", "revoke?user=ann"],
      ["audit", "audit"],
      ["tenants", "tenants"],
      ["tenant", "tenant?tenant=default"],
      ["health", "health"],
      ["not-found", "nothing"],
    ]) {
      await page.goto(`${origin}/console/${path}`);
      await check(page, name, look);
    }
    await page.context().addCookies([{ name: "session", value: token, url: origin }]);
    for (const language of ["en", "de"]) {
      await page.goto(`${origin}/account/sessions?lang=${language}`);
      await check(page, `account-${language}`, look);
    }
    await page.context().close();
  }
});

/** Checks a page with axe, and that it does not scroll sideways. */
async function check(page, name, look) {
  if (process.env.SCREENSHOTS) {
    await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}-${look}.png` });
  }
  // The debugger runs this script, which the policy of the page does not concern.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  assert.deepEqual(found, [], `${name} in ${look}`);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(overflow <= 0, `${name} in ${look} scrolls sideways by ${overflow} px`);
}
