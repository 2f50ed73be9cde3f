/**
 * Protects Express applications (4 and 5). Everything after `app.use(guard.protect())` needs a session, except the paths
 * that are listed as public.
 *
 * @packageDocumentation
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { CreateRequest, CreateResponse, RevokeResponse } from "./gen/types.js";
import { authorizationOf } from "./http/credential.js";
import {
  Guard,
  type GuardDecision,
  type GuardOptions,
  type GuardRequest,
  type SignInOptions,
  type StepUpRequirements,
} from "./http/guard.js";
import { guardedOf, setGuarded } from "./http/guarded-requests.js";
import type { SessionToken } from "./token.js";

export {
  CrossSiteRequest,
  type GuardOptions,
  type GuardRequest,
  type SignInOptions,
  type StepUpRequirements,
} from "./http/guard.js";
export { currentSession, currentToken, optionalSession } from "./http/guarded-requests.js";

/** What a guard uses of a request of Express. */
export interface ExpressRequest extends IncomingMessage {
  readonly ip?: string | undefined;
  readonly path: string;
  readonly baseUrl: string;
  readonly originalUrl: string;
}

/** A handler of Express. */
export type ExpressHandler = (
  request: ExpressRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** Guards for an Express application. */
export class ExpressGuard {
  readonly #guard: Guard;

  constructor(options: GuardOptions) {
    this.#guard = new Guard(options);
  }

  /** Returns the middleware that protects everything after it. Handlers use `currentSession(request)`. */
  protect(): ExpressHandler {
    return (request, response, next) => {
      this.#guard
        .decide(toGuardRequest(request))
        .then((decision) => {
          if (this.#apply(decision, request, response)) {
            next();
          }
        })
        .catch(next);
    };
  }

  /** Returns the middleware of a route that demands a newer or stronger authentication. */
  requireStepUp(requirements: StepUpRequirements): ExpressHandler {
    return (request, response, next) => {
      Promise.resolve()
        .then(() => this.#guard.decideStepUp(toGuardRequest(request), guardedOf(request), requirements))
        .then((decision) => {
          if (this.#apply(decision, request, response)) {
            next();
          }
        })
        .catch(next);
    };
  }

  /** Returns the middleware of a route that demands one of the roles: `guard.requireRole("admin", "auditor")`. */
  requireRole(...roles: readonly [string, ...string[]]): ExpressHandler {
    return (request, response, next) => {
      if (this.#apply(this.#guard.decideRole(guardedOf(request), roles), request, response)) {
        next();
      }
    };
  }

  /** Creates a session for a user whose credentials were just checked, and sets its cookies on the response. Call it on
   * a public path. It signs out the session that the browser had. */
  async signIn(
    request: ExpressRequest,
    response: ServerResponse,
    create: CreateRequest,
    options?: SignInOptions,
  ): Promise<CreateResponse> {
    const { created, cookies } = await this.#guard.signIn(toGuardRequest(request), create, options);
    addCookies(response, cookies);
    return created;
  }

  /** Ends the session of the request, and deletes its cookie. */
  async signOut(request: ExpressRequest, response: ServerResponse): Promise<RevokeResponse> {
    const { revoked, cookies } = await this.#guard.signOut(toGuardRequest(request));
    addCookies(response, cookies);
    return revoked;
  }

  /** Sets the session cookie to a new token, such as that of `update` with `rotate`. */
  setToken(response: ServerResponse, token: SessionToken): void {
    addCookies(response, [this.#guard.sessionCookie(token)]);
  }

  #apply(decision: GuardDecision, request: ExpressRequest, response: ServerResponse): boolean {
    if (!decision.proceed) {
      const { status, headers, cookies, body } = decision.response;
      response.statusCode = status;
      for (const [name, value] of Object.entries(headers)) {
        response.setHeader(name, value);
      }
      addCookies(response, cookies);
      response.end(body);
      return false;
    }
    if (decision.guarded !== undefined) {
      setGuarded(request, decision.guarded);
      response.setHeader("cache-control", "no-store");
    }
    addCookies(response, decision.cookies);
    return true;
  }
}

function toGuardRequest(request: ExpressRequest): GuardRequest {
  return {
    method: request.method ?? "",
    path: request.baseUrl + request.path,
    url: request.originalUrl,
    headers: request.headers,
    authorization: authorizationOf(request),
    ip: request.ip,
  };
}

function addCookies(response: ServerResponse, cookies: readonly string[]): void {
  for (const cookie of cookies) {
    response.appendHeader("set-cookie", cookie);
  }
}
