import assert from "node:assert/strict";
import { after, test, type TestContext } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { CallError, NoVerdict, Rejected, SessionAuthority, type ClientOptions } from "@session-authority/client";
import { SessionSchema } from "../src/gen/session/v1/session_pb.js";
import {
  CreateResponseSchema,
  ListResponseSchema,
  RevokeResponseSchema,
  UpdateResponseSchema,
  ValidateResponseSchema,
} from "../src/gen/session/v1/session_service_pb.js";
import { failure, FakeServer, type Handlers } from "./support/fake-server.js";

interface Call {
  request: Record<string, unknown>;
  getDeadline: () => Date | number;
}
type Respond = (error: object | null, response?: object) => void;

let servers: FakeServer[] = [];
after(() => {
  for (const server of servers) {
    server.stop();
  }
  servers = [];
});

/** Starts a server whose methods are these functions, and returns a client of it. */
async function connect(
  t: TestContext,
  handlers: Record<string, (call: Call, respond: Respond) => void>,
  options: Partial<ClientOptions> = {},
): Promise<SessionAuthority> {
  const server = await FakeServer.start(handlers as unknown as Handlers);
  servers.push(server);
  const patience = { validateTimeoutMs: 20_000, callTimeoutMs: 20_000 };
  const authority = new SessionAuthority({ address: server.address, ...patience, ...options });
  t.after(() => {
    authority.close();
  });
  return authority;
}

function remainingMs(call: Call): number {
  return Number(call.getDeadline()) - Date.now();
}

function liveSession(fields: MessageInitShape<typeof ValidateResponseSchema> = {}) {
  const far = timestampFromMs(Date.now() + 3_600_000);
  const session = create(SessionSchema, { sessionId: "s", userId: "ann", expiresAt: far, idleExpiresAt: far });
  return create(ValidateResponseSchema, { outcome: { case: "session", value: session }, ...fields });
}

test("a validation is sent again after UNAVAILABLE", async (t) => {
  let calls = 0;
  const authority = await connect(t, {
    validate: (_, respond) => {
      calls += 1;
      respond(calls < 3 ? failure("UNAVAILABLE", "STORE_UNAVAILABLE") : null, liveSession());
    },
  });
  assert.equal((await authority.validate("t")).userId, "ann");
  assert.equal(calls, 3);
});

test("three attempts without success are no verdict", async (t) => {
  let calls = 0;
  const authority = await connect(t, {
    validate: (_, respond) => {
      calls += 1;
      respond(failure("UNAVAILABLE", "STORE_UNAVAILABLE"));
    },
  });
  await assert.rejects(authority.validate("t"), (error) => {
    assert.ok(error instanceof NoVerdict && !(error instanceof Rejected));
    assert.equal(error.code, "UNAVAILABLE");
    assert.equal(error.reason, "STORE_UNAVAILABLE");
    assert.equal(error.status, 503);
    return true;
  });
  assert.equal(calls, 3);
});

for (const code of [
  "INTERNAL",
  "UNAUTHENTICATED",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "INVALID_ARGUMENT",
] as const) {
  test(`a validation that fails with ${code} is no verdict, after one attempt`, async (t) => {
    let calls = 0;
    const authority = await connect(t, {
      validate: (_, respond) => {
        calls += 1;
        respond(failure(code));
      },
    });
    await assert.rejects(authority.validate("t"), (error) => error instanceof NoVerdict && error.code === code);
    await assert.rejects(authority.tryValidate("t"), NoVerdict);
    assert.equal(calls, 2);
  });
}

test("a failure that only an operator can end is not sent again", async (t) => {
  let calls = 0;
  const authority = await connect(t, {
    validate: (_, respond) => {
      calls += 1;
      respond(failure("UNAVAILABLE", "STORE_NOT_BOUND"));
    },
  });
  await assert.rejects(authority.validate("t"), NoVerdict);
  assert.equal(calls, 1);
});

test("a response without an outcome is no verdict", async (t) => {
  const authority = await connect(t, {
    validate: (_, respond) => {
      respond(null, create(ValidateResponseSchema));
    },
  });
  await assert.rejects(authority.validate("t"), (error) => error instanceof NoVerdict && error.code === "INTERNAL");
});

test("a reason that this release does not know is UNKNOWN", async (t) => {
  const authority = await connect(t, {
    validate: (_, respond) => {
      respond(null, create(ValidateResponseSchema, { outcome: { case: "rejection", value: { reason: 99 as never } } }));
    },
  });
  await assert.rejects(authority.validate("t"), (error) => error instanceof Rejected && error.reason === "UNKNOWN");
});

test("every call has a deadline, and the attempts share it", async (t) => {
  const deadlines: number[] = [];
  const byDefault = { validateTimeoutMs: undefined, callTimeoutMs: undefined };
  const authority = await connect(
    t,
    {
      validate: (call, respond) => {
        deadlines.push(remainingMs(call));
        respond(failure("UNAVAILABLE"));
      },
      list: (call, respond) => {
        deadlines.push(remainingMs(call));
        respond(null, create(ListResponseSchema));
      },
    },
    byDefault,
  );
  await assert.rejects(authority.validate("t"), NoVerdict);
  await authority.list({ userId: "ann" });
  assert.equal(deadlines.length, 4);
  const [first, second, third, list] = deadlines as [number, number, number, number];
  assert.ok(first <= 1000 && first > 500, String(first));
  assert.ok(second < first && third < second, String(deadlines));
  assert.ok(list <= 2000 && list > 1000, String(list));
});

test("a server that does not respond is no verdict after the time limit", async (t) => {
  const authority = await connect(t, { validate: () => undefined });
  const start = Date.now();
  await assert.rejects(
    authority.validate("t", {}, { timeoutMs: 200 }),
    (error) => error instanceof NoVerdict && error.code === "DEADLINE_EXCEEDED",
  );
  assert.ok(Date.now() - start < 1500);
});

test("a repeated create has the same request ID", async (t) => {
  const requestIds: unknown[] = [];
  const authority = await connect(t, {
    create: ({ request }, respond) => {
      requestIds.push(request["requestId"]);
      respond(requestIds.length < 3 ? failure("UNAVAILABLE") : null, create(CreateResponseSchema, { token: "sa_x" }));
    },
  });
  await authority.create({ userId: "ann" });
  await authority.create({ userId: "ann" });
  const [first, second, third, other] = requestIds;
  assert.match(String(first), /^[0-9a-f-]{36}$/);
  assert.deepEqual([second, third], [first, first]);
  assert.notEqual(other, first);
});

test("calls that count are sent once", async (t) => {
  let calls = 0;
  const refuse = (_: Call, respond: Respond) => {
    calls += 1;
    respond(failure("UNAVAILABLE"));
  };
  const authority = await connect(t, { update: refuse, reportAuthEvent: refuse });
  await assert.rejects(authority.update("s", { email: "x" }), CallError);
  await assert.rejects(authority.reportAuthEvent({ userId: "ann", kind: "MFA_DENIED" }), CallError);
  assert.equal(calls, 2);
});

async function cachingClient(t: TestContext, cacheTtlMs: number, verdictCache: ClientOptions["verdictCache"]) {
  const counter = { calls: 0, isActive: true };
  const rejection = { case: "rejection", value: { reason: 11 } } as const;
  const authority = await connect(
    t,
    {
      validate: (_, respond) => {
        counter.calls += 1;
        const outcome = counter.isActive ? {} : { outcome: rejection };
        respond(null, liveSession({ cacheTtl: durationFromMs(cacheTtlMs), ...outcome }));
      },
      revoke: (_, respond) => {
        respond(null, create(RevokeResponseSchema, { revoked: true }));
      },
      update: (_, respond) => {
        respond(null, create(UpdateResponseSchema));
      },
    },
    verdictCache === undefined ? {} : { verdictCache },
  );
  return { authority, counter };
}

test("verdicts are not cached by default, nor without leave of the server", async (t) => {
  const off = await cachingClient(t, 60_000, undefined);
  const forbidden = await cachingClient(t, 0, { maxEntries: 10, maxTtlMs: 60_000 });
  for (const { authority, counter } of [off, forbidden]) {
    await authority.validate("t");
    await authority.validate("t");
    assert.equal(counter.calls, 2);
  }
});

test("a cached verdict is reused for the same token and demands only", async (t) => {
  const { authority, counter } = await cachingClient(t, 60_000, { maxEntries: 10, maxTtlMs: 60_000 });
  await authority.validate("t");
  await authority.validate("t");
  assert.equal(counter.calls, 1);
  await authority.validate("u");
  await authority.validate("t", { client: { ip: "192.0.2.1" } });
  assert.equal(counter.calls, 3);
  await authority.validate("t", { minAssuranceLevel: 1 });
  await authority.validate("t", { maxAuthAgeMs: 1000 });
  await authority.validate("t", { consistency: "STRONG" });
  assert.equal(counter.calls, 6);
});

test("a cached verdict ends with its time", async (t) => {
  const { authority, counter } = await cachingClient(t, 60_000, { maxEntries: 10, maxTtlMs: 5 });
  await authority.validate("t");
  const cachedUntil = Date.now() + 5;
  while (Date.now() <= cachedUntil) {
    await new Promise(setImmediate);
  }
  await authority.validate("t");
  assert.equal(counter.calls, 2);
});

test("the cache is bounded, and the least recently used verdict leaves first", async (t) => {
  const { authority, counter } = await cachingClient(t, 60_000, { maxEntries: 2, maxTtlMs: 60_000 });
  for (const token of ["a", "b", "a", "c", "a"]) {
    await authority.validate(token);
  }
  assert.equal(counter.calls, 3);
  await authority.validate("b");
  assert.equal(counter.calls, 4);
});

test("a change of sessions through the client clears the cache", async (t) => {
  const { authority, counter } = await cachingClient(t, 60_000, { maxEntries: 10, maxTtlMs: 60_000 });
  await authority.validate("t");
  await authority.revoke({ token: "t" });
  counter.isActive = false;
  await assert.rejects(authority.validate("t"), Rejected);
  counter.isActive = true;
  await authority.validate("t");
  await authority.update("s", { email: "x" });
  await authority.validate("t");
  assert.equal(counter.calls, 4);
});

test("a verdict that a change has overtaken is not cached", async (t) => {
  const waiting: Respond[] = [];
  const authority = await connect(
    t,
    {
      validate: (_, respond) => {
        waiting.push(respond);
      },
      revoke: (_, respond) => {
        respond(null, create(RevokeResponseSchema, { revoked: true }));
      },
    },
    { verdictCache: { maxEntries: 10, maxTtlMs: 60_000 } },
  );
  const response = () => liveSession({ cacheTtl: durationFromMs(60_000) });
  const early = authority.validate("t");
  while (waiting.length < 1) {
    await new Promise(setImmediate);
  }
  await authority.revoke({ token: "t" });
  waiting[0]!(null, response());
  await early;
  const late = authority.validate("t");
  while (waiting.length < 2) {
    await new Promise(setImmediate);
  }
  waiting[1]!(null, response());
  await late;
  assert.equal(waiting.length, 2);
});

test("rejections are not cached", async (t) => {
  const { authority, counter } = await cachingClient(t, 60_000, { maxEntries: 10, maxTtlMs: 60_000 });
  counter.isActive = false;
  await assert.rejects(authority.validate("t"), Rejected);
  counter.isActive = true;
  await authority.validate("t");
  assert.equal(counter.calls, 2);
});
