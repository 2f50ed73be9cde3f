import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { ServerDuplexStream, ServerWritableStream } from "@grpc/grpc-js";
import { create } from "@bufbuild/protobuf";
import { CallError, NoVerdict, Rejected, SessionAuthority, type AlertItem } from "@session-authority/client";
import { Severity } from "../src/gen/session/v1/alert_pb.js";
import {
  StreamAlertsResponseSchema,
  ValidateStreamResponseSchema,
  type StreamAlertsRequest,
  type StreamAlertsResponse,
  type ValidateStreamRequest,
  type ValidateStreamResponse,
} from "../src/gen/session/v1/session_service_pb.js";
import { failure, FakeServer, type Handlers } from "./support/fake-server.js";
import { TestServer } from "./support/server.js";

type AlertCall = ServerWritableStream<StreamAlertsRequest, StreamAlertsResponse>;
type ValidateCall = ServerDuplexStream<ValidateStreamRequest, ValidateStreamResponse>;

async function connect(t: TestContext, handlers: object): Promise<SessionAuthority> {
  const server = await FakeServer.start(handlers as Handlers);
  const authority = new SessionAuthority({ address: server.address, validateTimeoutMs: 20_000 });
  t.after(() => {
    authority.close();
    server.stop();
  });
  return authority;
}

const alert = (alertId: string, cursor: string) =>
  create(StreamAlertsResponseSchema, { event: { case: "alert", value: { alertId, cursor } } });
const heartbeat = (cursor: string) =>
  create(StreamAlertsResponseSchema, { event: { case: "heartbeat", value: { cursor } } });
const gapOf = (reason: string, fromCursor: string, toCursor: string) =>
  create(StreamAlertsResponseSchema, { event: { case: "gap", value: { reason, fromCursor, toCursor } } });

async function nextItem(alerts: AsyncIterator<AlertItem, undefined>): Promise<AlertItem> {
  const result = await alerts.next();
  assert.ok(result.done !== true);
  return result.value;
}

test("alerts resume from the latest cursor, also that of a heartbeat, without repeats", async (t) => {
  const requests: StreamAlertsRequest[] = [];
  const scripts = [
    (call: AlertCall) => {
      call.write(heartbeat("h0"));
      call.write(alert("one", "c1"));
      call.emit("error", failure("UNAVAILABLE", "SHUTTING_DOWN"));
    },
    (call: AlertCall) => {
      call.write(alert("one", "c1"));
      call.write(heartbeat("h2"));
      call.end();
    },
    (call: AlertCall) => {
      call.write(gapOf("expired", "h2", "g3"));
      call.write(alert("two", "c4"));
    },
  ];
  const authority = await connect(t, {
    streamAlerts: (call: AlertCall) => {
      requests.push(call.request);
      scripts[requests.length - 1]?.(call);
    },
  });
  const alerts = authority.alerts({ fromStart: true, minSeverity: "HIGH", rules: ["NEW_COUNTRY"] });
  assert.equal((await nextItem(alerts)).alert?.alertId, "one");
  const lost = await nextItem(alerts);
  assert.equal(lost.gap?.reason, "expired");
  assert.equal(lost.cursor, "g3");
  assert.equal((await nextItem(alerts)).alert?.alertId, "two");
  assert.equal(alerts.cursor, "c4");
  alerts.close();
  assert.equal((await alerts.next()).done, true);

  assert.deepEqual(
    requests.map(({ resumeCursor, fromStart }) => [resumeCursor, fromStart]),
    [
      ["", true],
      ["c1", false],
      ["h2", false],
    ],
  );
  assert.ok(requests.every(({ minSeverity, rules }) => minSeverity === Severity.HIGH && rules[0] === "NEW_COUNTRY"));
});

test("a slow consumer resumes before the gap and misses nothing", async (t) => {
  const cursors: string[] = [];
  const authority = await connect(t, {
    streamAlerts: (call: AlertCall) => {
      cursors.push(call.request.resumeCursor);
      if (cursors.length === 1) {
        call.write(alert("one", "c1"));
        call.write(gapOf("slow_consumer", "c1", "c9"));
        call.emit("error", failure("RESOURCE_EXHAUSTED", "SLOW_CONSUMER"));
      } else {
        call.write(alert("two", "c2"));
      }
    },
  });
  const alerts = authority.alerts();
  assert.equal((await nextItem(alerts)).alert?.alertId, "one");
  const gap = await nextItem(alerts);
  assert.deepEqual([gap.gap?.reason, gap.cursor], ["slow_consumer", "c1"]);
  assert.equal((await nextItem(alerts)).alert?.alertId, "two");
  assert.deepEqual(cursors, ["", "c1"]);
  alerts.close();
});

for (const code of ["INVALID_ARGUMENT", "PERMISSION_DENIED", "UNAUTHENTICATED", "UNIMPLEMENTED"] as const) {
  test(`alerts end with ${code}`, async (t) => {
    let calls = 0;
    const authority = await connect(t, {
      streamAlerts: (call: AlertCall) => {
        calls += 1;
        call.emit("error", failure(code));
      },
    });
    await assert.rejects(authority.alerts().next(), (error) => error instanceof CallError && error.code === code);
    assert.equal(calls, 1);
  });
}

test("leaving the loop closes the stream of alerts", async (t) => {
  let cancelled: (() => void) | undefined;
  const isCancelled = new Promise<void>((resolve) => {
    cancelled = resolve;
  });
  const authority = await connect(t, {
    streamAlerts: (call: AlertCall) => {
      call.on("cancelled", () => cancelled?.());
      call.write(alert("one", "c1"));
    },
  });
  for await (const item of authority.alerts()) {
    assert.equal(item.alert?.alertId, "one");
    break;
  }
  await isCancelled;
});

/** Responds to a request of a stream with a session whose user is the token. */
function accept(call: ValidateCall, { tag, request }: ValidateStreamRequest): void {
  const session = { userId: request?.token ?? "" };
  const response = { outcome: { case: "session" as const, value: session } };
  call.write(create(ValidateStreamResponseSchema, { tag, result: { case: "response", value: response } }));
}

test("requests without a response are sent again when the stream breaks", async (t) => {
  let streams = 0;
  const authority = await connect(t, {
    validateStream: (call: ValidateCall) => {
      streams += 1;
      let received = 0;
      const isFirst = streams === 1;
      call.on("data", (request: ValidateStreamRequest) => {
        received += 1;
        if (!isFirst || received === 1) {
          accept(call, request);
        } else if (received === 3) {
          call.emit("error", failure("UNAVAILABLE", "SHUTTING_DOWN"));
        }
      });
      call.on("end", () => {
        call.end();
      });
    },
  });
  const results = await authority.validateMany(["a", "b", "c"].map((token) => ({ token })));
  assert.deepEqual(
    results.map((result) => result.status === "fulfilled" && result.value.userId),
    ["a", "b", "c"],
  );
  assert.equal(streams, 2);
});

test("a stream that breaks every time is no verdict", async (t) => {
  let streams = 0;
  const authority = await connect(t, {
    validateStream: (call: ValidateCall) => {
      streams += 1;
      call.emit("error", failure("UNAVAILABLE"));
    },
  });
  const stream = authority.validateStream();
  await assert.rejects(stream.validate("t"), (error) => error instanceof NoVerdict && error.code === "UNAVAILABLE");
  stream.close();
  assert.equal(streams, 3);
});

test("a stream that ends for another reason is not opened again", async (t) => {
  let streams = 0;
  const authority = await connect(t, {
    validateStream: (call: ValidateCall) => {
      streams += 1;
      call.emit("error", failure("PERMISSION_DENIED", "CALLER_NOT_ALLOWED"));
    },
  });
  const stream = authority.validateStream();
  await assert.rejects(
    stream.validate("t"),
    (error) => error instanceof NoVerdict && error.reason === "CALLER_NOT_ALLOWED",
  );
  stream.close();
  assert.equal(streams, 1);
});

test("a request that gets no response is no verdict after its time limit", async (t) => {
  const authority = await connect(t, { validateStream: (call: ValidateCall) => call.resume() });
  const stream = authority.validateStream({ timeoutMs: 100 });
  await assert.rejects(
    stream.validate("t"),
    (error) => error instanceof NoVerdict && error.code === "DEADLINE_EXCEEDED",
  );
  stream.close();
});

test("no more requests are in flight than allowed", async (t) => {
  const waiting: [ValidateCall, ValidateStreamRequest][] = [];
  let most = 0;
  const authority = await connect(t, {
    validateStream: (call: ValidateCall) => {
      call.on("data", (request: ValidateStreamRequest) => {
        waiting.push([call, request]);
        most = Math.max(most, waiting.length);
        setImmediate(() => {
          accept(...waiting.shift()!);
        });
      });
      call.on("end", () => {
        call.end();
      });
    },
  });
  const stream = authority.validateStream({ maxInFlight: 4 });
  const sessions = await Promise.all(Array.from({ length: 50 }, (_, index) => stream.validate(String(index))));
  stream.close();
  assert.deepEqual(
    sessions.map(({ userId }) => userId),
    Array.from({ length: 50 }, (_, index) => String(index)),
  );
  assert.ok(most > 1 && most <= 4, String(most));
  await assert.rejects(stream.validate("late"), NoVerdict);
});

test("many tokens are validated by the real server over one stream", async (t) => {
  const server = await TestServer.start();
  const authority = server.connect();
  t.after(async () => {
    authority.close();
    await server.stop();
  });
  const { token } = await authority.create({ userId: "ann" });
  const requests = Array.from({ length: 500 }, (_, index) => ({ token: index % 2 === 0 ? token : "nonsense" }));
  const results = await authority.validateMany(requests, { timeoutMs: 120_000 });
  results.forEach((result, index) => {
    const isExpected =
      index % 2 === 0
        ? result.status === "fulfilled" && result.value.userId === "ann"
        : result.status === "rejected" && result.reason instanceof Rejected;
    assert.ok(isExpected, result.status === "rejected" ? String(result.reason) : result.value.userId);
  });
});

test("a client survives a restart of the server, and so do its streams", async (t) => {
  const data = mkdtempSync(join(tmpdir(), "session-authority-"));
  const server = await TestServer.start({ data });
  const authority = server.connect();
  t.after(async () => {
    authority.close();
    await server.stop();
    rmSync(data, { recursive: true });
  });
  const { token } = await authority.create({ userId: "ann" });
  const stream = authority.validateStream({ timeoutMs: 60_000 });
  const alerts = authority.alerts();
  const next = alerts.next();
  await stream.validate(token);
  while (alerts.cursor === undefined) {
    await new Promise(setImmediate);
  }
  await server.stop();
  await assert.rejects(authority.validate(token), NoVerdict);
  await server.restart();
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      assert.equal((await authority.validate(token)).userId, "ann");
      break;
    } catch (error) {
      assert.ok(error instanceof NoVerdict && Date.now() < deadline, String(error));
    }
  }
  assert.equal((await stream.validate(token)).userId, "ann");
  stream.close();
  // Reuse of a token that was rotated out twice raises an alert.
  const first = await authority.rotate(token);
  await authority.validate(first.token);
  const second = await authority.rotate(first.token);
  await authority.validate(second.token);
  await assert.rejects(authority.validate(token), Rejected);
  const item = await next;
  assert.ok(item.done !== true);
  assert.equal(item.value.alert?.rule, "ROTATED_TOKEN_REUSE");
  alerts.close();
});
