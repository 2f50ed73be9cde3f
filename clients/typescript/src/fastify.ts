/**
 * Protects Fastify applications (5). Every route of an instance on which `guard.plugin` is registered, and of the
 * instances below it, needs a session, except the paths that are listed as public.
 *
 * @packageDocumentation
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
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

/** A hook of Fastify. */
export type FastifyHook = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>;

/** Guards for a Fastify application. */
export class FastifyGuard {
  readonly #guard: Guard;

  /** The plugin that protects every route: `app.register(guard.plugin)`. Handlers use `currentSession(request)`. */
  readonly plugin: (instance: FastifyInstance, options: object, done: (error?: Error) => void) => void;

  constructor(options: GuardOptions) {
    this.#guard = new Guard(options);
    this.plugin = (instance, _options, done) => {
      instance.addHook("onRequest", async (request, reply) =>
        this.#apply(await this.#guard.decide(toGuardRequest(request)), request, reply),
      );
      done();
    };
    // The hook belongs to the instance that registers the plugin, not to a scope of the plugin's own.
    Object.assign(this.plugin, {
      [Symbol.for("skip-override")]: true,
      [Symbol.for("fastify.display-name")]: "session-authority",
    });
  }

  /** Returns the hook of a route that demands a newer or stronger authentication:
   * `{ preHandler: guard.requireStepUp({ maxAuthAgeMs: 300_000 }) }`. */
  requireStepUp(requirements: StepUpRequirements): FastifyHook {
    return async (request, reply) => {
      const decision = await this.#guard.decideStepUp(toGuardRequest(request), guardedOf(request), requirements);
      return this.#apply(decision, request, reply);
    };
  }

  /** Returns the hook of a route that demands one of the roles:
   * `{ preHandler: guard.requireRole("admin", "auditor") }`. */
  requireRole(...roles: readonly [string, ...string[]]): FastifyHook {
    return (request, reply) =>
      Promise.resolve().then(() => this.#apply(this.#guard.decideRole(guardedOf(request), roles), request, reply));
  }

  /** Creates a session for a user whose credentials were just checked, and sets its cookies on the reply. Call it on a
   * public path. It signs out the session that the browser had. */
  async signIn(
    request: FastifyRequest,
    reply: FastifyReply,
    create: CreateRequest,
    options?: SignInOptions,
  ): Promise<CreateResponse> {
    const { created, cookies } = await this.#guard.signIn(toGuardRequest(request), create, options);
    addCookies(reply, cookies);
    return created;
  }

  /** Ends the session of the request, and deletes its cookie. */
  async signOut(request: FastifyRequest, reply: FastifyReply): Promise<RevokeResponse> {
    const { revoked, cookies } = await this.#guard.signOut(toGuardRequest(request));
    addCookies(reply, cookies);
    return revoked;
  }

  /** Sets the session cookie to a new token, such as that of `update` with `rotate`. */
  setToken(reply: FastifyReply, token: SessionToken): void {
    addCookies(reply, [this.#guard.sessionCookie(token)]);
  }

  #apply(decision: GuardDecision, request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
    if (!decision.proceed) {
      const { status, headers, cookies, body } = decision.response;
      addCookies(reply, cookies);
      return reply.code(status).headers(headers).send(body);
    }
    if (decision.guarded !== undefined) {
      setGuarded(request, decision.guarded);
      reply.header("cache-control", "no-store");
    }
    addCookies(reply, decision.cookies);
    return undefined;
  }
}

function toGuardRequest(request: FastifyRequest): GuardRequest {
  const [path] = request.url.split("?", 1);
  return {
    method: request.method,
    path: path ?? "",
    url: request.originalUrl,
    headers: request.headers,
    authorization: authorizationOf(request.raw),
    ip: request.ip,
  };
}

function addCookies(reply: FastifyReply, cookies: readonly string[]): void {
  for (const cookie of cookies) {
    reply.header("set-cookie", cookie);
  }
}
