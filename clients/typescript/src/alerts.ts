import type { ClientReadableStream, ServiceError } from "@grpc/grpc-js";
import { Backoff, sleep } from "./backoff.js";
import type { Connection } from "./connection.js";
import { fromPlain, toPlain } from "./convert.js";
import { CallError, type StatusCode } from "./errors.js";
import type { Alert, Gap, Heartbeat, StreamAlertsRequest } from "./gen/types.js";
import {
  StreamAlertsRequestSchema,
  StreamAlertsResponseSchema,
  type StreamAlertsResponse,
} from "./gen/session/v1/session_service_pb.js";
import { methods } from "./methods.js";
import { toCallError } from "./status.js";

const MAX_SILENCE_MS = 45_000;
const REMEMBERED_ALERTS = 1000;
// The same request cannot succeed later.
const FINAL_CODES: ReadonlySet<StatusCode> = new Set<StatusCode>([
  "INVALID_ARGUMENT",
  "PERMISSION_DENIED",
  "UNAUTHENTICATED",
  "UNIMPLEMENTED",
]);

/** An alert, or a gap: alerts that cannot be delivered, except those of the reason `slow_consumer`, which follow.
 * `cursor` is what to store after handling the item. */
export type AlertItem =
  | { readonly alert: Alert; readonly gap?: undefined; readonly cursor: string }
  | { readonly gap: Gap; readonly alert?: undefined; readonly cursor: string };

interface AlertMessage {
  readonly alert?: Alert;
  readonly heartbeat?: Heartbeat;
  readonly gap?: Gap;
}

/**
 * The alerts of the installation, in order. It starts with the first call of `next`. When the stream ends, it opens
 * another one from the latest cursor, so that nothing is missed; repeats of recent alerts are left out. It ends only with
 * `close`, or with a CallError that no repeat can avoid.
 *
 * Store `cursor` of each item after handling it, or {@link AlertStream.cursor} now and then, and pass the stored one as
 * `resumeCursor` after a restart.
 */
export class AlertStream implements AsyncIterableIterator<AlertItem> {
  readonly #connection: Connection;
  readonly #request: StreamAlertsRequest;
  readonly #closing = new AbortController();
  readonly #items: AsyncGenerator<AlertItem, undefined>;
  readonly #seen = new Set<string>();
  /** The position after what was read. */
  #readCursor: string;
  /** The position after what was returned. */
  #cursor: string;

  /** @internal Use `SessionAuthority.alerts`. */
  constructor(connection: Connection, request: StreamAlertsRequest) {
    fromPlain(StreamAlertsRequestSchema, request);
    this.#connection = connection;
    this.#request = request;
    this.#readCursor = this.#cursor = request.resumeCursor ?? "";
    this.#items = this.#readAhead();
  }

  /** The position after the items returned so far, and after what the filters excluded. It moves on with heartbeats,
   * also between calls of `next`. Undefined before the first message of the server. */
  get cursor(): string | undefined {
    return this.#cursor === "" ? undefined : this.#cursor;
  }

  /** Returns the next alert or gap; it waits until there is one. */
  next(): Promise<IteratorResult<AlertItem, undefined>> {
    return this.#items.next();
  }

  /** Ends the stream. A loop that is left calls this. */
  return(): Promise<IteratorResult<AlertItem, undefined>> {
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Returns the stream itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Ends the stream. A pending `next` returns the end. */
  close(): void {
    this.#closing.abort();
  }

  /** Reads up to one item ahead, so that heartbeats move the cursor while an item is handled. */
  async *#readAhead(): AsyncGenerator<AlertItem, undefined> {
    const items = this.#run();
    for (let ahead = items.next(); ;) {
      const item = await ahead;
      if (item.done === true || this.#closing.signal.aborted) {
        return undefined;
      }
      this.#cursor = item.value.cursor;
      ahead = items.next();
      // The next iteration reports the error.
      ahead.catch(() => undefined);
      yield item.value;
    }
  }

  async *#run(): AsyncGenerator<AlertItem, undefined> {
    const { signal } = this.#closing;
    const backoff = new Backoff(100, 5000);
    while (!signal.aborted) {
      let waitMs = 0;
      const call = this.#open();
      const cancel = () => {
        call.cancel();
      };
      signal.addEventListener("abort", cancel);
      try {
        for await (const message of readMessages(call)) {
          backoff.reset();
          const item = this.#receive(message);
          if (item !== undefined) {
            yield item;
          }
        }
      } catch (error) {
        const failure = error instanceof CallError ? error : toCallError("StreamAlerts", error as ServiceError);
        if (!this.#closing.signal.aborted && FINAL_CODES.has(failure.code)) {
          throw failure;
        }
        waitMs = failure.retryAfterMs ?? 0;
      } finally {
        signal.removeEventListener("abort", cancel);
        call.cancel();
      }
      await sleep(Math.max(waitMs, backoff.next()), signal).catch(() => undefined);
    }
    return undefined;
  }

  #open(): ClientReadableStream<StreamAlertsResponse> {
    const start = this.#readCursor === "" ? {} : { resumeCursor: this.#readCursor, fromStart: undefined };
    const request = fromPlain(StreamAlertsRequestSchema, { ...this.#request, ...start });
    return this.#connection.openServerStream(methods.streamAlerts, request);
  }

  #receive({ alert, heartbeat, gap }: AlertMessage): AlertItem | undefined {
    if (alert !== undefined && !this.#isRepeat(alert)) {
      this.#readCursor = alert.cursor;
      return { alert, cursor: alert.cursor };
    }
    if (gap !== undefined) {
      // After the gap of a slow consumer the stream resumes before it, so nothing is missed.
      const next = gap.reason === "slow_consumer" ? gap.fromCursor : gap.toCursor;
      this.#readCursor = next === "" ? this.#readCursor : next;
      return { gap, cursor: this.#readCursor };
    }
    this.#readCursor = this.#cursor = alert?.cursor ?? heartbeat?.cursor ?? this.#readCursor;
    return undefined;
  }

  #isRepeat({ alertId }: Alert): boolean {
    if (this.#seen.has(alertId)) {
      return true;
    }
    this.#seen.add(alertId);
    if (this.#seen.size > REMEMBERED_ALERTS) {
      const [oldest] = this.#seen;
      this.#seen.delete(oldest as string);
    }
    return false;
  }
}

/** Reads a stream, and fails if the server is silent for longer than any heartbeat takes. */
async function* readMessages(call: ClientReadableStream<StreamAlertsResponse>): AsyncGenerator<AlertMessage, void> {
  // The iterator reports errors; one that arrives after it has ended concerns nobody.
  call.on("error", () => undefined);
  const messages = call[Symbol.asyncIterator]() as AsyncIterator<StreamAlertsResponse, undefined>;
  for (;;) {
    const message = await nextMessage(call, messages);
    if (message.done === true) {
      return;
    }
    yield toPlain<AlertMessage>(StreamAlertsResponseSchema, message.value);
  }
}

async function nextMessage(
  call: ClientReadableStream<StreamAlertsResponse>,
  messages: AsyncIterator<StreamAlertsResponse, undefined>,
): Promise<IteratorResult<StreamAlertsResponse, undefined>> {
  const silence = new AbortController();
  const watchdog = setTimeout(() => {
    silence.abort();
    call.cancel();
  }, MAX_SILENCE_MS);
  try {
    return await messages.next();
  } catch (error) {
    throw silence.signal.aborted
      ? new CallError({ method: "StreamAlerts", code: "UNAVAILABLE", message: "no heartbeat arrived" })
      : error;
  } finally {
    clearTimeout(watchdog);
  }
}
