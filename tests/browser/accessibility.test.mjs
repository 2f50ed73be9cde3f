// Every page of the console and the account page, checked with axe in light, dark and at a width of 320 px.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { HOSTILE, IPHONE, LOOKS, Server, eventually, findBarriers, signIn, startBrowser, watch } from "./support.mjs";

let server, browser;

before(async () => {
  [server, browser] = [await Server.start(), await startBrowser()];
  await server.create("ann", { deviceId: "laptop", country: "SE" });
  await server.raiseAlert("ann");
  await server.create(HOSTILE, { userAgent: HOSTILE });
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

for (const [look, options] of Object.entries(LOOKS)) {
  test(`no page has a barrier that axe finds: ${look}`, async () => {
    const problems = [];
    const context = await browser.newContext({ locale: "en-GB", ...options });
    const page = await context.newPage();
    watch(page, server.origin, problems, [/status of 40[14]/]);
    const check = async (name) => assert.deepEqual(await findBarriers(page), [], `${name} in ${look}`);
    await page.goto(`${server.origin}/console/sign-in`);
    await check("sign-in");
    await signIn(page, server);
    const session = await eventually("the search finds the session", async () => {
      await page.goto(`${server.origin}/console/sessions?user=ann`);
      const links = page.locator("tbody th a");
      return (await links.count()) > 0 && links.first().getAttribute("href");
    });
    const user = encodeURIComponent(HOSTILE);
    for (const path of [
      "/console",
      "/console?tenant=empty",
      "/console/sessions?user=ann&country=SE",
      session,
      "/console/user",
      "/console/user?user=ann",
      `/console/user?user=${user}`,
      "/console/alerts",
      "/console/revoke",
      "/console/revoke?user=ann",
      "/console/audit",
      "/console/tenants",
      "/console/tenant?tenant=default",
      "/console/webhooks",
      "/console/health",
      "/console/nothing",
      "/account/sessions",
    ]) {
      await page.goto(`${server.origin}${path}`);
      await check(path);
    }
    const { token } = await server.create("ann", { deviceId: "tablet", userAgent: IPHONE });
    await page.context().addCookies([{ name: "session", value: token, url: server.origin }]);
    for (const language of ["en", "de"]) {
      await page.goto(`${server.origin}/account/sessions?lang=${language}`);
      await check(`account in ${language}`);
    }
    await context.close();
    assert.deepEqual(problems, []);
  });
}

test("the check finds a page with barriers", async () => {
  const page = await browser.newPage();
  await page.setContent("<html><body><img src='x'><input><p style='color:#eee;width:3000px'>hardly visible</p></body></html>");
  const found = (await findBarriers(page)).join("\n");
  for (const rule of ["image-alt", "label", "html-has-lang", "scrolls sideways"]) assert.ok(found.includes(rule), found);
  await page.close();
});
