import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { AxeResults } from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { openPage, Site, startBrowser } from "./support.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let browser: Browser;

before(async () => {
  browser = await startBrowser();
});
after(() => browser.close());

/** Returns the violations of WCAG 2.2 AA and of good practice on a page. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const results = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

const VIEWS: readonly (readonly [string, BrowserContextOptions])[] = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["narrow", { viewport: { width: 320, height: 640 } }],
];

const STATES: readonly (readonly [string, (site: Site) => void, (page: Page) => Promise<void>])[] = [
  ["the list", () => undefined, (page) => page.getByRole("button", { name: "Sign out iPhone" }).waitFor()],
  [
    "the question",
    () => undefined,
    async (page) => {
      await page.getByRole("button", { name: "Sign out all other devices" }).click();
      await page.getByRole("dialog").waitFor();
    },
  ],
  ["a failure", (site) => (site.failure = { status: 503 }), (page) => page.getByRole("button").first().waitFor()],
];

for (const path of ["elements.html", "react.html"]) {
  for (const [view, options] of VIEWS) {
    for (const [state, prepare, reach] of STATES) {
      test(`${path} has no violation: ${state}, ${view}`, async (t) => {
        const site = await Site.start();
        prepare(site);
        const { page, problems } = await openPage(browser, `${site.address}/${path}`, options);
        t.after(async () => {
          await page.context().close();
          await site.stop();
        });
        await reach(page);
        assert.deepEqual(await violations(page), []);
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        assert.equal(overflow, 0, "the page scrolls sideways");
        assert.deepEqual(problems, []);
      });
    }
  }
}

test("the same check finds a violation", async (t) => {
  const site = await Site.start();
  const { page } = await openPage(browser, `${site.address}/elements.html`);
  t.after(async () => {
    await page.context().close();
    await site.stop();
  });
  await page.evaluate(() => {
    document.body.append(document.createElement("button"));
  });
  assert.match((await violations(page)).join(), /button-name/);
});

test("targets are large enough for fingers", async (t) => {
  const site = await Site.start();
  const { page } = await openPage(browser, `${site.address}/elements.html`, { viewport: { width: 320, height: 640 } });
  t.after(async () => {
    await page.context().close();
    await site.stop();
  });
  await page.getByRole("button", { name: "Sign out iPhone" }).waitFor();
  for (const button of await page.getByRole("button").all()) {
    const box = await button.boundingBox();
    assert.ok(box !== null && box.width >= 24 && box.height >= 24);
  }
});
