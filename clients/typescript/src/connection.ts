import {
  Client,
  credentials,
  Metadata,
  type ChannelCredentials,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ServiceError,
} from "@grpc/grpc-js";
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { Backoff, sleep } from "./backoff.js";
import { fromPlain, toPlain } from "./convert.js";
import { CallError, ConfigurationError } from "./errors.js";
import type { Method } from "./methods.js";
import { checkOptions, type ClientOptions, type Configuration, type TlsOptions } from "./options.js";
import { toCallError } from "./status.js";

const MAX_ATTEMPTS = 3;
const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 200;
// An attempt that begins with less time left cannot succeed.
const MIN_REMAINING_MS = 10;
// An operator must act first, so a retry cannot succeed.
const PERMANENT_REASONS: ReadonlySet<string> = new Set(["STORE_NOT_BOUND", "AUDIT_WENT_BACK"]);

/** Settings of one call. */
export interface CallOptions {
  /** Time limit of the call, with all attempts, in milliseconds. Replaces the one of the client. */
  readonly timeoutMs?: number | undefined;
  /** Cancels the call. It then rejects with the reason of the signal, and may have taken effect. */
  readonly signal?: AbortSignal | undefined;
  /** Sent as `x-request-id`: 1 to 128 visible ASCII characters. The server's log and the audit events have it. */
  readonly requestId?: string | undefined;
  /** Sent as `traceparent` (W3C Trace Context). */
  readonly traceparent?: string | undefined;
}

/** A connection to the server: authenticates calls, limits their time, retries what may be repeated. */
export class Connection {
  readonly configuration: Configuration;
  readonly #client: Client;
  readonly #metadata: Metadata;

  constructor(options: ClientOptions) {
    this.configuration = checkOptions(options);
    this.#metadata = new Metadata();
    if (this.configuration.apiKey !== undefined) {
      this.#metadata.set("authorization", `Bearer ${this.configuration.apiKey}`);
    }
    const { tls, loadBalancing } = this.configuration;
    this.#client = new Client(this.configuration.address, createCredentials(tls), {
      "grpc.keepalive_time_ms": 30_000,
      "grpc.keepalive_timeout_ms": 10_000,
      "grpc.keepalive_permit_without_calls": 1,
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": 1000,
      // Retries are those of `call`, which knows the reasons.
      "grpc.enable_retries": 0,
      "grpc.service_config_disable_resolution": 1,
      "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ [loadBalancing]: {} }] }),
      ...(tls?.serverName === undefined
        ? {}
        : { "grpc.ssl_target_name_override": tls.serverName, "grpc.default_authority": tls.serverName }),
    });
  }

  /** Calls a method with plain objects, as `call`. */
  async callPlain<T>(method: Method, request: object, options: CallOptions | undefined): Promise<T> {
    const response = await this.call(method, fromPlain(method.input, request), options);
    return toPlain(method.output, response);
  }

  /** Calls a method. Repeats the call after UNAVAILABLE if it is repeatable and time remains. Rejects with a
   * CallError. */
  async call<I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    request: MessageShape<I>,
    options: CallOptions = {},
  ): Promise<MessageShape<O>> {
    const metadata = this.#metadataOf(options);
    const deadline = Date.now() + (options.timeoutMs ?? this.#timeoutMs(method));
    const backoff = new Backoff(FIRST_RETRY_MS, MAX_RETRY_MS);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#send(method, request, metadata, deadline, options.signal);
      } catch (error) {
        const wait = backoff.next();
        const remaining = deadline - Date.now() - wait;
        if (!method.isRepeatable || attempt === MAX_ATTEMPTS || !isTransient(error) || remaining < MIN_REMAINING_MS) {
          throw error;
        }
        await sleep(wait, options.signal);
      }
    }
  }

  /** Opens a stream of responses. It has no time limit. Reading it throws errors of grpc-js: see `toCallError`. */
  openServerStream<I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    request: MessageShape<I>,
    options: CallOptions = {},
  ): ClientReadableStream<MessageShape<O>> {
    const call = this.#client.makeServerStreamRequest(
      method.path,
      method.serialize,
      method.deserialize,
      request,
      this.#metadataOf(options),
      options.timeoutMs === undefined ? {} : { deadline: Date.now() + options.timeoutMs },
    );
    return call;
  }

  /** Opens a stream in both directions. It has no time limit unless there is a deadline. */
  openDuplexStream<I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    deadline: number | undefined,
  ): ClientDuplexStream<MessageShape<I>, MessageShape<O>> {
    return this.#client.makeBidiStreamRequest(
      method.path,
      method.serialize,
      method.deserialize,
      this.#metadata,
      deadline === undefined ? {} : { deadline },
    );
  }

  /** Closes the connection. Calls in flight end as CANCELLED or UNAVAILABLE. */
  close(): void {
    this.#client.close();
  }

  #send<I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    request: MessageShape<I>,
    metadata: Metadata,
    deadline: number,
    signal: AbortSignal | undefined,
  ): Promise<MessageShape<O>> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const cancel = () => {
        call.cancel();
      };
      const call = this.#client.makeUnaryRequest(
        method.path,
        method.serialize,
        method.deserialize,
        request,
        metadata,
        { deadline },
        (error: ServiceError | null, response?: MessageShape<O>) => {
          signal?.removeEventListener("abort", cancel);
          if (error !== null) {
            reject(signal?.aborted === true ? (signal.reason as Error) : toCallError(method.name, error));
          } else if (response === undefined) {
            reject(new CallError({ method: method.name, code: "INTERNAL", message: "the response is empty" }));
          } else {
            resolve(response);
          }
        },
      );
      signal?.addEventListener("abort", cancel, { once: true });
    });
  }

  #metadataOf({ requestId, traceparent }: CallOptions): Metadata {
    if (requestId === undefined && traceparent === undefined) {
      return this.#metadata;
    }
    const metadata = this.#metadata.clone();
    setHeader(metadata, "x-request-id", requestId);
    setHeader(metadata, "traceparent", traceparent);
    return metadata;
  }

  #timeoutMs(method: Pick<Method, "timeout">): number {
    const { validateTimeoutMs, callTimeoutMs, adminTimeoutMs } = this.configuration;
    return { validate: validateTimeoutMs, call: callTimeoutMs, admin: adminTimeoutMs }[method.timeout];
  }
}

/** Returns whether an error says that the same call may succeed when it is sent again. */
export function isTransient(error: unknown): boolean {
  return (
    error instanceof CallError &&
    error.code === "UNAVAILABLE" &&
    !(error.reason !== undefined && PERMANENT_REASONS.has(error.reason))
  );
}

function setHeader(metadata: Metadata, name: string, value: string | undefined): void {
  // The server replaces an invalid value by one of its own, so an invalid one need not be sent.
  if (value !== undefined && /^[\x21-\x7e]{1,128}$/.test(value)) {
    metadata.set(name, value);
  }
}

function createCredentials(tls: TlsOptions | undefined): ChannelCredentials {
  if (tls === undefined) {
    return credentials.createInsecure();
  }
  try {
    return credentials.createSsl(toBuffer(tls.ca), toBuffer(tls.key), toBuffer(tls.certificate));
  } catch (error) {
    throw new ConfigurationError("tls has a certificate or key that cannot be read", { cause: error });
  }
}

function toBuffer(pem: string | Buffer | undefined): Buffer | null {
  return pem === undefined ? null : Buffer.from(pem);
}
