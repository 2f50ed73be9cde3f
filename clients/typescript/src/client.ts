import { randomUUID } from "node:crypto";
import type { JsonObject } from "@bufbuild/protobuf";
import { AdminClient } from "./admin.js";
import { AlertStream } from "./alerts.js";
import { Connection, type CallOptions } from "./connection.js";
import { fromPlain, readDuration } from "./convert.js";
import { DenylistClient } from "./denylist.js";
import { ValidateRequestSchema } from "./gen/session/v1/session_service_pb.js";
import type {
  AckAlertRequest,
  AckAlertResponse,
  ClientContext,
  CreateRequest,
  CreateResponse,
  GetRequest,
  GetResponse,
  ListRequest,
  ListResponse,
  ReportAuthEventRequest,
  ReportAuthEventResponse,
  RevokeAllRequest,
  RevokeAllResponse,
  RevokeRequest,
  RevokeResponse,
  RotateResponse,
  Session,
  SessionTouch,
  StreamAlertsRequest,
  TouchedSession,
  TouchResponse,
  UpdateResponse,
} from "./gen/types.js";
import { methods } from "./methods.js";
import { NotificationsClient } from "./notifications.js";
import { optionsFromEnvironment, type ClientOptions } from "./options.js";
import type { SessionToken } from "./token.js";
import { ValidationStream, type ValidationStreamOptions } from "./validation-stream.js";
import { VerdictCache } from "./verdict-cache.js";
import {
  asNoVerdict,
  missingOutcome,
  readRejection,
  readVerdict,
  sessionOf,
  type ValidatedSession,
  type ValidateOptions,
  type Verdict,
} from "./verdict.js";
import { WebhooksClient } from "./webhooks.js";

/** New values of a session. Undefined leaves a field as it is; null, or an empty value, clears it. */
export interface SessionChanges {
  readonly email?: string | null | undefined;
  readonly roles?: readonly string[] | null | undefined;
  readonly data?: JsonObject | null | undefined;
  readonly authMethods?: readonly string[] | null | undefined;
  readonly assuranceLevel?: number | null | undefined;
  readonly authenticatedAt?: Date | undefined;
}

/** Conditions of an update, and what else happens with it. */
export interface UpdateOptions {
  /** Update only if the `revision` of the session equals this one. */
  readonly ifRevision?: number | undefined;
  /** Also replace the token. Do so with every rise of privileges and every new authentication. */
  readonly rotate?: boolean | undefined;
}

/** A session with its new token. */
export interface RotatedSession {
  readonly token: SessionToken;
  readonly session: Session;
}

/** A token to validate among many, with its demands. */
export interface ValidationRequest extends ValidateOptions {
  readonly token: SessionToken | string;
}

/**
 * A client of the session authority. Create one for the process, and close it at the end.
 *
 * - Every call has a time limit, which covers all its attempts.
 * - Calls that may be repeated are repeated up to twice after `UNAVAILABLE`, within the time limit.
 * - Methods that give a verdict throw {@link Rejected}, {@link StepUpRequired} or {@link NoVerdict}; the others throw
 *   {@link CallError}. No method returns a session that may be absent.
 */
export class SessionAuthority {
  /** Searches, statistics and bulk operations, for callers with role `admin`. */
  readonly admin: AdminClient;
  /** Revocation of JWTs by their IDs. */
  readonly denylist: DenylistClient;
  /** Notifications to users, for services that send them. */
  readonly notifications: NotificationsClient;
  /** Endpoints of other systems that receive events and alerts, for callers with role `admin`. */
  readonly webhooks: WebhooksClient;
  readonly #connection: Connection;
  readonly #cache: VerdictCache | undefined;

  /** Connects lazily: the first call opens the connection. Throws ConfigurationError if the options are unusable, or if
   * keys or tokens would leave the machine in plain text. */
  constructor(options: ClientOptions) {
    this.#connection = new Connection(options);
    const { verdictCache } = this.#connection.configuration;
    this.#cache = verdictCache === undefined ? undefined : new VerdictCache(verdictCache);
    this.admin = new AdminClient(this.#connection, () => this.#cache?.clear());
    this.denylist = new DenylistClient(this.#connection);
    this.notifications = new NotificationsClient(this.#connection, () => this.#cache?.clear());
    this.webhooks = new WebhooksClient(this.#connection);
  }

  /** Returns a client for `SESSION_AUTHORITY_SERVER` (`127.0.0.1:50051` by default, or an `https://` URL) with the key
   * `SESSION_AUTHORITY_API_KEY`. */
  static fromEnvironment(options: Partial<ClientOptions> = {}): SessionAuthority {
    return new SessionAuthority({ ...optionsFromEnvironment(process.env), ...options });
  }

  /** Returns the session that a token opens. Throws Rejected, StepUpRequired or NoVerdict. */
  async validate(
    token: SessionToken | string,
    options?: ValidateOptions,
    call?: CallOptions,
  ): Promise<ValidatedSession> {
    return sessionOf(await this.tryValidate(token, options, call));
  }

  /** Returns the verdict on a token as a tagged union. Throws NoVerdict if the token has no verdict. */
  async tryValidate(token: SessionToken | string, options: ValidateOptions = {}, call?: CallOptions): Promise<Verdict> {
    const key = this.#cache?.keyOf(token, options);
    const cached = key === undefined ? undefined : this.#cache?.get(key);
    if (cached !== undefined) {
      return { outcome: "session", session: cached };
    }
    const generation = this.#cache?.generation ?? 0;
    const request = fromPlain(ValidateRequestSchema, { ...options, token });
    const response = await this.#connection.call(methods.validate, request, call).catch((error: unknown) => {
      throw asNoVerdict(error);
    });
    const verdict = readVerdict(response);
    if (key !== undefined && verdict.outcome === "session") {
      this.#cache?.set(key, verdict.session, readDuration(response.cacheTtl), generation);
    }
    return verdict;
  }

  /** Opens a stream for very many validations. Close it at the end. */
  validateStream(options?: ValidationStreamOptions): ValidationStream {
    return new ValidationStream(this.#connection, options);
  }

  /** Validates many tokens over one call, within one time limit for all of them. The results are in the order of the
   * requests; a rejected one has Rejected, StepUpRequired or NoVerdict as its `reason`. */
  async validateMany(
    requests: readonly ValidationRequest[],
    options: ValidationStreamOptions = {},
  ): Promise<PromiseSettledResult<ValidatedSession>[]> {
    const deadline = Date.now() + (options.timeoutMs ?? this.#connection.configuration.validateTimeoutMs);
    const stream = new ValidationStream(this.#connection, options, deadline);
    const results = new Array<PromiseSettledResult<ValidatedSession>>(requests.length);
    const pending = requests.entries();
    const worker = async () => {
      for (const [index, { token, ...demands }] of pending) {
        const [result] = await Promise.allSettled([stream.validate(token, demands)]);
        results[index] = result;
      }
    };
    await Promise.all(Array.from({ length: Math.max(1, options.maxInFlight ?? 100) }, worker));
    stream.close();
    return results;
  }

  /** Creates a session for a user whose credentials were just checked. Without a `requestId` it makes one before the
   * first attempt, so that no repeat of the call creates a second session. */
  create(request: CreateRequest, call?: CallOptions): Promise<CreateResponse> {
    return this.#connection.callPlain(
      methods.create,
      { ...request, requestId: request.requestId || randomUUID() },
      call,
    );
  }

  /** Updates fields of a session. It is never sent twice: after UNAVAILABLE, use `ifRevision` to repeat it. */
  async update(
    sessionId: string,
    changes: SessionChanges,
    options: UpdateOptions = {},
    call?: CallOptions,
  ): Promise<UpdateResponse> {
    const changed = Object.entries(changes).filter(([, value]) => value !== undefined);
    const request = {
      sessionId,
      session: Object.fromEntries(changed.filter(([, value]) => value !== null)),
      updateMask: { paths: changed.map(([name]) => toSnakeCase(name)) },
      ifRevision: options.ifRevision,
      rotate: options.rotate,
    };
    return this.#change(() => this.#connection.callPlain(methods.update, request, call));
  }

  /** Replaces the token of a session. Throws Rejected or NoVerdict, as `validate`. */
  async rotate(
    token: SessionToken | string,
    options: { readonly client?: ClientContext | undefined } = {},
    call?: CallOptions,
  ): Promise<RotatedSession> {
    return this.#change(async () => {
      const request = { token, client: options.client };
      const response = await this.#connection
        .callPlain<RotateResponse>(methods.rotate, request, call)
        .catch((error: unknown) => {
          throw asNoVerdict(error);
        });
      if (response.rejection !== undefined) {
        sessionOf(readRejection(response.rejection));
      }
      if (response.session === undefined || response.token === undefined) {
        throw missingOutcome("Rotate");
      }
      return { token: response.token, session: response.session };
    });
  }

  /** Returns an active session by its ID. Set `userId` when acting for a user. */
  async get(request: GetRequest, call?: CallOptions): Promise<Session> {
    const response = await this.#connection.callPlain<GetResponse>(methods.get, request, call);
    return response.session;
  }

  /** Records activity of sessions, 1 to 1000 in one call. */
  async touch(touches: readonly SessionTouch[], call?: CallOptions): Promise<readonly TouchedSession[]> {
    const response = await this.#connection.callPlain<TouchResponse>(methods.touch, { touches }, call);
    return response.sessions;
  }

  /** Lists the active sessions of a user, most recently active first. */
  async list(request: ListRequest, call?: CallOptions): Promise<readonly Session[]> {
    const response = await this.#connection.callPlain<ListResponse>(methods.list, request, call);
    return response.sessions;
  }

  /** Ends a session by `sessionId` or `token`, or those of a device by `deviceId`. Set `userId` when acting for a
   * user. */
  revoke(request: RevokeRequest, call?: CallOptions): Promise<RevokeResponse> {
    return this.#change(() => this.#connection.callPlain(methods.revoke, request, call));
  }

  /** Ends the session of a token because its user signs out. */
  signOut(token: SessionToken | string, call?: CallOptions): Promise<RevokeResponse> {
    return this.revoke({ token, signOut: true }, call);
  }

  /** Ends all sessions of a user, of a tenant or of everyone. Without an `operationId` it makes one before the first
   * attempt. */
  revokeAll(request: RevokeAllRequest, call?: CallOptions): Promise<RevokeAllResponse> {
    const operation = { ...request, operationId: request.operationId || randomUUID() };
    return this.#change(() => this.#connection.callPlain(methods.revokeAll, operation, call));
  }

  /** Reports a failed sign-in. It is never sent twice, because the server counts. Do not reject a sign-in because of an
   * error. */
  reportAuthEvent(request: ReportAuthEventRequest, call?: CallOptions): Promise<ReportAuthEventResponse> {
    return this.#connection.callPlain(methods.reportAuthEvent, request, call);
  }

  /** Records whether the user did what an alert is about, or somebody else did, whose session ends then. A back end that
   * acts for a signed-in user must set `userId`. */
  ackAlert(request: AckAlertRequest, call?: CallOptions): Promise<AckAlertResponse> {
    return this.#change(() => this.#connection.callPlain(methods.ackAlert, request, call));
  }

  /** Follows the alerts of all nodes. The stream resumes by itself and ends only when it is closed. */
  alerts(request: StreamAlertsRequest = {}): AlertStream {
    return new AlertStream(this.#connection, request);
  }

  /** Closes the connection. Calls in flight fail. */
  close(): void {
    this.#connection.close();
  }

  /** Runs a call that changes sessions, and forgets cached verdicts whatever its result: it may have taken effect. */
  async #change<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } finally {
      this.#cache?.clear();
    }
  }
}

function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
