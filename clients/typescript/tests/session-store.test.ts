import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import { create } from "@bufbuild/protobuf";
import { CallError, NoVerdict, SessionAuthority } from "@session-authority/client";
import { SessionAuthorityStore, type SessionStore } from "@session-authority/client/session-store";
import { PurgeResponseSchema } from "../src/gen/session/v1/admin_service_pb.js";
import { failure, FakeServer, type Handlers } from "./support/fake-server.js";
import { freeAddress, TestServer } from "./support/server.js";

let server: TestServer;
let authority: SessionAuthority;
let store: SessionStore;

before(async () => {
  server = await TestServer.start();
  authority = server.connect();
  store = new SessionAuthorityStore(authority, { tenantId: "acme" });
});

after(async () => {
  authority.close();
  await server.stop();
});

test("createSession returns the session and its token", async () => {
  const expiresAt = new Date(Date.now() + 600_000);
  const created = await store.createSession({
    userId: "create",
    ip: "198.51.100.7",
    userAgent:
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1",
    data: { theme: "dark" },
    roles: ["editor"],
    expiresAt,
  });
  assert.equal(created.ip, "198.51.100.7");
  assert.equal(created.deviceName, "Safari on iPhone");
  assert.deepEqual(created.data, { theme: "dark" });
  assert.ok(Math.abs(created.expiresAt.getTime() - expiresAt.getTime()) < 5000);
  assert.ok(!JSON.stringify(created).includes(created.token.reveal()));
});

test("getSession opens with the token only", async () => {
  const { token, id } = await store.createSession({ userId: "get" });
  assert.equal((await store.getSession(token))?.id, id);
  assert.equal((await store.getSession(token.reveal()))?.userId, "get");
  assert.equal(await store.getSession(id), null);
  assert.equal(await store.getSession("nonsense"), null);
});

test("getSession is not null but an error if nothing is known", async (t) => {
  const unreachable = new SessionAuthority({ address: await freeAddress(), validateTimeoutMs: 200 });
  t.after(() => {
    unreachable.close();
  });
  await assert.rejects(new SessionAuthorityStore(unreachable).getSession("sa_x"), NoVerdict);
});

test("getSessionsForUser lists the sessions of that user and tenant", async () => {
  const one = await store.createSession({ userId: "list" });
  const two = await store.createSession({ userId: "list" });
  await authority.create({ userId: "list" });
  const sessions = await store.getSessionsForUser("list", two.id);
  assert.deepEqual(new Set(sessions.map(({ id }) => id)), new Set([one.id, two.id]));
  assert.deepEqual(
    sessions.filter(({ isCurrent }) => isCurrent).map(({ id }) => id),
    [two.id],
  );
  assert.deepEqual(await store.getSessionsForUser("nobody"), []);
});

test("updateSessionLastActive keeps active sessions active, and revives none", async () => {
  const { id, lastActiveAt } = await store.createSession({ userId: "touch" });
  while (Date.now() <= lastActiveAt.getTime() + 2) {
    await new Promise(setImmediate);
  }
  assert.equal(await store.updateSessionLastActive(id), true);
  const [session] = await store.getSessionsForUser("touch");
  assert.ok(session!.lastActiveAt.getTime() > lastActiveAt.getTime());
  await store.revokeSession(id);
  assert.equal(await store.updateSessionLastActive(id), false);
  assert.deepEqual(await store.getSessionsForUser("touch"), []);
});

test("revokeSession ends a session by token or ID, and only one of the given user", async () => {
  const { token } = await store.createSession({ userId: "revoke" });
  assert.equal(await store.revokeSession(token), true);
  assert.equal(await store.revokeSession(token), false);
  assert.equal(await store.getSession(token), null);
  const other = await store.createSession({ userId: "revoke" });
  assert.equal(await store.revokeSession(other.id, "somebody-else"), false);
  assert.equal(await store.revokeSession(other.id, "revoke"), true);
});

test("revokeAllSessionsForUser ends all, or all but one", async () => {
  const kept = await store.createSession({ userId: "all" });
  await store.createSession({ userId: "all" });
  await store.createSession({ userId: "all" });
  assert.equal(await store.revokeAllSessionsForUser("all", kept.id), 2);
  assert.notEqual(await store.getSession(kept.token), null);
  assert.equal(await store.revokeAllSessionsForUser("all"), 1);
  assert.equal(await store.getSession(kept.token), null);
});

test("deleteExpiredSessions adds up what each call removes", async (t) => {
  const counts = [3n, 2n, 0n, 7n];
  const remote = await fakePurge(t, (respond) => {
    respond(null, create(PurgeResponseSchema, { purgedCount: counts.shift() ?? 0n }));
  });
  assert.equal(await remote.deleteExpiredSessions(), 5);
  assert.equal(typeof (await store.deleteExpiredSessions()), "number");
});

test("deleteExpiredSessions leaves it to the service if the key may not", async (t) => {
  const remote = await fakePurge(t, (respond) => {
    respond(failure("PERMISSION_DENIED", "CALLER_NOT_ALLOWED"));
  });
  assert.equal(await remote.deleteExpiredSessions(), 0);
  const broken = await fakePurge(t, (respond) => {
    respond(failure("INTERNAL"));
  });
  await assert.rejects(broken.deleteExpiredSessions(), CallError);
});

async function fakePurge(t: TestContext, purge: (respond: (error: object | null, response?: object) => void) => void) {
  const handlers = {
    purge: (_: unknown, respond: (error: object | null, response?: object) => void) => {
      purge(respond);
    },
  };
  const fake = await FakeServer.start(handlers as unknown as Handlers);
  const client = new SessionAuthority({ address: fake.address });
  t.after(() => {
    client.close();
    fake.stop();
  });
  return new SessionAuthorityStore(client);
}
