// Takes the pictures of docs/images: every page, after some seconds of simulated users and attacks.
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { IPHONE, Server, eventually, signIn, startBrowser } from "./support.mjs";

const directory = process.env.IMAGES;
const DESKTOP = { viewport: { width: 1280, height: 860 }, locale: "en-GB", timezoneId: "UTC" };
const PHONE = { viewport: { width: 390, height: 844 }, locale: "en-GB", timezoneId: "UTC", deviceScaleFactor: 1 };
const SECONDS = Number(process.env.SIMULATE_SECONDS ?? 40);

mkdirSync(directory, { recursive: true });
const [server, browser] = [await Server.start(), await startBrowser()];
try {
  const empty = await browser.newPage(DESKTOP);
  await signIn(empty, server);
  await take(empty, "first-visit");
  await empty.close();

  const simulation = spawn(process.env.SESSION_AUTHORITY_PROGRAM, ["simulate", "--server", server.grpc, "--duration", `${SECONDS}s`], { stdio: "ignore" });
  const ended = new Promise((resolve) => simulation.once("exit", resolve));
  process.once("exit", () => simulation.kill("SIGKILL"));
  const { token } = await server.raiseAlert("ann");
  await server.create("ann", { ip: "198.51.100.20", country: "SE", deviceId: "tablet", userAgent: "Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1" });
  await ended;

  for (const [suffix, options] of [["", DESKTOP], ["-dark", { ...DESKTOP, colorScheme: "dark" }], ["-phone", PHONE]]) {
    const page = await browser.newPage(options);
    await signIn(page, server);
    await page.goto(`${server.origin}/console?range=hour`);
    await take(page, `overview${suffix}`);
    await page.goto(`${server.origin}/console/alerts`);
    await take(page, `alerts${suffix}`);
    if (suffix !== "-dark") {
      await page.goto(`${server.origin}/console/sessions?state=LIVE`);
      await take(page, `search${suffix}`);
    }
    if (suffix === "") {
      // The first one is that of the administrator.
      await page.locator("tbody th a").nth(1).click();
      await page.getByRole("heading", { name: /^Session / }).waitFor();
      await take(page, "session");
      const user = await eventually("an alert is about a user", async () => {
        await page.goto(`${server.origin}/console/alerts?severity=MEDIUM`);
        const links = page.locator(".alert a[href*='/console/user']");
        return (await links.count()) > 0 && links.first().getAttribute("href");
      });
      await page.goto(`${server.origin}${user}`);
      await take(page, "user");
      await page.goto(`${server.origin}/console/revoke?country=BR&dry_run=yes`);
      await take(page, "revoke");
      for (const name of ["audit", "tenants", "webhooks", "health"]) {
        await page.goto(`${server.origin}/console/${name}`);
        await take(page, name);
      }
    }
    await page.context().addCookies([{ name: "session", value: token, url: server.origin }]);
    await page.goto(`${server.origin}/account/sessions`);
    await take(page, `account${suffix}`);
    await page.close();
  }
} finally {
  await browser.close();
  await server.stop();
}

/** Takes the picture of a page. */
async function take(page, name) {
  await page.waitForLoadState("load");
  await page.evaluate(() => document.fonts.ready);
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 82 });
  writeFileSync(join(directory, `${name}.webp`), Buffer.from(data, "base64"));
  await session.detach();
}
