import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CallError,
  NotificationsClient,
  type ConsumeOptions,
  type NotificationHandler,
} from "@session-authority/client";

/** Stands for a connection whose queue has some leases. */
class FakeQueue {
  readonly acknowledged: string[] = [];
  readonly givenBack: string[] = [];
  readonly failures: unknown[] = [];
  readonly stopping = new AbortController();
  refusedIds: readonly string[] = [];
  extended = 0;
  readonly #leases: (readonly string[] | CallError)[];

  constructor(...leases: (readonly string[] | CallError)[]) {
    this.#leases = leases;
  }

  callPlain({ name }: { name: string }, request: Record<string, unknown>): Promise<object> {
    const ids = (request["notificationIds"] ?? []) as readonly string[];
    switch (name) {
      case "Lease":
        return this.#lease();
      case "Ack":
        this.acknowledged.push(...ids);
        return Promise.resolve({});
      default:
        if (request["visibilityTimeoutMs"] === 0) {
          this.givenBack.push(...ids);
        } else {
          this.extended += 1;
        }
        return Promise.resolve({ refusedIds: this.refusedIds });
    }
  }

  /** Consumes the leases, and stops when the queue is empty. */
  consume(handler: NotificationHandler, options: ConsumeOptions = {}): Promise<void> {
    const client = new NotificationsClient(this as never, () => undefined);
    const { signal } = this.stopping;
    const onError = (error: unknown) => {
      this.failures.push(error);
    };
    return client.consume(handler, { signal, onError, pollIntervalMs: 1, ...options });
  }

  #lease(): Promise<object> {
    const lease = this.#leases.shift();
    if (lease instanceof CallError) {
      return Promise.reject(lease);
    }
    if (lease === undefined) {
      this.stopping.abort();
    }
    const notifications = (lease ?? []).map((notificationId) => ({ notificationId }));
    return Promise.resolve({ leaseId: "l", notifications });
  }
}

const failure = (code: CallError["code"]) => new CallError({ method: "Lease", code, message: "made to fail" });

const untilAborted: NotificationHandler = (_, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => {
      reject(signal.reason as Error);
    });
  });

test("what the handler delivers is acknowledged, and a failure is left to its lease", async () => {
  const queue = new FakeQueue(["a", "b", "c"]);
  await queue.consume(({ notificationId }) => {
    if (notificationId === "b") {
      throw new Error("the mail server is unavailable");
    }
  });
  assert.deepEqual([queue.acknowledged, queue.givenBack, queue.failures.length], [["a", "c"], [], 1]);
});

test("a consumer that stops gives back what it has not begun", async () => {
  const queue = new FakeQueue(["a", "b", "c"]);
  await queue.consume(() => {
    queue.stopping.abort();
  });
  assert.deepEqual([queue.acknowledged, queue.givenBack], [["a"], ["b", "c"]]);
});

test("a refused lease ends the consumer, and an outage does not", async () => {
  await assert.rejects(
    new FakeQueue(failure("PERMISSION_DENIED")).consume(() => undefined),
    CallError,
  );
  const queue = new FakeQueue(failure("UNAVAILABLE"), ["a"]);
  await queue.consume(() => undefined);
  assert.deepEqual([queue.acknowledged, queue.failures.length], [["a"], 1]);
});

test("the signal of a handler is aborted when its notification is withdrawn, and when it takes too long", async () => {
  const withdrawn = new FakeQueue(["a"]);
  withdrawn.refusedIds = ["a"];
  await withdrawn.consume(untilAborted, { visibilityTimeoutMs: 30 });
  assert.deepEqual([withdrawn.acknowledged, withdrawn.givenBack, withdrawn.extended], [[], [], 1]);
  const tooLong = new FakeQueue(["a"]);
  await tooLong.consume(untilAborted, { maxHandlingTimeMs: 10 });
  assert.deepEqual([tooLong.acknowledged, tooLong.givenBack], [[], []]);
});

test("nothing is begun after the lease has ended", async () => {
  const queue = new FakeQueue(["a", "b"]);
  const begun: string[] = [];
  await queue.consume(
    ({ notificationId }) => {
      begun.push(notificationId);
      const end = performance.now() + 30;
      while (performance.now() < end);
    },
    { visibilityTimeoutMs: 20 },
  );
  assert.deepEqual([begun, queue.givenBack], [["a"], ["b"]]);
});
