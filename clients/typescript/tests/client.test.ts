import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CallError, Rejected, SessionAuthority, SessionToken, StepUpRequired } from "@session-authority/client";
import { TestServer } from "./support/server.js";

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

test("a created session is validated with everything that was stored", async () => {
  const data = { theme: "dark", limits: [1, 2.5, null, { deep: true }] };
  const { token, session } = await authority.create({
    userId: "created",
    email: "ann@example.com",
    roles: ["admin"],
    data,
    client: { ip: "198.51.100.7", userAgent: "curl/8" },
    authMethods: ["pwd"],
    assuranceLevel: 1,
    lifetimeMs: 3_600_000,
  });
  assert.ok(token instanceof SessionToken);
  const validated = await authority.validate(token);
  assert.equal(validated.sessionId, session.sessionId);
  assert.equal(validated.userId, "created");
  assert.deepEqual(validated.data, data);
  assert.deepEqual(validated.roles, ["admin"]);
  assert.equal(validated.location?.ip, "198.51.100.7");
  assert.equal(validated.device.userAgent, "curl/8");
  assert.equal(validated.expiresAt.getTime() - validated.createdAt.getTime(), 3_600_000);
  assert.ok(validated.asOf instanceof Date);
  assert.equal(validated.revision, 1);
});

test("a token that opens nothing is rejected, as an error and as a union", async () => {
  await assert.rejects(
    authority.validate("nonsense"),
    (error) => error instanceof Rejected && error.reason === "MALFORMED",
  );
  const verdict = await authority.tryValidate(`sa_${"A".repeat(80)}`);
  assert.equal(verdict.outcome, "rejected");
});

test("a rejection says who ended the session, when and why", async () => {
  const { token, session } = await authority.create({ userId: "ended" });
  const before = Date.now();
  await authority.revoke({ sessionId: session.sessionId, userId: "ended", reason: "lost phone", actor: "desk" });
  await assert.rejects(authority.validate(token), (error) => {
    assert.ok(error instanceof Rejected);
    assert.equal(error.reason, "REVOKED");
    assert.equal(error.actor, "desk");
    assert.equal(error.statedReason, "lost phone");
    assert.equal(error.sessionId, session.sessionId);
    assert.ok(Math.abs(error.endedAt!.getTime() - before) < 10_000);
    return true;
  });
});

test("a request that demands more is a step-up, not a rejection", async () => {
  const { token, session } = await authority.create({ userId: "step-up", assuranceLevel: 1 });
  const error: unknown = await authority.validate(token, { minAssuranceLevel: 2 }).catch((e: unknown) => e);
  assert.ok(error instanceof StepUpRequired);
  assert.ok(!(error instanceof Rejected));
  assert.equal(error.requiredAssuranceLevel, 2);
  assert.equal(error.sessionId, session.sessionId);

  const { token: rotated } = await authority.update(
    session.sessionId,
    { assuranceLevel: 2, authenticatedAt: new Date() },
    { rotate: true },
  );
  assert.ok(rotated);
  const validated = await authority.validate(rotated, { minAssuranceLevel: 2, maxAuthAgeMs: 60_000 });
  assert.equal(validated.assuranceLevel, 2);
});

test("an update changes what is given, clears null and leaves the rest", async () => {
  const { session } = await authority.create({
    userId: "updated",
    email: "a@example.com",
    roles: ["x"],
    data: { a: 1 },
  });
  const { session: updated } = await authority.update(session.sessionId, {
    email: null,
    data: { b: 2 },
    roles: undefined,
  });
  assert.equal(updated.email, "");
  assert.deepEqual(updated.data, { b: 2 });
  assert.deepEqual(updated.roles, ["x"]);
  await assert.rejects(
    authority.update(session.sessionId, { email: "b@example.com" }, { ifRevision: 1 }),
    (error) => error instanceof CallError && error.code === "ABORTED" && error.metadata["revision"] === "2",
  );
});

test("a rotated token is replaced, and the old one is accepted for the grace period", async () => {
  const { token } = await authority.create({ userId: "rotated" });
  const rotated = await authority.rotate(token);
  assert.notEqual(rotated.token.reveal(), token.reveal());
  assert.equal((await authority.validate(rotated.token)).userId, "rotated");
  assert.ok((await authority.validate(token)).rotateAfter!.getTime() <= Date.now());
  await assert.rejects(authority.rotate("nonsense"), Rejected);
});

test("a repeated create returns the same session, without a request ID another one", async () => {
  const first = await authority.create({ userId: "repeated", requestId: "one" });
  const second = await authority.create({ userId: "repeated", requestId: "one" });
  assert.equal(second.token.reveal(), first.token.reveal());
  await authority.create({ userId: "repeated" });
  assert.equal((await authority.list({ userId: "repeated" })).length, 2);
});

test("sessions of a user are listed, touched, looked up and ended", async () => {
  const one = await authority.create({ userId: "many" });
  const two = await authority.create({ userId: "many" });
  const listed = await authority.list({ userId: "many", currentSessionId: one.session.sessionId });
  assert.deepEqual(
    new Set(listed.map(({ sessionId }) => sessionId)),
    new Set([one.session.sessionId, two.session.sessionId]),
  );
  assert.deepEqual(
    listed.filter(({ current }) => current).map(({ sessionId }) => sessionId),
    [one.session.sessionId],
  );

  const [touched] = await authority.touch([{ sessionId: one.session.sessionId, usedAt: new Date() }]);
  assert.equal(touched?.active, true);
  assert.equal((await authority.get({ sessionId: one.session.sessionId, userId: "many" })).userId, "many");
  await assert.rejects(
    authority.get({ sessionId: one.session.sessionId, userId: "somebody-else" }),
    (error) => error instanceof CallError && error.reason === "SESSION_NOT_FOUND",
  );

  const { revokedCount } = await authority.revokeAll({ user: { userId: "many" }, exceptToken: one.token });
  assert.equal(revokedCount, 1);
  assert.equal((await authority.signOut(one.token)).revoked, true);
  await assert.rejects(
    authority.validate(one.token),
    (error) => error instanceof Rejected && error.reason === "SIGNED_OUT",
  );
});

test("an invalid request names every field", async () => {
  const error: unknown = await authority.create({ userId: "", client: { ip: "nowhere" } }).catch((e: unknown) => e);
  assert.ok(error instanceof CallError);
  assert.equal(error.code, "INVALID_ARGUMENT");
  assert.equal(error.reason, "INVALID_FIELD");
  assert.deepEqual(error.fields.map(({ field }) => field).sort(), ["client.ip", "user_id"]);
  assert.ok(error.requestId);
});

test("a misspelt or mistyped field is an error before anything is sent", async () => {
  const misspelt = { userID: "ann", userId: "ann" };
  await assert.rejects(authority.create(misspelt), /CreateRequest has no field "userID"/);
  await assert.rejects(authority.create({ userId: 7 as unknown as string }), /CreateRequest.userId must be a string/);
  await assert.rejects(authority.create({ userId: "ann", data: { n: Number.NaN } }), /finite/);
  const both = { sessionId: "x", token: "y" };
  await assert.rejects(authority.revoke(both), /more than one/);
});

test("the request ID of the caller is returned", async () => {
  const requestId = "my-request-1";
  const error: unknown = await authority.get({ sessionId: "a".repeat(32) }, { requestId }).catch((e: unknown) => e);
  assert.ok(error instanceof CallError);
  assert.equal(error.requestId, requestId);
});

test("a call is cancelled by its signal", async () => {
  const controller = new AbortController();
  controller.abort(new Error("no longer needed"));
  await assert.rejects(authority.list({ userId: "ann" }, { signal: controller.signal }), /no longer needed/);
});

test("failed sign-ins are counted", async () => {
  const response = await authority.reportAuthEvent({ userId: "guessed", kind: "PASSWORD_FAILED" });
  assert.equal(response.recentFailures, 1);
});

test("administrators search, page and end sessions", async () => {
  for (let index = 0; index < 3; index++) {
    await authority.create({ userId: "searched", email: `${String(index)}@example.com` });
  }
  const deadline = Date.now() + 20_000;
  let found = 0;
  while (found < 3 && Date.now() < deadline) {
    found = 0;
    for await (const entry of authority.admin.searchAllSessions({ filter: { userId: "searched" }, pageSize: 2 })) {
      assert.equal(entry.session.userId, "searched");
      found += 1;
    }
  }
  assert.equal(found, 3);
  let revokedCount = 0;
  for await (const progress of authority.admin.revokeWhere({ filter: { userId: "searched" }, reason: "test" })) {
    revokedCount = progress.revokedCount;
  }
  assert.equal(revokedCount, 3);
  assert.deepEqual(await authority.list({ userId: "searched" }), []);
  const stats = await authority.admin.getStats();
  assert.ok(stats.series.length > 0);
  assert.equal(typeof (await authority.admin.purge()).purgedCount, "number");
});

test("a filter without a criterion is refused while the stream opens", async () => {
  await assert.rejects(
    async () => {
      for await (const _ of authority.admin.revokeWhere({ filter: {} })) {
        assert.fail("it revoked something");
      }
    },
    (error) => error instanceof CallError && error.code === "INVALID_ARGUMENT",
  );
});

test("a forgotten user has no sessions", async () => {
  await authority.create({ userId: "forgotten" });
  const { revokedCount } = await authority.admin.forgetUser({ userId: "forgotten" });
  assert.equal(revokedCount, 1);
  assert.deepEqual(await authority.list({ userId: "forgotten" }), []);
});
