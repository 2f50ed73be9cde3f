import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { openPage, Site, startBrowser } from "./support.js";

let browser: Browser;

before(async () => {
  browser = await startBrowser();
});
after(() => browser.close());

/** Opens a page of examples on a site of its own. At the end nothing may have violated the policy of the page. */
async function open(
  t: { after(work: () => Promise<void>): void },
  path: string,
  prepare: (site: Site) => void = () => undefined,
): Promise<{ page: Page; site: Site }> {
  const site = await Site.start();
  prepare(site);
  const { page, problems } = await openPage(browser, `${site.address}/${path}`);
  t.after(async () => {
    await page.context().close();
    await site.stop();
    assert.deepEqual(problems, []);
  });
  return { page, site };
}

const managed = "session-management-page";

test("the sessions are shown with device, place and last activity", async (t) => {
  const { page } = await open(t, "elements.html");
  const cards = page.locator(`${managed} session-card`);
  await cards.nth(2).waitFor();
  assert.equal(await cards.count(), 3);
  const texts = await cards.locator("[part=card]").allInnerTexts();
  assert.match(texts[0]!, /Firefox on Linux\s*This device/);
  assert.match(texts[0]!, /São Paulo, Brazil · Active now/);
  assert.match(texts[1]!, /iPhone/);
  assert.match(texts[1]!, /Active 5 minutes ago/);
  assert.match(texts[1]!, /Signed in on January 31, 2026 at 9:00\sAM/);
  assert.match(texts[2]!, /Active 5 hours ago/);
  assert.equal(await cards.nth(0).getByRole("button").count(), 0, "the session of this browser has no button");
});

test("one click ends a session, and the focus goes to the next one", async (t) => {
  const { page, site } = await open(t, "elements.html");
  await page.getByRole("button", { name: "Sign out iPhone" }).click();
  await page.getByText("iPhone was signed out.").waitFor();
  assert.equal(await page.locator(`${managed} session-card`).count(), 2);
  assert.ok(site.requests.includes("DELETE /api/v1/users/sessions/phone"));
  const focused = page.getByRole("button", { name: "Sign out iPad" });
  assert.ok(await focused.evaluate((button) => button.matches(":focus")));
});

test("the other sessions are ended after a question", async (t) => {
  const { page, site } = await open(t, "elements.html");
  const button = page.getByRole("button", { name: "Sign out all other devices" });
  await button.click();
  const dialog = page.getByRole("dialog", { name: "Sign out all devices but this one?" });
  await dialog.getByRole("button", { name: "Cancel" }).click();
  assert.ok(!site.requests.some((request) => request.startsWith("POST")));
  await button.click();
  await dialog.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("Other devices that were signed out: 2.").waitFor();
  await page.getByText("You are signed in on this device only.").waitFor();
  assert.equal(await page.locator(`${managed} session-card`).count(), 1);
  assert.ok(await button.isHidden());
});

test("everything works by keyboard", async (t) => {
  const { page, site } = await open(t, "elements.html");
  await page.getByRole("button", { name: "Sign out iPhone" }).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText("iPhone was signed out.").waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  // The focus is back on the button.
  await page.keyboard.press("Space");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText("You are signed in on this device only.").waitFor();
  assert.equal(site.sessions.length, 1);
});

test("a second click while a session is being ended sends nothing", async (t) => {
  const { page, site } = await open(t, "elements.html");
  const button = page.locator(`${managed} revoke-session-button`).first().getByRole("button");
  await button.waitFor();
  let release = (): void => undefined;
  site.gate = new Promise((resolve) => (release = resolve));
  await button.click();
  await page.getByRole("button", { name: "Signing out" }).waitFor();
  await button.click({ force: true });
  release();
  await page.getByText("iPhone was signed out.").waitFor();
  assert.equal(site.requests.filter((request) => request.startsWith("DELETE")).length, 1);
});

for (const [status, headers, message] of [
  [401, {}, "You are signed out. Please sign in again."],
  [401, { "www-authenticate": 'Bearer error="insufficient_user_authentication"' }, "Please confirm who you are"],
  [503, {}, "The service cannot be reached."],
  [500, {}, "Something went wrong."],
] as const) {
  test(`a response ${String(status)} to a click is explained: ${message}`, async (t) => {
    const { page, site } = await open(t, "elements.html");
    const button = page.getByRole("button", { name: "Sign out iPhone" });
    await button.waitFor();
    site.failure = { status, headers };
    await button.click();
    await page.getByRole("alert").filter({ hasText: message }).waitFor();
    site.failure = undefined;
    await button.click();
    await page.getByText("iPhone was signed out.").waitFor();
  });
}

test("a list that could not be loaded can be loaded again", async (t) => {
  const { page, site } = await open(t, "elements.html", (site) => (site.failure = { status: 503 }));
  const retry = page.locator(managed).getByRole("button", { name: "Try again" });
  await retry.waitFor();
  site.failure = undefined;
  await retry.click();
  await page.locator(`${managed} session-card`).first().waitFor();
  assert.ok(await retry.isHidden());
});

test("a page may handle a failure itself", async (t) => {
  const { page } = await open(t, "elements.html#redirect", (site) => (site.failure = { status: 401 }));
  await page.waitForFunction(() => document.title === "Sign in");
  assert.equal(await page.getByRole("alert").filter({ hasText: "signed out" }).count(), 0);
});

test("text of the service is never markup", async (t) => {
  const { page } = await open(t, "elements.html", (site) => {
    site.sessions[1]!.device.name = '<img src=x onerror="document.title=1"> \u202Eevil';
    site.sessions[1]!.location.city = "<b>city</b>";
  });
  const card = page.locator(`${managed} session-card`).nth(1);
  await card.getByText('<img src=x onerror="document.title=1">').waitFor();
  assert.equal(await card.locator("img, b").count(), 0);
  // The direction of the rest of the card is not changed by the character that the name contains.
  assert.equal(await card.locator("bdi").count(), 2);
  assert.equal(await page.title(), "Session elements");
});

test("a violation of the policy of the page is noticed", async (t) => {
  const site = await Site.start();
  const { page, problems } = await openPage(browser, `${site.address}/elements.html`);
  t.after(async () => {
    await page.context().close();
    await site.stop();
  });
  await page.evaluate(() => {
    document.body.setAttribute("style", "color: red");
  });
  await assert.rejects(
    page.evaluate(() => (document.body.innerHTML = "<p>")),
    /TrustedHTML/,
  );
  assert.match(problems.join("\n"), /style-src/);
});

test("the language is that of the nearest lang", async (t) => {
  const { page } = await open(t, "elements.html");
  const list = page.locator("#themed");
  await list.getByText("Aktiv vor 5 Minuten").waitFor();
  assert.equal(await list.getByRole("button").count(), 0, "it is read-only");
  await page.locator(managed).evaluate((element) => {
    element.setAttribute("lang", "de-CH");
  });
  await page.getByRole("heading", { name: "Wo Sie angemeldet sind" }).waitFor();
});

test("a page themes the elements by custom properties and parts", async (t) => {
  const { page } = await open(t, "elements.html");
  const part = page.locator("#themed session-card [part=card]").first();
  await part.waitFor();
  const styles = await part.evaluate((card) => {
    const { borderRadius, borderInlineStartWidth } = getComputedStyle(card);
    return { borderRadius, borderInlineStartWidth };
  });
  assert.deepEqual(styles, { borderRadius: "0px", borderInlineStartWidth: "4px" });
});

test("a fetcher takes the place of fetch", async (t) => {
  const { page, site } = await open(t, "elements.html");
  await page.locator(`${managed} session-card`).first().waitFor();
  const urls = await page.evaluate(async () => {
    const urls: string[] = [];
    const list = document.createElement("session-list");
    list.baseUrl = "https://id.example/";
    list.fetcher = (url) => {
      urls.push(url);
      return Promise.resolve(Response.json({ sessions: [{ session_id: "x" }] }));
    };
    const loaded = new Promise((resolve) => {
      list.addEventListener("sessions-loaded", resolve);
    });
    document.body.append(list);
    await loaded;
    return urls;
  });
  assert.deepEqual(urls, ["https://id.example/api/v1/users/sessions"]);
  assert.equal(site.requests.filter((request) => request.startsWith("GET")).length, 2, "by the two lists of the page");
});

test("React components have the same behaviour, and typed events", async (t) => {
  const { page } = await open(t, "react.html");
  await page.getByRole("button", { name: "Sign out iPhone" }).click();
  await page.locator("#message", { hasText: "Signed out: iPhone" }).waitFor();
  await page.getByRole("button", { name: "Sign out all other devices" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
  await page.locator("#message", { hasText: "Signed out: 1" }).waitFor();
  await page.locator("session-list[lang=de]").getByText("Angemeldet am 31. Januar 2026").waitFor();
});

test("the packages can be imported on a server, where there are no elements", async () => {
  const elements = await import("@session-authority/elements");
  const { SessionList } = await import("@session-authority/react");
  const { createElement } = await import("react");
  const { renderToString } = await import("react-dom/server");
  assert.equal(elements.textsFor("de-AT").revoke, "Abmelden");
  assert.equal(elements.textsFor("fr").revoke, "Sign out");
  assert.match(renderToString(createElement(SessionList, { lang: "de" })), /^<session-list lang="de">/);
});

test("each language has every text", async () => {
  const { english, german } = await import("@session-authority/elements");
  assert.deepEqual(Object.keys(german), Object.keys(english));
  for (const [name, text] of Object.entries(german)) {
    const values = (text as string).match(/\{\w+\}/g);
    assert.deepEqual(values, english[name as keyof typeof english].match(/\{\w+\}/g), name);
  }
});
