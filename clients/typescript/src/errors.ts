import type { RejectReason } from "./gen/types.js";

/** The canonical names of gRPC status codes, without `OK`. */
export type StatusCode =
  | "CANCELLED"
  | "UNKNOWN"
  | "INVALID_ARGUMENT"
  | "DEADLINE_EXCEEDED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "PERMISSION_DENIED"
  | "RESOURCE_EXHAUSTED"
  | "FAILED_PRECONDITION"
  | "ABORTED"
  | "OUT_OF_RANGE"
  | "UNIMPLEMENTED"
  | "INTERNAL"
  | "UNAVAILABLE"
  | "DATA_LOSS"
  | "UNAUTHENTICATED";

/** An invalid field of a request. */
export interface FieldViolation {
  /** Path of the field in the contract, such as `client.ip`. */
  readonly field: string;
  /** English sentence for developers. */
  readonly description: string;
}

/**
 * Base of all errors of this library. `status` and `headers` are what an HTTP server should respond with; Express and
 * Fastify use them for an error that a handler does not catch.
 */
export abstract class SessionAuthorityError extends Error {
  /** HTTP status of the response for this error. */
  abstract readonly status: number;

  /** The same as `status`, under the name that Fastify reads. */
  get statusCode(): number {
    return this.status;
  }
}

/** The options of a client cannot be used. Thrown before anything is sent. */
export class ConfigurationError extends SessionAuthorityError {
  override readonly name = "ConfigurationError";
  readonly status = 500;
}

/** The facts of a rejection. */
export interface RejectionDetails {
  readonly reason: RejectReason;
  readonly message: string;
  readonly endedAt?: Date | undefined;
  readonly actor?: string | undefined;
  readonly statedReason?: string | undefined;
  readonly sessionId?: string | undefined;
}

/** The verdict is no: the token opens no session, or not for this request. The user must sign in. */
export class Rejected extends SessionAuthorityError {
  override readonly name = "Rejected";
  readonly status = 401;
  /** Reason of the rejection. A reason that this release does not know is `UNKNOWN`. */
  readonly reason: RejectReason;
  /** When the session ended. Undefined if it has not ended. */
  readonly endedAt: Date | undefined;
  /** Who ended the session, as stated by the call that ended it. */
  readonly actor: string | undefined;
  /** Why the session ended, in the words of the call that ended it. */
  readonly statedReason: string | undefined;
  /** The session to which the token belongs or belonged. */
  readonly sessionId: string | undefined;

  constructor(details: RejectionDetails) {
    super(details.message);
    this.reason = details.reason;
    this.endedAt = details.endedAt;
    this.actor = details.actor;
    this.statedReason = details.statedReason;
    this.sessionId = details.sessionId;
  }
}

/**
 * The session is active, but this request demands a newer or stronger authentication. Ask the user to authenticate
 * again and record that with `update`; do not sign the user out.
 */
export class StepUpRequired extends SessionAuthorityError {
  override readonly name = "StepUpRequired";
  readonly status = 403;
  readonly sessionId: string;
  /** The required assurance level, which the session does not have. Undefined if the level is sufficient. */
  readonly requiredAssuranceLevel: number | undefined;
  /** The maximum age of the authentication, which the session exceeds. Undefined if the age is acceptable. */
  readonly requiredMaxAuthAgeMs: number | undefined;

  constructor(details: {
    readonly message: string;
    readonly sessionId: string;
    readonly requiredAssuranceLevel?: number | undefined;
    readonly requiredMaxAuthAgeMs?: number | undefined;
  }) {
    super(details.message);
    this.sessionId = details.sessionId;
    this.requiredAssuranceLevel = details.requiredAssuranceLevel;
    this.requiredMaxAuthAgeMs = details.requiredMaxAuthAgeMs;
  }
}

/** The facts of a failed call. */
export interface CallFailure {
  readonly method: string;
  readonly code: StatusCode;
  readonly message: string;
  readonly reason?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly fields?: readonly FieldViolation[] | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly requestId?: string | undefined;
}

/** A call failed. `code` and `reason` say why; proto/session/v1/error_reason.proto documents the reasons. */
export class CallError extends SessionAuthorityError {
  override readonly name: string = "CallError";
  /** Name of the method, such as `Create`. */
  readonly method: string;
  /** Status code of the call. */
  readonly code: StatusCode;
  /** Reason, such as `SESSION_NOT_FOUND`. Undefined if the server did not send the error. */
  readonly reason: string | undefined;
  /** Values that the reason documents. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Every invalid field, with `INVALID_ARGUMENT`. */
  readonly fields: readonly FieldViolation[];
  /** How long to wait before the next attempt. */
  readonly retryAfterMs: number | undefined;
  /** The `x-request-id` of the response, under which the server's log has the call. */
  readonly requestId: string | undefined;
  readonly #failure: CallFailure;

  constructor(failure: CallFailure) {
    super(describe(failure));
    this.#failure = failure;
    this.method = failure.method;
    this.code = failure.code;
    this.reason = failure.reason;
    this.metadata = failure.metadata ?? {};
    this.fields = failure.fields ?? [];
    this.retryAfterMs = failure.retryAfterMs;
    this.requestId = failure.requestId;
  }

  get status(): number {
    switch (this.code) {
      case "UNAVAILABLE":
      case "DEADLINE_EXCEEDED":
      case "RESOURCE_EXHAUSTED":
        return 503;
      default:
        return 500;
    }
  }

  /** Returns this failure as that of a validation. */
  toNoVerdict(): NoVerdict {
    return new NoVerdict(this.#failure);
  }

  /** Headers of the HTTP response for this error. */
  get headers(): Record<string, string> {
    return this.status === 503 ? { "retry-after": retryAfterSeconds(this.retryAfterMs) } : {};
  }
}

/**
 * There is no verdict: whether the token opens a session is unknown. Respond with 503 and leave the cookie alone. Never
 * treat it as "signed out", nor as "signed in".
 */
export class NoVerdict extends CallError {
  override readonly name = "NoVerdict";

  override get status(): number {
    return 503;
  }
}

/** Returns the value of `Retry-After`: whole seconds, at least 1. */
export function retryAfterSeconds(retryAfterMs: number | undefined): string {
  return String(Math.max(1, Math.ceil((retryAfterMs ?? 0) / 1000)));
}

function describe(failure: CallFailure): string {
  const reason = failure.reason === undefined ? "" : ` (${failure.reason})`;
  return `${failure.method} failed with ${failure.code}${reason}: ${failure.message}`;
}
