// The code of docs/migrating-from-express-session.md.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import express from "express";
import session from "express-session";
import { currentSession, ExpressGuard } from "@session-authority/client/express";
import { TestServer } from "./support/server.js";

declare module "express-session" {
  interface SessionData {
    userId: string | undefined;
    signedInAt: number;
  }
}

test("users of express-session stay signed in, each with one new session", async (t) => {
  const server = await TestServer.start();
  const authority = server.connect();
  const guard = new ExpressGuard({ authority, public: ["GET /", "POST /old/sign-in"] });
  const app = express();
  app.use(session({ secret: "test", resave: false, saveUninitialized: false }));
  app.post("/old/sign-in", (req, res) => {
    req.session.userId = "ann";
    req.session.signedInAt = Date.now() - 60_000;
    res.sendStatus(204);
  });
  app.use(async (req, res, next) => {
    const { userId, signedInAt } = req.session;
    const loadsPage = req.method === "GET" && req.accepts("html") === "html";
    if (userId === undefined || !loadsPage || /(?:^|; *)__Host-session=/.test(req.headers.cookie ?? "")) {
      next();
      return;
    }
    const { token } = await guard.signIn(req, res, {
      userId,
      migrated: true,
      authenticatedAt: new Date(signedInAt ?? Date.now()),
      requestId: createHash("sha256").update(req.sessionID).digest("hex"),
    });
    delete req.session.userId;
    req.headers.cookie = `${req.headers.cookie ?? ""}; __Host-session=${token.reveal()}`;
    next();
  });
  app.use(guard.protect());
  app.get("/account", (req, res) => {
    res.send(`Hello, ${currentSession(req).userId}`);
  });
  const http = app.listen(0, "127.0.0.1");
  await once(http, "listening");
  t.after(async () => {
    http.close();
    authority.close();
    await server.stop();
  });
  const base = `http://127.0.0.1:${String((http.address() as AddressInfo).port)}`;
  const signIn = await fetch(`${base}/old/sign-in`, { method: "POST" });
  const old = signIn.headers.getSetCookie()[0]!.split(";", 1)[0]!;
  const page = { accept: "text/html" };

  assert.equal((await fetch(`${base}/account`, { headers: { cookie: old, accept: "application/json" } })).status, 401);
  const migrated = await fetch(`${base}/account`, { headers: { cookie: old, ...page } });
  assert.equal(await migrated.text(), "Hello, ann");
  const cookies = migrated.headers.getSetCookie().map((cookie) => cookie.split(";", 1)[0]!);
  const current = cookies.find((cookie) => cookie.startsWith("__Host-session="))!;

  const [stored, ...others] = await authority.list({ userId: "ann" });
  assert.deepEqual(others, []);
  assert.ok(stored!.createdAt.getTime() - stored!.authenticatedAt.getTime() > 50_000);
  const next = await fetch(`${base}/account`, { headers: { cookie: `${old}; ${current}`, ...page } });
  assert.equal(await next.text(), "Hello, ann");
  // The old cookie alone opens nothing any more.
  assert.equal((await fetch(`${base}/account`, { headers: { cookie: old, ...page } })).status, 401);
  assert.equal((await authority.list({ userId: "ann" })).length, 1);
});
