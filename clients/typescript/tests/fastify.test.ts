import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import Fastify, { type FastifyInstance } from "fastify";
import { SessionAuthority } from "@session-authority/client";
import { currentSession, FastifyGuard, optionalSession } from "@session-authority/client/fastify";
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

function addRoutes(app: FastifyInstance, guard: FastifyGuard): void {
  app.post("/sign-in", async (request, reply) => {
    await guard.signIn(request, reply, { userId: "ann", assuranceLevel: 1, roles: ["reader"] });
    return reply.redirect("/account", 303);
  });
  app.get("/", () => "public");
  app.get("/account", (request) => {
    // The type has no undefined: this line does not compile without the guarantee.
    const userId: string = currentSession(request).userId;
    return `Hello, ${userId}`;
  });
  app.get("/greeting", (request) => `Hello, ${optionalSession(request)?.userId ?? "stranger"}`);
  app.get("/:page", () => "a page");
  app.post("/change", () => "changed");
  app.get("/transfer", { preHandler: guard.requireStepUp({ minAssuranceLevel: 2 }) }, () => "transferred");
  app.get("/admin", { preHandler: guard.requireRole("admin") }, () => "for administrators");
  app.get("/reader", { preHandler: guard.requireRole("admin", "reader") }, () => "for readers");
  app.post("/sign-out", async (request, reply) => {
    await guard.signOut(request, reply);
    return reply.redirect("/", 303);
  });
  app.register((scope, _options, done) => {
    scope.get("/nested/page", () => "nested");
    done();
  });
}

async function start(t: TestContext, client = authority): Promise<FastifyInstance> {
  const guard = new FastifyGuard({ authority: client, public: ["GET /", "POST /sign-in"], optional: ["/greeting"] });
  const app = Fastify();
  app.get("/earlier", () => "registered before the guard");
  app.register(guard.plugin);
  addRoutes(app, guard);
  t.after(() => app.close());
  await app.ready();
  return app;
}

async function signIn(app: FastifyInstance): Promise<{ cookie: string; token: string }> {
  const response = await app.inject({ method: "POST", url: "/sign-in" });
  assert.equal(response.statusCode, 303);
  const [session, device] = response.headers["set-cookie"] as string[];
  assert.match(session!, /^__Host-session=sa_[\w-]+; Path=\/; Secure; HttpOnly; SameSite=Lax$/);
  assert.match(device!, /^__Host-device=/);
  const cookie = session!.split(";", 1)[0]!;
  return { cookie, token: cookie.slice("__Host-session=".length) };
}

test("every route is protected that is not public, wherever it is registered", async (t) => {
  const app = await start(t);
  for (const url of ["/account", "/unknown", "/nested/page", "/earlier", "/;x", "//", "/sign%2Din", "/%2F"]) {
    assert.equal((await app.inject({ url })).statusCode, 401, url);
  }
  assert.equal((await app.inject({ url: "/?query=1" })).body, "public");
});

test("a hook of a route demands a role", async (t) => {
  const app = await start(t);
  const { cookie } = await signIn(app);
  assert.equal((await app.inject({ url: "/reader", headers: { cookie } })).body, "for readers");
  const response = await app.inject({ url: "/admin", headers: { cookie } });
  assert.equal(response.statusCode, 403);
  assert.equal(response.json<{ code: string }>().code, "missing_role");
  assert.equal((await app.inject({ url: "/admin" })).statusCode, 401);
});

test("the same application without the guard is open", async (t) => {
  const app = Fastify();
  addRoutes(app, new FastifyGuard({ authority }));
  t.after(() => app.close());
  assert.equal((await app.inject({ method: "POST", url: "/change" })).statusCode, 200);
  assert.equal((await app.inject({ url: "/account" })).statusCode, 500);
});

test("the session opens the pages until it is signed out", async (t) => {
  const app = await start(t);
  const { cookie, token } = await signIn(app);
  assert.equal((await app.inject({ url: "/account", headers: { cookie } })).body, "Hello, ann");
  assert.equal(
    (await app.inject({ url: "/nested/page", headers: { authorization: `Bearer ${token}` } })).body,
    "nested",
  );
  assert.equal((await app.inject({ url: "/greeting", headers: { cookie } })).body, "Hello, ann");
  assert.equal((await app.inject({ url: "/greeting" })).body, "Hello, stranger");
  const response = await app.inject({ method: "POST", url: "/sign-out", headers: { cookie } });
  assert.match(response.headers["set-cookie"] as string, /^__Host-session=; .*Max-Age=0$/);
  const rejected = await app.inject({ url: "/account", headers: { cookie } });
  assert.equal(rejected.statusCode, 401);
  assert.match(rejected.headers["set-cookie"] as string, /Max-Age=0$/);
});

test("without a verdict everything but public paths is 503, and the cookie stays", async (t) => {
  const unreachable = new SessionAuthority({ address: await freeAddress(), validateTimeoutMs: 300 });
  t.after(() => {
    unreachable.close();
  });
  const app = await start(t, unreachable);
  for (const url of ["/account", "/greeting", "/unknown"]) {
    const response = await app.inject({ url, headers: { cookie: "__Host-session=sa_x" } });
    assert.equal(response.statusCode, 503, url);
    assert.equal(response.headers["retry-after"], "1");
    assert.equal(response.headers["set-cookie"], undefined);
  }
});

test("a change by cookie from another site is refused", async (t) => {
  const app = await start(t);
  const { cookie } = await signIn(app);
  const change = (headers: Record<string, string>) =>
    app.inject({ method: "POST", url: "/change", headers: { cookie, ...headers } });
  assert.equal((await change({ "sec-fetch-site": "cross-site" })).statusCode, 403);
  assert.equal((await change({ origin: "https://evil.example" })).statusCode, 403);
  assert.equal((await change({ "sec-fetch-site": "same-origin" })).statusCode, 200);
  const upgrade = { cookie, upgrade: "websocket", origin: "https://evil.example" };
  assert.equal((await app.inject({ url: "/account", headers: upgrade })).statusCode, 403);
  const forged = await app.inject({ method: "POST", url: "/sign-in", headers: { "sec-fetch-site": "cross-site" } });
  assert.equal(forged.statusCode, 403);
});

test("a step-up is 403", async (t) => {
  const app = await start(t);
  const { cookie } = await signIn(app);
  const response = await app.inject({ url: "/transfer", headers: { cookie } });
  assert.equal(response.statusCode, 403);
  assert.equal(response.json<{ code: string }>().code, "step_up_required");
});

test("errors that a handler does not catch become the right response", async (t) => {
  const app = await start(t);
  const { cookie } = await signIn(app);
  const failing = Fastify();
  t.after(() => failing.close());
  failing.get("/", () => authority.validate(cookie));
  assert.equal((await failing.inject({ url: "/" })).statusCode, 401);
});
