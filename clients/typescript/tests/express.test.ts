import assert from "node:assert/strict";
import { once } from "node:events";
import { get, type IncomingMessage, type RequestOptions } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test, type TestContext } from "node:test";
import express, { type Express } from "express";
import { NoVerdict, SessionAuthority } from "@session-authority/client";
import {
  CrossSiteRequest,
  currentSession,
  currentToken,
  ExpressGuard,
  optionalSession,
} from "@session-authority/client/express";
import { freeAddress, TestServer } from "./support/server.js";

let server: TestServer;
let authority: SessionAuthority;

before(async () => {
  server = await TestServer.start();
  authority = server.connect();
});

after(async () => {
  authority.close();
  await server.stop();
});

/** Adds the routes of the tests to an application. */
function addRoutes(app: Express, guard: ExpressGuard): void {
  app.post("/sign-in", express.urlencoded(), async (req, res) => {
    const { user } = req.body as { user: string };
    await guard.signIn(req, res, {
      userId: user,
      authMethods: ["pwd"],
      assuranceLevel: 1,
      roles: ["reader"],
      remember: req.query["remember"] === "1",
    });
    res.redirect(303, "/account");
  });
  app.get("/account", (req, res) => {
    // The type has no undefined: this line does not compile without the guarantee.
    const userId: string = currentSession(req).userId;
    res.send(`Hello, ${userId}`);
  });
  app.get("/greeting", (req, res) => {
    res.send(`Hello, ${optionalSession(req)?.userId ?? "stranger"}`);
  });
  app.get("/assets/logo", (_req, res) => {
    res.send("logo");
  });
  app.post("/change", (_req, res) => {
    res.send("changed");
  });
  app.get("/transfer", guard.requireStepUp({ minAssuranceLevel: 2, maxAuthAgeMs: 300_000 }), (_req, res) => {
    res.send("transferred");
  });
  app.get("/reader", guard.requireRole("admin", "reader"), (_req, res) => {
    res.send("for readers");
  });
  app.get("/admin", guard.requireRole("admin"), (_req, res) => {
    res.send("for administrators");
  });
  app.post("/sign-out", async (req, res) => {
    await guard.signOut(req, res);
    res.redirect(303, "/");
  });
  app.post("/elsewhere", async (req, res) => {
    const { revokedCount } = await authority.revokeAll({
      user: { userId: currentSession(req).userId },
      exceptToken: currentToken(req),
    });
    res.send(String(revokedCount));
  });
}

async function listen(t: TestContext, app: Express): Promise<string> {
  const http = app.listen(0, "127.0.0.1");
  await once(http, "listening");
  t.after(() => http.close());
  return `http://127.0.0.1:${String((http.address() as AddressInfo).port)}`;
}

async function start(t: TestContext, client = authority, options: object = {}): Promise<string> {
  const guard = new ExpressGuard({
    authority: client,
    public: ["GET /", "POST /sign-in", "/assets/*"],
    optional: ["/greeting"],
    ...options,
  });
  const app = express();
  app.use(guard.protect());
  addRoutes(app, guard);
  return listen(t, app);
}

const request = (url: string, init: RequestInit = {}) => fetch(url, { redirect: "manual", ...init });

/** Sends a request with the path and the headers as they are, also several of one name. Returns the status. */
async function send(url: string, path: string, options: RequestOptions): Promise<number | undefined> {
  const sent = get(url, { path, agent: false, ...options });
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

const cookieOf = (response: Response, name: string) =>
  response.headers.getSetCookie().find((cookie) => cookie.startsWith(`${name}=`));

async function signIn(
  base: string,
  headers: Record<string, string> = {},
  query = "",
): Promise<{ cookie: string; token: string }> {
  const response = await request(`${base}/sign-in${query}`, {
    method: "POST",
    body: new URLSearchParams({ user: "ann" }),
    headers,
  });
  assert.equal(response.status, 303);
  const cookie = cookieOf(response, "__Host-session")!.split(";", 1)[0]!;
  return { cookie, token: cookie.slice("__Host-session=".length) };
}

test("everything is protected that is not listed as public", async (t) => {
  const base = await start(t);
  for (const path of [
    "/account",
    "/unknown",
    "/ACCOUNT",
    "/sign-in",
    "/Assets/logo",
    "/assets/../account",
    "/assets/%2e%2e/account",
  ]) {
    const response = await request(base + path);
    assert.equal(response.status, 401, path);
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.match(response.headers.get("www-authenticate")!, /^Bearer/);
  }
  for (const path of [
    "/assets/..;/account",
    "/assets/..%5caccount",
    "/assets/%252e%252e/account",
    "/assets/./logo",
    "/assets//logo",
    "//assets/logo",
    "/assets",
  ]) {
    assert.equal(await send(base, path, {}), 401, path);
  }
  for (const method of ["OPTIONS", "POST", "TRACE"]) {
    assert.equal(await send(base, "/", { method }), 401, method);
  }
  assert.equal((await request(`${base}/assets/logo`)).status, 200);
  assert.equal((await request(`${base}/assets/logo`, { method: "HEAD" })).status, 200);
  assert.equal((await request(`${base}/`)).status, 404);
});

test("the same application without the guard is open", async (t) => {
  const app = express();
  addRoutes(app, new ExpressGuard({ authority }));
  const base = await listen(t, app);
  assert.equal((await request(`${base}/change`, { method: "POST" })).status, 200);
  // A handler that needs a session fails nevertheless.
  assert.equal((await request(`${base}/account`)).status, 500);
});

test("a sign-in sets the cookies, and the session opens the pages", async (t) => {
  const base = await start(t);
  const response = await request(`${base}/sign-in`, { method: "POST", body: new URLSearchParams({ user: "ann" }) });
  assert.match(
    cookieOf(response, "__Host-session")!,
    /^__Host-session=sa_[\w-]+; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
  );
  assert.match(cookieOf(response, "__Host-device")!, /; Max-Age=34560000$/);
  const { cookie, token } = await signIn(base);
  const page = await request(`${base}/account`, { headers: { cookie } });
  assert.equal(await page.text(), "Hello, ann");
  assert.equal(page.headers.get("cache-control"), "no-store");
  const bearer = await request(`${base}/account`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(await bearer.text(), "Hello, ann");
  const { session } = await authority.validate(token).then((session) => ({ session }));
  assert.deepEqual(session.location?.ip, "127.0.0.1");
});

test("a remembered session has a cookie that lasts", async (t) => {
  const base = await start(t);
  const response = await request(`${base}/sign-in?remember=1`, {
    method: "POST",
    body: new URLSearchParams({ user: "ann" }),
  });
  const maxAge = Number(/Max-Age=(\d+)/.exec(cookieOf(response, "__Host-session")!)?.[1]);
  assert.ok(maxAge > 30 * 24 * 3600, String(maxAge));
});

test("a second sign-in ends the session that the browser had", async (t) => {
  const base = await start(t);
  const first = await signIn(base);
  const second = await signIn(base, { cookie: first.cookie });
  assert.equal((await authority.tryValidate(first.token)).outcome, "rejected");
  assert.equal((await authority.tryValidate(second.token)).outcome, "session");
});

test("a device that signs in again replaces its session", async (t) => {
  const base = await start(t);
  const response = await request(`${base}/sign-in`, {
    method: "POST",
    body: new URLSearchParams({ user: "device" }),
  });
  const device = cookieOf(response, "__Host-device")!.split(";", 1)[0]!;
  await request(`${base}/sign-in`, {
    method: "POST",
    body: new URLSearchParams({ user: "device" }),
    headers: { cookie: device },
  });
  assert.equal((await authority.list({ userId: "device" })).length, 1);
});

test("a rejected cookie is 401 and deleted", async (t) => {
  const base = await start(t);
  const { cookie, token } = await signIn(base);
  await authority.signOut(token);
  const response = await request(`${base}/account`, { headers: { cookie } });
  assert.equal(response.status, 401);
  assert.match(cookieOf(response, "__Host-session")!, /^__Host-session=; .*Max-Age=0$/);
  const body = (await response.json()) as { code: string; reason: string };
  assert.deepEqual([body.code, body.reason], ["signed_out", "SIGNED_OUT"]);
});

test("differing tokens in one request are 401", async (t) => {
  const base = await start(t);
  const { cookie, token } = await signIn(base);
  const twoCookies = await request(`${base}/account`, { headers: { cookie: `${cookie}; __Host-session=sa_other` } });
  assert.equal(twoCookies.status, 401);
  const both = await request(`${base}/account`, { headers: { cookie, authorization: "Bearer sa_other" } });
  assert.equal(both.status, 401);
  const same = await request(`${base}/account`, {
    headers: { cookie: `${cookie}; ${cookie}`, authorization: `Bearer ${token}` },
  });
  assert.equal(same.status, 200);
  const Authorization = [`Bearer ${token}`, "Bearer sa_other"];
  assert.equal(await send(base, "/account", { headers: { Authorization } }), 401);
  const withSpace = { cookie, authorization: `Bearer ${token} x` };
  assert.equal(await send(base, "/account", { headers: withSpace }), 401);
  const optional = await request(`${base}/greeting`, { headers: { cookie, authorization: "Bearer sa_other" } });
  assert.equal(await optional.text(), "Hello, stranger");
  assert.match(cookieOf(optional, "__Host-session")!, /Max-Age=0$/);
});

test("a cookie of another host is not taken for the session", async (t) => {
  const base = await start(t);
  const { cookie } = await signIn(base);
  for (const planted of [`a=1, ${cookie}`, `\u00a0${cookie}`]) {
    assert.equal((await request(`${base}/account`, { headers: { cookie: planted } })).status, 401);
  }
});

test("without a verdict everything but public paths is 503, and the cookie stays", async (t) => {
  const { cookie } = await signIn(await start(t));
  const unreachable = new SessionAuthority({ address: await freeAddress(), validateTimeoutMs: 300 });
  t.after(() => {
    unreachable.close();
  });
  const base = await start(t, unreachable, { signInPath: "/sign-in" });
  for (const path of ["/account", "/greeting", "/transfer"]) {
    const response = await request(base + path, { headers: { cookie, accept: "text/html" } });
    assert.equal(response.status, 503, path);
    assert.ok(Number(response.headers.get("retry-after")) >= 1);
    assert.deepEqual(response.headers.getSetCookie(), []);
  }
  assert.equal((await request(`${base}/assets/logo`, { headers: { cookie } })).status, 200);
});

test("a validation that fails in an unforeseen way is 503 too", async (t) => {
  const broken = { validate: () => Promise.reject(new TypeError("a bug")) } as unknown as SessionAuthority;
  const base = await start(t, broken);
  assert.equal((await request(`${base}/account`, { headers: { cookie: "__Host-session=sa_x" } })).status, 503);
  assert.equal((await request(`${base}/greeting`, { headers: { cookie: "__Host-session=sa_x" } })).status, 503);
});

test("a route can demand a role", async (t) => {
  const base = await start(t);
  const { cookie } = await signIn(base);
  assert.equal(await (await request(`${base}/reader`, { headers: { cookie } })).text(), "for readers");
  const response = await request(`${base}/admin`, { headers: { cookie } });
  assert.equal(response.status, 403);
  assert.equal(((await response.json()) as { code: string }).code, "missing_role");
  assert.deepEqual(response.headers.getSetCookie(), []);
  assert.equal((await request(`${base}/admin`)).status, 401);
});

test("an optional path takes a session if there is one", async (t) => {
  const base = await start(t);
  const { cookie, token } = await signIn(base);
  assert.equal(await (await request(`${base}/greeting`)).text(), "Hello, stranger");
  assert.equal(await (await request(`${base}/greeting`, { headers: { cookie } })).text(), "Hello, ann");
  await authority.signOut(token);
  const response = await request(`${base}/greeting`, { headers: { cookie } });
  assert.equal(await response.text(), "Hello, stranger");
  assert.match(cookieOf(response, "__Host-session")!, /Max-Age=0$/);
});

const changes: [string, Record<string, string>, number][] = [
  ["Sec-Fetch-Site cross-site", { "sec-fetch-site": "cross-site" }, 403],
  ["Sec-Fetch-Site same-site", { "sec-fetch-site": "same-site" }, 403],
  ["an Origin of another host", { origin: "https://evil.example" }, 403],
  ["an opaque Origin", { origin: "null" }, 403],
  ["a trusted Origin", { origin: "https://app.example.com", "sec-fetch-site": "cross-site" }, 200],
  ["Sec-Fetch-Site same-origin", { "sec-fetch-site": "same-origin" }, 200],
  ["Sec-Fetch-Site none", { "sec-fetch-site": "none" }, 200],
  ["neither header", {}, 200],
];

for (const [name, headers, status] of changes) {
  test(`a change by cookie with ${name} is ${String(status)}`, async (t) => {
    const base = await start(t, authority, { trustedOrigins: ["https://app.example.com"] });
    const { cookie, token } = await signIn(base);
    // fetch of Node sends `sec-fetch-mode` only, so that these headers are all.
    const response = await request(`${base}/change`, { method: "POST", headers: { cookie, ...headers } });
    assert.equal(response.status, status);
    const bearer = await request(`${base}/change`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, ...headers },
    });
    assert.equal(bearer.status, 200);
  });
}

test("an Origin of this host may change things, and a read is never refused", async (t) => {
  const base = await start(t);
  const { cookie } = await signIn(base);
  assert.equal((await request(`${base}/change`, { method: "POST", headers: { cookie, origin: base } })).status, 200);
  assert.equal((await request(`${base}/account`, { headers: { cookie, "sec-fetch-site": "cross-site" } })).status, 200);
});

test("another site cannot open a WebSocket with the cookie", async (t) => {
  const base = await start(t);
  const { cookie } = await signIn(base);
  const open = (headers: Record<string, string>) =>
    send(base, "/account", { headers: { cookie, connection: "upgrade", upgrade: "websocket", ...headers } });
  assert.equal(await open({ origin: "https://evil.example" }), 403);
  assert.equal(await open({ "sec-fetch-site": "same-site" }), 403);
  assert.equal(await open({ origin: base }), 200);
});

test("another site can neither sign a user in nor out", async (t) => {
  const base = await start(t);
  const { cookie, token } = await signIn(base);
  const headers = { cookie, "sec-fetch-site": "cross-site" };
  const forged = await request(`${base}/sign-in`, {
    method: "POST",
    body: new URLSearchParams({ user: "eve" }),
    headers,
  });
  assert.equal(forged.status, new CrossSiteRequest("").status);
  assert.deepEqual(forged.headers.getSetCookie(), []);
  assert.equal((await request(`${base}/sign-out`, { method: "POST", headers })).status, 403);
  assert.equal((await authority.tryValidate(token)).outcome, "session");
});

test("a sign-out ends the session and deletes the cookie", async (t) => {
  const base = await start(t);
  const { cookie, token } = await signIn(base);
  const response = await request(`${base}/sign-out`, { method: "POST", headers: { cookie } });
  assert.equal(response.status, 303);
  assert.match(cookieOf(response, "__Host-session")!, /Max-Age=0$/);
  const verdict = await authority.tryValidate(token);
  assert.ok(verdict.outcome === "rejected" && verdict.rejection.reason === "SIGNED_OUT");
});

test("all other sessions of the user are ended", async (t) => {
  const base = await start(t);
  const { token: other } = await authority.create({ userId: "ann" });
  const { cookie } = await signIn(base);
  await request(`${base}/elsewhere`, { method: "POST", headers: { cookie } });
  assert.equal((await authority.tryValidate(other)).outcome, "rejected");
  assert.equal((await request(`${base}/account`, { headers: { cookie } })).status, 200);
});

test("a step-up is 403 and leaves the session alone", async (t) => {
  const base = await start(t);
  const { cookie, token } = await signIn(base);
  const response = await request(`${base}/transfer`, { headers: { cookie } });
  assert.equal(response.status, 403);
  assert.match(response.headers.get("www-authenticate")!, /insufficient_user_authentication/);
  assert.deepEqual(response.headers.getSetCookie(), []);
  const body = (await response.json()) as { code: string; requiredAssuranceLevel: number };
  assert.deepEqual([body.code, body.requiredAssuranceLevel], ["step_up_required", 2]);
  const { sessionId } = await authority.validate(token);
  await authority.update(sessionId, { assuranceLevel: 2 });
  assert.equal(await (await request(`${base}/transfer`, { headers: { cookie } })).text(), "transferred");
});

test("browsers that load a page are sent to the sign-in, and back only to this host", async (t) => {
  const base = await start(t, authority, { signInPath: "/sign-in?lang=en", stepUpPath: "/confirm" });
  const headers = { accept: "text/html,application/xhtml+xml" };
  const response = await request(`${base}/account?tab=1`, { headers });
  assert.equal(response.status, 303);
  assert.equal(response.headers.get("location"), "/sign-in?lang=en&next=%2Faccount%3Ftab%3D1");
  const elsewhere = await request(`${base}//evil.example`, { headers });
  assert.equal(elsewhere.headers.get("location"), "/sign-in?lang=en&next=%2F");
  assert.equal((await request(`${base}/account`)).status, 401);
  assert.equal((await request(`${base}/account`, { method: "POST", headers })).status, 401);
  const { cookie } = await signIn(base);
  const stepUp = await request(`${base}/transfer`, { headers: { ...headers, cookie } });
  assert.equal(stepUp.headers.get("location"), "/confirm?next=%2Ftransfer");
});

test("a token that was rotated is replaced in the cookie", async (t) => {
  const base = await start(t);
  const { cookie, token } = await signIn(base);
  const { token: successor } = await authority.rotate(token);
  const response = await request(`${base}/account`, { headers: { cookie } });
  assert.equal(response.status, 200);
  assert.equal(cookieOf(response, "__Host-session")!.split(";", 1)[0], `__Host-session=${successor.reveal()}`);
  const bearer = await request(`${base}/account`, { headers: { authorization: `Bearer ${token}` } });
  assert.deepEqual(bearer.headers.getSetCookie(), []);
});

test("a stale token that cannot be exchanged is 401 and deletes no newer cookie", async (t) => {
  const base = await start(t);
  const { cookie, token } = await signIn(base);
  const { sessionId } = await authority.validate(token);
  await authority.update(sessionId, { roles: ["admin"] }, { rotate: true });
  const response = await request(`${base}/account`, { headers: { cookie } });
  assert.equal(response.status, 401);
  assert.deepEqual(response.headers.getSetCookie(), []);
});

test("a request that a page makes by itself does not count as activity", async (t) => {
  const base = await start(t, authority, { isBackground: ({ path }: { path: string }) => path === "/greeting" });
  const { token } = await authority.create({ userId: "idle" });
  const headers = { authorization: `Bearer ${token.reveal()}` };
  const { lastActiveAt } = await authority.validate(token, { activity: "PEEK", consistency: "STRONG" });
  while (Date.now() <= lastActiveAt.getTime() + 2) {
    await new Promise(setImmediate);
  }
  await request(`${base}/greeting`, { headers });
  assert.deepEqual((await authority.validate(token, { activity: "PEEK" })).lastActiveAt, lastActiveAt);
  await request(`${base}/account`, { headers });
  assert.notDeepEqual((await authority.validate(token, { activity: "PEEK" })).lastActiveAt, lastActiveAt);
});

test("an error that a handler does not catch becomes the right response", async (t) => {
  const app = express();
  app.get("/", () => {
    throw new NoVerdict({
      method: "Validate",
      code: "UNAVAILABLE",
      message: "the store is away",
      retryAfterMs: 2500,
    });
  });
  const base = await listen(t, app);
  const response = await request(base);
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("retry-after"), "3");
});

test("a cookie name without __Host- and a malformed path are refused", () => {
  assert.throws(() => new ExpressGuard({ authority, cookieName: "session" as "__Host-x" }), /__Host-/);
  for (const path of ["account", "/a*", "/*b", "post /x", "/a?b", ""]) {
    assert.throws(() => new ExpressGuard({ authority, public: [path] }), /must be a path/, path);
  }
});
