// The console and the account page in a real Chromium: what people do there. scripts/test-browser.sh runs it.
//
// A violation of the Content-Security-Policy, an error in the console of the browser, a dialog or a request to another
// host fails the test.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";

import { HOSTILE, IPHONE, Server, eventually, signIn, startBrowser, watch } from "./support.mjs";

let server, browser;
const problems = [];

before(async () => {
  [server, browser] = [await Server.start(), await startBrowser()];
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  assert.deepEqual(problems.splice(0), []);
});

/** Returns a page in a context of its own. `expected` are reports that do not fail the test. */
async function newPage(options = {}, expected = []) {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  const page = await context.newPage();
  watch(page, server.origin, problems, expected);
  return page;
}

/** Returns a page of a user, who has the token in a cookie. */
async function userPage(token, options = {}) {
  const page = await newPage(options);
  await page.context().addCookies([{ name: "session", value: token, url: server.origin }]);
  await page.goto(`${server.origin}/account/sessions`);
  return page;
}

/** Opens the search and waits until the audit database has so many rows. */
async function search(page, query, count = 1) {
  await eventually(`the search has ${count} rows`, async () => {
    await page.goto(`${server.origin}/console/sessions?${query}`);
    return (await page.locator("tbody th a").count()) >= count;
  });
}

test("a wrong key is refused, and the right one signs in and out", async () => {
  const page = await newPage({}, [/status of 401/]);
  await page.goto(`${server.origin}/console/sessions?user=ann`);
  await page.getByLabel("Your name").fill("Grace");
  await page.getByLabel("API key").fill("letmein");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").filter({ hasText: "This key is not accepted" }).waitFor();
  assert.equal(await page.getByLabel("Your name").inputValue(), "Grace", "the name need not be typed again");
  await page.getByLabel("API key").fill(server.key);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Sessions" }).waitFor();
  assert.equal(await page.getByLabel("User ID").inputValue(), "ann", "the sign-in leads to the page that was asked for");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("You are signed out.").waitFor();
  await page.goto(`${server.origin}/console`);
  await page.getByRole("heading", { name: "Sign in to the console" }).waitFor();
});

test("the overview counts what happens, by time range and by tenant", async () => {
  const page = await newPage();
  await signIn(page, server);
  for (const user of ["olga", "omar"]) await server.create(user, { tenant: "overview" });
  await eventually("both sessions count", async () => {
    await page.goto(`${server.origin}/console?tenant=overview`);
    return (await page.locator(".figures dd").first().innerText()) === "2";
  });
  await page.getByRole("link", { name: "7 days" }).click();
  await page.getByRole("link", { name: "7 days", exact: true }).and(page.locator("[aria-current]")).waitFor();
  assert.match(page.url(), /tenant=overview/);
  const chart = page.getByRole("img", { name: /Active sessions: 2 at the end/ });
  await chart.waitFor();
  await page.getByText("Active sessions as a table").click();
  await page.getByRole("region", { name: "Active sessions as a table" }).getByRole("cell", { name: "2", exact: true }).last().waitFor();
});

test("sessions are found by criteria, page by page, and shown with their history", async () => {
  const page = await newPage();
  await signIn(page, server);
  for (let number = 0; number < 55; number += 1) {
    await server.create(`paged-${number}`, { tenant: "paging", country: number % 2 ? "NO" : "FI" });
  }
  await search(page, "tenant=paging&user=paged-54");
  await search(page, "tenant=paging", 50);
  const rows = page.locator("tbody th a");
  const first = await rows.first().innerText();
  assert.equal(await rows.count(), 50);
  await page.getByRole("link", { name: "Next page" }).click();
  await page.getByRole("link", { name: "First page" }).waitFor();
  await eventually("the last page has the rest", async () => (await page.reload(), (await rows.count()) === 5));
  assert.equal(await page.getByRole("link", { name: "Next page" }).count(), 0);
  await page.getByRole("link", { name: "First page" }).click();
  await eventually("the first page is back", async () => (await rows.count()) === 50);
  assert.equal(await rows.first().innerText(), first);
  await page.getByText("More criteria").click();
  await page.getByLabel("Country").fill("no");
  await page.getByRole("button", { name: "Search" }).click();
  await eventually("half of them are from Norway", async () => (await rows.count()) === 27);
  await rows.first().click();
  await page.getByRole("heading", { name: /^Session / }).waitFor();
  await page.getByRole("cell", { name: "session created" }).waitFor();
});

test("an administrator ends one session with a reason", async () => {
  const page = await newPage();
  await signIn(page, server);
  const { session } = await server.create("bob");
  await search(page, "user=bob&state=LIVE");
  await page.locator("tbody th a").first().click();
  await page.getByRole("heading", { name: session.session_id }).waitFor();
  await page.getByRole("button", { name: "End session" }).click();
  assert.match(page.url(), /\/console\/session\?id=/, "the browser demands a reason");
  await page.getByLabel("Reason").fill("lost laptop");
  await page.getByRole("button", { name: "End session" }).click();
  await page.getByText("The session has ended on every node.").waitFor();
  await page.getByRole("link", { name: "To the session" }).click();
  await eventually("the history shows it", async () => {
    await page.reload();
    return (await page.getByText("lost laptop").count()) > 0 && (await page.getByText("Grace").count()) > 1;
  });
});

test("all sessions of a user end after their number was typed", async () => {
  const page = await newPage({}, [/status of 400/]);
  await signIn(page, server);
  await server.create("ulla", { deviceId: "laptop" });
  await server.create("ulla", { deviceId: "phone" });
  await page.goto(`${server.origin}/console/user?user=ulla`);
  const form = page.locator("form", { has: page.getByRole("heading", { name: "End all sessions of this user" }) });
  for (const [typed, heading] of [["1", "The request is not valid"], ["2", "All sessions ended"]]) {
    await page.goto(`${server.origin}/console/user?user=ulla`);
    await form.getByLabel("Reason").fill("password changed");
    await form.getByLabel("To confirm").fill(typed);
    await form.getByRole("button", { name: "End all sessions" }).click();
    await page.getByRole("heading", { name: heading }).waitFor();
  }
  await page.getByText("Sessions ended: 2.").waitFor();
});

test("a user is forgotten after the ID was typed", async () => {
  const page = await newPage({}, [/status of 404/]);
  await signIn(page, server);
  const { session } = await server.create("fred");
  await search(page, "user=fred");
  await page.goto(`${server.origin}/console/user?user=fred`);
  const form = page.locator("form", { has: page.getByRole("heading", { name: "Forget this user" }) });
  await form.getByLabel("Reason").fill("request 17");
  await form.getByLabel("To confirm").fill("fred");
  await form.getByRole("button", { name: "Forget user" }).click();
  await page.getByRole("heading", { name: "User forgotten" }).waitFor();
  await page.goto(`${server.origin}/console/sessions?user=fred`);
  assert.equal(await page.locator("tbody th a").count(), 0);
  assert.ok(session.session_id);
});

test("sessions that match criteria end after a dry run and a typed confirmation", async () => {
  const page = await newPage();
  await signIn(page, server);
  await server.create("carol", { country: "IS" });
  await search(page, "user=carol");
  await page.goto(`${server.origin}/console/revoke`);
  await page.getByLabel("Country").fill("IS");
  await page.getByRole("button", { name: "Count the sessions" }).click();
  await page.getByRole("heading", { name: "1 active session matches" }).waitFor();
  await page.getByLabel("Reason").fill("incident 4");
  await page.getByLabel("To confirm").fill("1");
  await page.getByRole("button", { name: "End these sessions" }).click();
  await page.getByText("Sessions ended: 1 of 1.").waitFor();
});

test("the audit log is searched and exported", async () => {
  const page = await newPage();
  await signIn(page, server);
  await server.create("=audrey");
  await search(page, `user=${encodeURIComponent("=audrey")}`);
  await page.goto(`${server.origin}/console/audit`);
  await page.getByLabel("User ID").fill("=audrey");
  await page.getByLabel("Event", { exact: true }).selectOption("session created");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("cell", { name: "session created" }).waitFor();
  for (const [link, content] of [["CSV", /,SESSION_CREATED,default,'=audrey,/], ["JSON lines", /"user_id":"=audrey"/]]) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: link }).click()]);
    assert.match(readFileSync(await download.path(), "utf8"), content);
  }
});

test("a live alert appears within a second", async () => {
  const page = await newPage();
  await signIn(page, server);
  const times = [];
  // A busy machine may delay one of them.
  for (const user of ["dora", "doris", "dolores"]) {
    await page.goto(`${server.origin}/console/alerts?user=${user}`);
    await page.getByText("Live: new alerts appear here.").waitFor();
    await server.raiseAlert(user);
    const begun = Date.now();
    await page.locator(".alert", { hasText: user }).first().waitFor({ timeout: 10_000 });
    times.push(Date.now() - begun);
  }
  console.log(`# alerts appeared ${times.join(", ")} ms after the sign-in`);
  assert.ok(Math.min(...times) < 1000, `${times}`);
});

test("an administrator answers an alert, and the page under the open form is not replaced", async () => {
  const page = await newPage();
  await signIn(page, server);
  await server.raiseAlert("alma");
  const alert = page.locator(".alert", { hasText: "new country" });
  await eventually("the alert is listed", async () => {
    await page.goto(`${server.origin}/console/alerts?state=OPEN&user=alma`);
    return (await alert.count()) === 1;
  });
  await alert.getByText("Answer", { exact: true }).click();
  await alert.getByLabel("Reason").fill("she called");
  await alert.getByLabel("If it was not: end all sessions of the user").focus();
  await server.create("alma", { country: "JP", ip: "192.0.2.99", deviceId: "other" });
  await page.getByText("New alerts since this page was loaded").waitFor();
  assert.equal(await alert.getByLabel("Reason").inputValue(), "she called");
  await alert.getByRole("button", { name: "This was not the user" }).click();
  await page.getByRole("heading", { name: "Alert answered" }).waitFor();
  await page.getByText("Sessions ended: 1.").waitFor();
  await eventually("the answer is listed", async () => {
    await page.goto(`${server.origin}/console/alerts?state=ANSWERED&user=alma`);
    return (await page.getByText("Answer: this was not the user").count()) === 1;
  });
});

test("a user answers what an alert asks, in either language", async () => {
  for (const [locale, text] of [
    ["en-GB", { heading: "Was this you?", button: "This was me", done: "known now" }],
    ["de-DE", { heading: "Waren Sie das?", button: "Das war ich nicht", done: "Diese Sitzung ist beendet." }],
  ]) {
    const user = `ina-${locale}`;
    await server.raiseAlert(user);
    const { token } = await server.create(user, { country: "SE", deviceId: "laptop" });
    const page = await userPage(token, { locale });
    await eventually("the page asks", async () => (await page.reload(), (await page.getByRole("heading", { name: text.heading }).count()) === 1));
    await page.getByRole("button", { name: text.button, exact: true }).first().click();
    await page.getByRole("status").filter({ hasText: text.done }).waitFor();
    await eventually("nothing more is asked", async () => (await page.reload(), (await page.getByRole("heading", { name: text.heading }).count()) === 0));
  }
});

test("tenants are listed with their numbers", async () => {
  const page = await newPage();
  await signIn(page, server);
  await server.create("olaf", { tenant: "listed" });
  await eventually("the tenant is listed", async () => {
    await page.goto(`${server.origin}/console/tenants`);
    return (await page.getByRole("row", { name: /^listed 1 1 0/ }).count()) === 1;
  });
  await page.getByRole("link", { name: "listed" }).click();
  await page.getByRole("heading", { name: "Tenant listed" }).waitFor();
});

test("an open page leaves when the session of the administrator ends", async () => {
  const page = await newPage({}, [/status of 401/]);
  await signIn(page, server, "Ada");
  server.run("revoke-all", "--user", "Ada", "--tenant", "console");
  await page.getByRole("heading", { name: "Sign in to the console" }).waitFor({ timeout: 15000 });
});

test("two administrators work at once", async () => {
  const [one, other] = [await newPage(), await newPage()];
  await signIn(one, server, "Grace");
  await signIn(other, server, "Ada");
  const { session } = await server.create("shared");
  const address = `${server.origin}/console/session?id=${session.session_id}`;
  for (const page of [one, other]) {
    await page.goto(address);
    await page.getByLabel("Reason").fill("both saw it");
  }
  await one.getByRole("button", { name: "End session" }).click();
  await one.getByText("The session has ended on every node.").waitFor();
  await other.getByRole("button", { name: "End session" }).click();
  await other.getByText("The session had already ended.").waitFor();
  await one.getByRole("button", { name: "Sign out" }).click();
  await one.getByText("You are signed out.").waitFor();
  await other.goto(`${server.origin}/console`);
  await other.getByRole("heading", { name: "Overview" }).waitFor();
});

test("an open page goes on after a restart of the server", async () => {
  const page = await newPage({}, [/ERR_|Failed to load resource/]);
  await signIn(page, server);
  await page.goto(`${server.origin}/console/alerts?user=rita`);
  const state = page.locator("live-page");
  await state.filter({ hasText: "Live" }).waitFor();
  await server.pause();
  await state.filter({ hasText: "The connection is interrupted" }).waitFor();
  await server.resume();
  await state.filter({ hasText: "Live" }).waitFor({ timeout: 20000 });
  await server.raiseAlert("rita");
  await page.locator(".alert", { hasText: "rita" }).first().waitFor({ timeout: 10000 });
});

test("a user reviews and ends sessions, in either language and without scripts", async () => {
  for (const [javaScriptEnabled, locale, text] of [
    [true, "en-GB", { end: /End session: Safari on iPhone/, ended: "The session has ended.", others: "End all other sessions", out: /Sign out/, heading: "You are signed out" }],
    [false, "de-DE", { end: /Sitzung beenden: Safari auf iPhone/, ended: "Die Sitzung ist beendet.", others: "Alle anderen Sitzungen beenden", out: /Abmelden/, heading: "Sie sind abgemeldet" }],
  ]) {
    const user = `eve-${locale}`;
    const { token } = await server.create(user, { deviceId: "laptop" });
    for (const deviceId of ["one", "two", "three"]) await server.create(user, { deviceId, userAgent: IPHONE });
    const page = await userPage(token, { javaScriptEnabled, locale });
    assert.equal(await page.locator(".card").count(), 4);
    assert.equal(await page.locator(".card .badge").count(), 1, "this device");
    await page.getByRole("button", { name: text.end }).first().click();
    await page.getByRole("status").filter({ hasText: text.ended }).waitFor();
    assert.equal(await page.locator(".card").count(), 3);
    await page.getByRole("button", { name: text.others }).click();
    await page.getByRole("status").filter({ hasText: "2" }).waitFor();
    assert.equal(await page.locator(".card").count(), 1);
    await eventually("the recent sign-ins are listed", async () => {
      await page.reload();
      return (await page.locator("tbody tr").count()) >= 4;
    });
    await page.getByRole("button", { name: text.out }).click();
    await page.getByRole("heading", { name: text.heading }).waitFor();
  }
});

test("a user changes the language", async () => {
  const { token } = await server.create("linus");
  const page = await userPage(token);
  await page.getByRole("link", { name: "Deutsch" }).click();
  await page.getByRole("heading", { name: "Ihre Sitzungen" }).waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "de");
  await page.getByRole("link", { name: "English" }).click();
  await page.getByRole("heading", { name: "Your sessions" }).waitFor();
});

test("the console works without scripts", async () => {
  const page = await newPage({ javaScriptEnabled: false });
  await signIn(page, server);
  for (const [link, heading] of [["Sessions", "Sessions"], ["Alerts", "Alerts"], ["Audit log", "Audit log"]]) {
    await page.getByRole("navigation", { name: "Console" }).getByRole("link", { name: link }).click();
    await page.getByRole("heading", { name: heading, exact: true }).waitFor();
  }
  const { session } = await server.create("nora");
  await page.goto(`${server.origin}/console/session?id=${session.session_id}`);
  await page.getByLabel("Reason").fill("no scripts");
  await page.getByRole("button", { name: "End session" }).click();
  await page.getByText("The session has ended on every node.").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("You are signed out.").waitFor();
});

test("hostile text stays text on every page", async () => {
  const page = await newPage();
  await signIn(page, server, HOSTILE);
  const { session, token } = await server.create(HOSTILE, { userAgent: HOSTILE, deviceId: "<b>id</b>", roles: [HOSTILE] });
  const user = encodeURIComponent(HOSTILE);
  await search(page, `user=${user}`);
  await page.goto(`${server.origin}/console/session?id=${session.session_id}`);
  await page.getByLabel("Reason").fill(HOSTILE);
  await page.getByRole("button", { name: "End session" }).click();
  await page.getByText("The session has ended on every node.").waitFor();
  await server.create(HOSTILE, { userAgent: HOSTILE });
  for (const path of ["", "/sessions", `/sessions?user=${user}`, `/session?id=${session.session_id}`, `/user?user=${user}`, `/audit?user=${user}`, `/revoke?user=${user}`, `/alerts?user=${user}`, `/tenant?tenant=${user}`]) {
    await page.goto(`${server.origin}/console${path}`);
    assert.equal(await page.locator("main script, main img").count(), 0, path);
    assert.ok(!(await page.locator("main").innerText()).includes("\u202e"), path);
  }
  assert.ok(token);
});

test("everything is reached by keyboard, and the focus is visible", async () => {
  const page = await newPage();
  await signIn(page, server);
  await server.create("kay");
  await page.goto(`${server.origin}/console/user?user=kay`);
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
});

test("the first page is light and shows something at once", async () => {
  const page = await newPage();
  await signIn(page, server);
  const state = await page.context().storageState();
  for (const [name, path] of [["console", "/console"], ["search", "/console/sessions"], ["account", "/account/sessions"]]) {
    const { token } = await server.create("wilma");
    const fresh = await newPage({ storageState: state });
    await fresh.context().addCookies([{ name: "session", value: token, url: server.origin }]);
    const network = await fresh.context().newCDPSession(fresh);
    let transferred = 0;
    network.on("Network.loadingFinished", ({ encodedDataLength }) => { transferred += encodedDataLength; });
    await network.send("Network.enable");
    await fresh.goto(`${server.origin}${path}`, { waitUntil: "load" });
    await fresh.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    const paint = await eventually("something is painted", () => fresh.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime));
    console.log(`# ${name}: ${transferred} bytes, first content after ${Math.round(paint)} ms`);
    assert.ok(transferred > 1000 && transferred <= 100 * 1024, `${name}: ${transferred} bytes`);
  }
});

test("the watch over a page reports a page that violates the policy", async () => {
  const found = [];
  const context = await browser.newContext();
  const page = await context.newPage();
  watch(page, server.origin, found);
  const real = await fetch(`${server.origin}/console/sign-in`);
  const policy = real.headers.get("content-security-policy");
  for (const [body, expected] of [
    ["<script>document.title = 'run'</script>", /Content Security Policy/],
    ["<p style=\"color: red\">text</p>", /Content Security Policy/],
    ["<img src=\"https://elsewhere.example/a.png\" alt=\"\">", /Content Security Policy/],
    ["<a href=\"/\">text</a><script src=\"/console/nothing.js\"></script>", /Failed to load resource|Refused to execute/],
  ]) {
    const html = { contentType: "text/html", headers: { "content-security-policy": policy }, body };
    await page.route("**/violation", (route) => route.fulfill(html));
    await page.goto(`${server.origin}/violation`);
    await eventually(`${body} is reported`, () => found.some((text) => expected.test(text)), 5000);
    assert.notEqual(await page.title(), "run");
    await page.unroute("**/violation");
    found.splice(0);
  }
});
