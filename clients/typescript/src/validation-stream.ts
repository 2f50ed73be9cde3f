import type { ClientDuplexStream, ServiceError } from "@grpc/grpc-js";
import { create, type MessageShape } from "@bufbuild/protobuf";
import { Backoff } from "./backoff.js";
import { isTransient, type Connection } from "./connection.js";
import { fromPlain, readDuration } from "./convert.js";
import { CallError, NoVerdict, type CallFailure } from "./errors.js";
import { ErrorReason } from "./gen/session/v1/error_reason_pb.js";
import {
  ValidateRequestSchema,
  ValidateStreamRequestSchema,
  type ValidateFailure,
  type ValidateStreamResponse,
} from "./gen/session/v1/session_service_pb.js";
import { methods } from "./methods.js";
import { statusCode, toCallError } from "./status.js";
import type { SessionToken } from "./token.js";
import {
  missingOutcome,
  readVerdict,
  sessionOf,
  type ValidatedSession,
  type ValidateOptions,
  type Verdict,
} from "./verdict.js";

const METHOD = "ValidateStream";
const MAX_ATTEMPTS = 3;
const DEFAULT_MAX_IN_FLIGHT = 100;

/** Settings of a stream of validations. */
export interface ValidationStreamOptions {
  /** Maximum number of requests without a response. Further ones wait. 100 by default; the server reads at most 128. */
  readonly maxInFlight?: number | undefined;
  /** Time limit of each validation in milliseconds, from the call of `validate`. The one of the client by default. */
  readonly timeoutMs?: number | undefined;
}

interface PendingValidation {
  readonly request: MessageShape<typeof ValidateRequestSchema>;
  readonly resolve: (verdict: Verdict) => void;
  readonly reject: (error: unknown) => void;
  attempts: number;
  timer: NodeJS.Timeout | undefined;
  isSettled: boolean;
}

type Call = ClientDuplexStream<MessageShape<typeof ValidateStreamRequestSchema>, ValidateStreamResponse>;

/**
 * Many validations over one call, for callers that validate very many tokens. When the stream breaks, it opens another
 * one and repeats the requests that have no response, within their time limits.
 *
 * An open stream keeps the process alive: call `close` at the end.
 */
export class ValidationStream {
  readonly #connection: Connection;
  readonly #maxInFlight: number;
  readonly #timeoutMs: number;
  readonly #deadline: number | undefined;
  readonly #backoff = new Backoff(50, 200);
  readonly #inFlight = new Map<bigint, PendingValidation>();
  #waiting: PendingValidation[] = [];
  #call: Call | undefined;
  #nextTag = 1n;
  #isPaused = false;
  #isClosed = false;

  /** @internal Use `SessionAuthority.validateStream`. With a deadline, it holds for the stream and every validation. */
  constructor(connection: Connection, options: ValidationStreamOptions = {}, deadline?: number) {
    this.#connection = connection;
    this.#maxInFlight = Math.max(1, options.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT);
    this.#timeoutMs = options.timeoutMs ?? connection.configuration.validateTimeoutMs;
    this.#deadline = deadline;
  }

  /** Validates a token, as `SessionAuthority.validate`. */
  async validate(token: SessionToken | string, options: ValidateOptions = {}): Promise<ValidatedSession> {
    return sessionOf(await this.tryValidate(token, options));
  }

  /** Validates a token, as `SessionAuthority.tryValidate`. */
  async tryValidate(token: SessionToken | string, options: ValidateOptions = {}): Promise<Verdict> {
    const request = fromPlain(ValidateRequestSchema, { ...options, token });
    if (this.#isClosed) {
      throw noVerdict({ code: "CANCELLED", message: "the stream is closed" });
    }
    return new Promise((resolve, reject) => {
      const pending: PendingValidation = {
        request,
        resolve,
        reject,
        attempts: 0,
        timer: undefined,
        isSettled: false,
      };
      pending.timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((other) => other !== pending);
        this.#fail(pending, noVerdict({ code: "DEADLINE_EXCEEDED", message: "no response within the time limit" }));
        this.#endIfDone();
      }, this.#remainingMs());
      this.#waiting.push(pending);
      this.#send();
    });
  }

  /** Closes the stream when every validation so far has its result. */
  close(): void {
    this.#isClosed = true;
    this.#endIfDone();
  }

  #remainingMs(): number {
    return this.#deadline === undefined ? this.#timeoutMs : Math.max(0, this.#deadline - Date.now());
  }

  #send(): void {
    while (!this.#isPaused && this.#inFlight.size < this.#maxInFlight) {
      const pending = this.#waiting.shift();
      if (pending === undefined) {
        return;
      }
      const call = (this.#call ??= this.#open());
      const tag = this.#nextTag++;
      pending.attempts += 1;
      this.#inFlight.set(tag, pending);
      call.write(create(ValidateStreamRequestSchema, { tag, request: pending.request }));
    }
  }

  #open(): Call {
    const call = this.#connection.openDuplexStream(methods.validateStream, this.#deadline);
    call.on("data", (response: ValidateStreamResponse) => {
      this.#receive(response);
    });
    call.on("error", (error: ServiceError) => {
      this.#reopen(call, toCallError(METHOD, error));
    });
    call.on("end", () => {
      // An error follows after the end, if there is one.
      setImmediate(() => {
        this.#reopen(call, undefined);
      });
    });
    return call;
  }

  #receive(response: ValidateStreamResponse): void {
    this.#backoff.reset();
    const pending = this.#inFlight.get(response.tag);
    this.#inFlight.delete(response.tag);
    if (pending !== undefined) {
      this.#settle(pending, response);
    }
    this.#send();
    this.#endIfDone();
  }

  #settle(pending: PendingValidation, { result }: ValidateStreamResponse): void {
    try {
      if (result.case === "response") {
        const verdict = readVerdict(result.value);
        this.#finish(pending, () => {
          pending.resolve(verdict);
        });
        return;
      }
      throw result.case === "failure" ? noVerdict(readFailure(result.value)) : missingOutcome(METHOD);
    } catch (error) {
      this.#retry(pending, error);
    }
  }

  /** Handles the end of a stream: what has no response is sent again if the end says that this can help. */
  #reopen(call: Call, error: CallError | undefined): void {
    if (this.#call !== call) {
      return;
    }
    this.#call = undefined;
    const unanswered = [...this.#inFlight.values()];
    this.#inFlight.clear();
    for (const pending of unanswered) {
      this.#retry(pending, (error ?? noVerdict({ code: "UNAVAILABLE", message: "the stream ended" })).toNoVerdict());
    }
    this.#endIfDone();
  }

  #retry(pending: PendingValidation, error: unknown): void {
    if (!isTransient(error) || pending.attempts >= MAX_ATTEMPTS || pending.isSettled) {
      this.#fail(pending, error);
      return;
    }
    this.#waiting.unshift(pending);
    if (!this.#isPaused) {
      this.#isPaused = true;
      setTimeout(() => {
        this.#isPaused = false;
        this.#send();
      }, this.#backoff.next());
    }
  }

  #fail(pending: PendingValidation, error: unknown): void {
    this.#finish(pending, () => {
      pending.reject(error);
    });
  }

  #finish(pending: PendingValidation, settle: () => void): void {
    if (!pending.isSettled) {
      pending.isSettled = true;
      clearTimeout(pending.timer);
      settle();
    }
  }

  #endIfDone(): void {
    if (
      !this.#isClosed ||
      this.#waiting.length > 0 ||
      [...this.#inFlight.values()].some((pending) => !pending.isSettled)
    ) {
      return;
    }
    const call = this.#call;
    this.#call = undefined;
    call?.end();
  }
}

function noVerdict(failure: Omit<CallFailure, "method">): NoVerdict {
  return new NoVerdict({ method: METHOD, ...failure });
}

function readFailure(failure: ValidateFailure): Omit<CallFailure, "method"> {
  const reason = ErrorReason[failure.reason];
  return {
    code: statusCode(failure.code),
    message: failure.message,
    reason: failure.reason === ErrorReason.UNSPECIFIED ? undefined : reason,
    fields: failure.field === "" ? [] : [{ field: failure.field, description: failure.message }],
    retryAfterMs: readDuration(failure.retryAfter),
  };
}
