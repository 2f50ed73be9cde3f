// The adapter of the conformance runner: the library as operations in JSON lines on stdin and stdout. It contains no
// expectation of its own; clients/conformance has the cases and judges the results.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { inspect, format } from "node:util";
import type { DescMethod, JsonObject, JsonValue } from "@bufbuild/protobuf";
import {
  CallError,
  ConfigurationError,
  NoVerdict,
  Rejected,
  SessionAuthority,
  SessionToken,
  StepUpRequired,
  type AlertItem,
  type AlertStream,
  type Notification,
  type ValidatedSession,
} from "@session-authority/client";
import { AdminService } from "../src/gen/session/v1/admin_service_pb.js";
import { AlertSchema, GapSchema } from "../src/gen/session/v1/alert_pb.js";
import { DenylistService } from "../src/gen/session/v1/denylist_service_pb.js";
import { NotificationSchema, NotificationService } from "../src/gen/session/v1/notification_service_pb.js";
import { SessionSchema } from "../src/gen/session/v1/session_pb.js";
import {
  SessionService,
  StreamAlertsRequestSchema,
  ValidateRequestSchema,
} from "../src/gen/session/v1/session_service_pb.js";
import { WebhookService } from "../src/gen/session/v1/webhook_service_pb.js";
import { readRequest, writeDuration, writeResponse } from "./messages.js";

// The runner sends what it likes, and the library has to cope with it, so the types end here.
/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return */

interface Operation {
  readonly id: number;
  readonly op: string;
  readonly [argument: string]: any;
}

interface OpenStream {
  readonly alerts: AlertStream;
  pending: Promise<IteratorResult<AlertItem, undefined>> | undefined;
}

/** A value that the other side waits for. */
class Handover<T> {
  readonly #values: T[] = [];
  readonly #takers: ((value: T) => void)[] = [];

  put(value: T): void {
    const taker = this.#takers.shift();
    if (taker === undefined) {
      this.#values.push(value);
    } else {
      taker(value);
    }
  }

  take(): Promise<T> {
    const value = this.#values.shift();
    return value === undefined ? new Promise((resolve) => this.#takers.push(resolve)) : Promise.resolve(value);
  }
}

/** A consumer whose handler waits for operations. */
interface OpenConsumer {
  readonly stopping: AbortController;
  readonly begun: Handover<Notification>;
  readonly finished: Handover<{ readonly fails: boolean }>;
  readonly end: Promise<void>;
  pending: Promise<Notification> | undefined;
}

const consumers = new Map<string, OpenConsumer>();
const clients = new Map<string, SessionAuthority>();
const streams = new Map<string, OpenStream>();

const methods = new Map<string, DescMethod>(
  [SessionService, AdminService, DenylistService, NotificationService, WebhookService].flatMap((service) =>
    service.methods.map((method) => [method.name, method]),
  ),
);

/** Calls the library's own method for an RPC. */
async function call(client: SessionAuthority, method: string, request: any, options: object): Promise<object> {
  switch (method) {
    case "Create":
      return client.create(request, options);
    case "Update":
      return client.update(
        request.sessionId ?? "",
        changesOf(request),
        { ifRevision: request.ifRevision, rotate: request.rotate },
        options,
      );
    case "Rotate":
      return client.rotate(request.token ?? "", { client: request.client }, options);
    case "Get":
      return { session: await client.get(request, options) };
    case "Touch":
      return { sessions: await client.touch(request.touches ?? [], options) };
    case "List":
      return { sessions: await client.list(request, options) };
    case "Revoke":
      return client.revoke(request, options);
    case "RevokeAll":
      return client.revokeAll(request, options);
    case "ReportAuthEvent":
      return client.reportAuthEvent(request, options);
    case "AckAlert":
      return client.ackAlert(request, options);
    case "SearchSessions":
      return client.admin.searchSessions(request, options);
    case "ListEvents":
      return client.admin.listEvents(request, options);
    case "ListAlerts":
      return client.admin.listAlerts(request, options);
    case "ListTenants":
      return client.admin.listTenants(request, options);
    case "ListNodes":
      return client.admin.listNodes(request, options);
    case "GetStats":
      return client.admin.getStats(request, options);
    case "Purge":
      return client.admin.purge(options);
    case "ForgetUser":
      return client.admin.forgetUser(request, options);
    case "ListCredentials":
      return client.admin.listCredentials(options);
    case "Deny":
      return client.denylist.deny(request, options);
    case "Check":
      return client.denylist.check(request, options);
    case "Lease":
      return client.notifications.lease(request, options);
    case "Ack":
      return client.notifications.ack(request, options);
    case "Extend":
      return client.notifications.extend(request, options);
    case "AnswerLink":
      return client.notifications.answerLink(request, options);
    case "GetQueueStats":
      return client.notifications.getQueueStats(request, options);
    case "Requeue":
      return client.notifications.requeue(request, options);
    case "ListWebhooks":
      return client.webhooks.listWebhooks(options);
    case "AddWebhook":
      return client.webhooks.addWebhook(request, options);
    case "UpdateWebhook":
      return client.webhooks.updateWebhook(request, options);
    case "RemoveWebhook":
      return client.webhooks.removeWebhook(request, options);
    case "TestWebhook":
      return client.webhooks.testWebhook(request, options);
    case "EnableWebhook":
      return client.webhooks.enableWebhook(request, options);
    case "ListDeadLetters":
      return client.webhooks.listDeadLetters(request, options);
    case "ReplayWebhook":
      return client.webhooks.replayWebhook(request, options);
    default:
      throw new Error(`unknown method ${method}`);
  }
}

/** Returns the changes of an UpdateRequest: a field that is in the mask and unset is cleared. */
function changesOf({ session = {}, updateMask }: any): object {
  const paths: string[] = updateMask?.paths ?? [];
  const names = paths.map((path) => path.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()));
  return Object.fromEntries(names.map((name) => [name, session[name] ?? null]));
}

const operations: Record<string, (operation: Operation) => Promise<JsonObject> | JsonObject> = {
  connect: ({ client, options }) => {
    const tls = options.tls;
    clients.set(
      client,
      new SessionAuthority({
        address: options.target,
        apiKey: options.api_key ?? undefined,
        tls: tls
          ? {
              ca: readFile(tls.ca_file),
              certificate: readFile(tls.cert_file),
              key: readFile(tls.key_file),
              serverName: tls.server_name ?? undefined,
            }
          : undefined,
        validateTimeoutMs: options.validate_deadline_ms ?? undefined,
        callTimeoutMs: options.call_deadline_ms ?? undefined,
        verdictCache: options.cache
          ? { maxEntries: options.cache.max_entries, maxTtlMs: options.cache.max_ttl_ms }
          : undefined,
      }),
    );
    return {};
  },

  close: ({ client }) => {
    clients.get(client)?.close();
    clients.delete(client);
    return {};
  },

  validate: async ({ client, request, deadline_ms }) => {
    const { token, demands } = readValidation(request);
    return writeSession(await clientOf(client).validate(token, demands, { timeoutMs: deadline_ms }));
  },

  try_validate: async ({ client, request, deadline_ms }) => {
    const { token, demands } = readValidation(request);
    const verdict = await clientOf(client).tryValidate(token, demands, { timeoutMs: deadline_ms });
    switch (verdict.outcome) {
      case "session":
        return { outcome: "session", ...writeSession(verdict.session) };
      case "rejected":
        return { outcome: "rejected", ...writeError(verdict.rejection) };
      case "step_up_required":
        return { outcome: "step_up_required", ...writeError(verdict.stepUp) };
    }
  },

  call: async ({ client, method, request, deadline_ms }) => {
    const desc = methods.get(method);
    if (desc === undefined) {
      throw new Error(`unknown method ${String(method)}`);
    }
    const plain = readRequest(desc.input, request);
    const response = await call(clientOf(client), method, withTokens(plain), { timeoutMs: deadline_ms });
    return { response: writeResponse(desc.output, response) };
  },

  revoke_where: async ({ client, request, deadline_ms }) => {
    const { input, output } = AdminService.method.revokeWhere;
    const plain = readRequest(input, request) as any;
    const responses: JsonValue[] = [];
    for await (const response of clientOf(client).admin.revokeWhere(plain, { timeoutMs: deadline_ms })) {
      responses.push(writeResponse(output, response));
    }
    return { responses };
  },

  validate_many: async ({ client, requests, max_in_flight, deadline_ms }) => {
    const validations = requests.map((request: JsonValue) => {
      const { token, demands } = readValidation(request);
      return { token, ...demands };
    });
    const results = await clientOf(client).validateMany(validations, {
      maxInFlight: max_in_flight,
      timeoutMs: deadline_ms,
    });
    return {
      results: results.map((result) =>
        result.status === "fulfilled" ? writeSession(result.value) : { error: writeError(result.reason) },
      ),
    };
  },

  "alerts.open": ({ client, stream, request }) => {
    const alerts = clientOf(client).alerts(readRequest(StreamAlertsRequestSchema, request));
    // The stream starts with the first item that is asked for.
    const pending = alerts.next();
    pending.catch(() => undefined);
    streams.set(stream, { alerts, pending });
    return {};
  },

  "alerts.next": async ({ stream, timeout_ms }) => {
    const open = streamOf(stream);
    // An item that arrives after the time limit is for the next operation.
    const pending = (open.pending ??= open.alerts.next());
    const result = await withTimeout(pending, timeout_ms);
    if (result === undefined) {
      return { timeout: true };
    }
    open.pending = undefined;
    if (result.done === true) {
      throw new Error("the stream has ended");
    }
    const { alert, gap, cursor } = result.value;
    return alert === undefined
      ? { gap: writeResponse(GapSchema, gap), cursor }
      : { alert: writeResponse(AlertSchema, alert), cursor };
  },

  "alerts.cursor": ({ stream }) => {
    const { cursor } = streamOf(stream).alerts;
    return cursor === undefined ? {} : { cursor };
  },

  "alerts.close": ({ stream }) => {
    streamOf(stream).alerts.close();
    streams.delete(stream);
    return {};
  },

  "consumer.start": ({ client, consumer, consume }) => {
    const stopping = new AbortController();
    const begun = new Handover<Notification>();
    const finished = new Handover<{ readonly fails: boolean }>();
    const handler = async (notification: Notification) => {
      begun.put(notification);
      if ((await finished.take()).fails) {
        throw new Error("the mail server is unavailable");
      }
    };
    const end = clientOf(client).notifications.consume(handler, {
      tenantId: consume.tenant_id,
      maxNotifications: consume.max_notifications,
      visibilityTimeoutMs: consume.visibility_timeout_ms,
      pollIntervalMs: consume.poll_interval_ms,
      signal: stopping.signal,
    });
    end.catch(() => undefined);
    consumers.set(consumer, { stopping, begun, finished, end, pending: undefined });
    return {};
  },

  "consumer.next": async ({ consumer, timeout_ms }) => {
    const open = consumerOf(consumer);
    const pending = (open.pending ??= open.begun.take());
    const notification = await withTimeout(pending, timeout_ms);
    if (notification === undefined) {
      return { timeout: true };
    }
    open.pending = undefined;
    return { notification: writeResponse(NotificationSchema, notification) };
  },

  "consumer.finish": ({ consumer, fails }) => {
    consumerOf(consumer).finished.put({ fails: fails === true });
    return {};
  },

  "consumer.stop": ({ consumer }) => {
    consumerOf(consumer).stopping.abort();
    return {};
  },

  "consumer.end": async ({ consumer, timeout_ms }) => {
    const end = consumerOf(consumer).end.then(() => true);
    if ((await withTimeout(end, timeout_ms)) === undefined) {
      throw new Error("the consumer has not ended");
    }
    return {};
  },

  "token.print": async ({ token }) => ({ printed: await print(SessionToken.from(token)) }),

  "token.reveal": ({ token }) => ({ token: SessionToken.from(token).reveal() }),
};

/** Returns every way in which the language prints a token. */
async function print(token: SessionToken): Promise<string[]> {
  const request = { token, userId: "ann" };
  const client = new SessionAuthority({ address: "127.0.0.1:1", validateTimeoutMs: 100 });
  const failure: unknown = await client.validate(token).catch((error: unknown) => error);
  client.close();
  return [
    String(token),
    // eslint-disable-next-line @typescript-eslint/restrict-template-expressions
    `${token}`,
    // eslint-disable-next-line @typescript-eslint/restrict-plus-operands
    "" + token,
    token.toString(),
    JSON.stringify(token),
    JSON.stringify(request),
    inspect(token, { showHidden: true, depth: 10, getters: true }),
    inspect(request, { showHidden: true, depth: 10, getters: true }),
    inspect([token]),
    format("%s", token),
    format("%o", token),
    format("%O", request),
    format("%j", request),
    inspect(failure, { showHidden: true, depth: 10, getters: true }),
    JSON.stringify(Object.entries(token)),
    Object.getOwnPropertyNames(token).join(),
  ];
}

function writeSession(session: ValidatedSession): JsonObject {
  const { rotateAfter } = session;
  const json = { session: writeResponse(SessionSchema, session) };
  return rotateAfter === undefined ? json : { ...json, rotate_after: rotateAfter.toISOString() };
}

function writeError(error: unknown): JsonObject {
  if (error instanceof Rejected) {
    return compact({
      type: "rejected",
      reason: error.reason,
      message: error.message,
      ended_at: error.endedAt?.toISOString(),
      actor: error.actor,
      stated_reason: error.statedReason,
      session_id: error.sessionId,
    });
  }
  if (error instanceof StepUpRequired) {
    return compact({
      type: "step_up_required",
      message: error.message,
      session_id: error.sessionId,
      required_assurance_level: error.requiredAssuranceLevel,
      required_max_auth_age:
        error.requiredMaxAuthAgeMs === undefined ? undefined : writeDuration(error.requiredMaxAuthAgeMs),
    });
  }
  if (error instanceof CallError) {
    return compact({
      type: error instanceof NoVerdict ? "no_verdict" : "call",
      code: error.code,
      reason: error.reason,
      message: error.message,
      metadata: { ...error.metadata },
      fields: error.fields.map(({ field, description }) => ({ field, description })),
      retry_after: error.retryAfterMs === undefined ? undefined : writeDuration(error.retryAfterMs),
    });
  }
  const type = error instanceof ConfigurationError ? "configuration" : "adapter";
  return { type, message: error instanceof Error ? error.message : String(error) };
}

function compact(fields: Record<string, JsonValue | undefined>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined),
  );
}

function readValidation(request: JsonValue): { token: SessionToken; demands: object } {
  const { token = "", ...demands } = readRequest(ValidateRequestSchema, request);
  return { token: SessionToken.from(token as string), demands };
}

function withTokens(plain: any): object {
  const wrapped = { ...plain };
  for (const name of ["token", "exceptToken"]) {
    if (typeof wrapped[name] === "string") {
      wrapped[name] = SessionToken.from(wrapped[name]);
    }
  }
  return wrapped;
}

function clientOf(name: string): SessionAuthority {
  const client = clients.get(name);
  if (client === undefined) {
    throw new Error(`no client ${name}`);
  }
  return client;
}

function consumerOf(name: string): OpenConsumer {
  const consumer = consumers.get(name);
  if (consumer === undefined) {
    throw new Error(`no consumer ${name}`);
  }
  return consumer;
}

function streamOf(name: string): OpenStream {
  const stream = streams.get(name);
  if (stream === undefined) {
    throw new Error(`no stream ${name}`);
  }
  return stream;
}

function readFile(path: string | null | undefined): Buffer | undefined {
  try {
    return path ? readFileSync(path) : undefined;
  } catch (error) {
    throw new ConfigurationError(`cannot read ${String(path)}`, { cause: error });
  }
}

/** Returns the result, or undefined if it takes longer. */
async function withTimeout<T>(pending: Promise<T>, ms: number): Promise<T | undefined> {
  const timeout = new AbortController();
  try {
    return await Promise.race([pending, timer(ms, timeout.signal)]);
  } finally {
    timeout.abort();
  }
}

function timer(ms: number, signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const timeout = setTimeout(resolve, ms, undefined);
    signal.addEventListener("abort", () => {
      clearTimeout(timeout);
    });
  });
}

async function run(operation: Operation): Promise<JsonObject> {
  try {
    const run = operations[operation.op];
    if (run === undefined) {
      throw new Error("unknown op");
    }
    return { id: operation.id, ok: await run(operation) };
  } catch (error) {
    return { id: operation.id, error: writeError(error) };
  }
}

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  void run(JSON.parse(line) as Operation).then((result) => {
    process.stdout.write(`${JSON.stringify(result)}\n`);
  });
});
lines.on("close", () => {
  process.exit(0);
});
