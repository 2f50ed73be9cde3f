import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { SessionAuthority } from "../client.js";
import { CallError, ConfigurationError, Rejected, StepUpRequired } from "../errors.js";
import type { ClientContext, CreateRequest, CreateResponse, RevokeResponse } from "../gen/types.js";
import type { SessionToken } from "../token.js";
import type { ValidatedSession, ValidateOptions } from "../verdict.js";
import { deleteCookie, readCookie, setCookie } from "./cookies.js";
import { readCredential, type Credential } from "./credential.js";
import { isCrossSiteChange } from "./cross-site.js";
import { PathList } from "./paths.js";
import {
  crossSite,
  missingRole,
  noVerdict,
  redirect,
  signedOut,
  stepUpRequired,
  type GuardResponse,
} from "./responses.js";

const DEVICE_COOKIE_SECONDS = 400 * 24 * 60 * 60;
const DEVICE_ID = /^[A-Za-z0-9_-]{16,128}$/;

/** Settings of a guard. */
export interface GuardOptions {
  /** The client that validates. Its key needs the role `validator`; `issuer` or `backend` if tokens are rotated, and
   * `issuer` for `signIn`. */
  readonly authority: SessionAuthority;
  /** Paths that need no session: `/about`, `POST /sign-in` (one method), `/assets/*` (everything below). Everything else
   * is protected. */
  readonly public?: readonly string[] | undefined;
  /** Paths whose handlers take a session if there is one, in the same form. Without a verdict they are 503 too. */
  readonly optional?: readonly string[] | undefined;
  /** Name of the session cookie. It must begin with `__Host-`. `__Host-session` by default. */
  readonly cookieName?: `__Host-${string}` | undefined;
  /** Other origins whose pages may change things and open WebSockets with the user's cookie, such as
   * `https://app.example.com`. */
  readonly trustedOrigins?: readonly string[] | undefined;
  /** Where browsers that load a page are sent instead of a 401, with the query `next`. */
  readonly signInPath?: string | undefined;
  /** Where browsers that load a page are sent instead of a 403 for a step-up, with the query `next`. */
  readonly stepUpPath?: string | undefined;
  /** Returns whether a page made the request by itself, such as polling. It then does not count as activity. */
  readonly isBackground?: ((request: GuardRequest) => boolean) | undefined;
}

/** Demands of a route beyond an active session. */
export type StepUpRequirements = Pick<ValidateOptions, "maxAuthAgeMs" | "minAssuranceLevel">;

/** What a guard needs of a request, in any framework. */
export interface GuardRequest {
  readonly method: string;
  /** Path without the query, as the router sees it. */
  readonly path: string;
  /** Path with the query, as the client sent it. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Values of every header `Authorization`, of which `headers` has only the first. */
  readonly authorization?: readonly string[] | undefined;
  /** Address of the client. Behind proxies, the framework must know them (`trust proxy`). */
  readonly ip: string | undefined;
}

/** The session of a request, with the token that opened it. */
export interface GuardedSession {
  readonly session: ValidatedSession;
  readonly token: SessionToken;
}

/** The decision on a request: a response, or leave to proceed. */
export type GuardDecision =
  | { readonly proceed: true; readonly guarded: GuardedSession | undefined; readonly cookies: readonly string[] }
  | { readonly proceed: false; readonly response: GuardResponse };

/** Settings of a sign-in. */
export interface SignInOptions {
  /** Accept a form that a page of another origin sent. Only for callbacks that carry their own proof, such as SAML or
   * `response_mode=form_post`. False by default. */
  readonly allowCrossSite?: boolean | undefined;
}

/** The result of a sign-in: a session and the cookies that take it to the browser. */
export interface SignedIn {
  readonly created: CreateResponse;
  readonly cookies: readonly string[];
}

/** A changing request that a page of another site made. */
export class CrossSiteRequest extends Error {
  override readonly name = "CrossSiteRequest";
  readonly status = 403;
  readonly statusCode = 403;
}

/** The decisions of the guards, without a framework. There is no option that lets a request pass without a verdict. */
export class Guard {
  readonly #options: GuardOptions;
  readonly #cookieName: string;
  readonly #public: PathList;
  readonly #optional: PathList;
  readonly #trustedOrigins: ReadonlySet<string>;
  #mayRotate = true;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#cookieName = options.cookieName ?? "__Host-session";
    if (!/^__Host-[A-Za-z0-9._-]+$/.test(this.#cookieName)) {
      throw new ConfigurationError("cookieName must begin with __Host-, so that the cookie is bound to this host");
    }
    this.#public = new PathList("public", options.public ?? []);
    this.#optional = new PathList("optional", options.optional ?? []);
    this.#trustedOrigins = new Set(options.trustedOrigins ?? []);
  }

  /** Decides on a request. Never throws. */
  async decide(request: GuardRequest, requirements: StepUpRequirements = {}): Promise<GuardDecision> {
    try {
      if (this.#public.includes(request.method, request.path)) {
        return { proceed: true, guarded: undefined, cookies: [] };
      }
      return await this.#decideOn(request, requirements);
    } catch (error) {
      return refuse(noVerdict(error));
    }
  }

  /** Decides whether a request that has its session meets further demands. Never throws. */
  async decideStepUp(
    request: GuardRequest,
    { token }: GuardedSession,
    requirements: StepUpRequirements,
  ): Promise<GuardDecision> {
    try {
      const session = await this.#validate(request, token, requirements);
      return { proceed: true, guarded: { session, token }, cookies: [] };
    } catch (error) {
      return refuse(this.#responseTo(error, request, []));
    }
  }

  /** Decides whether a request that has its session has one of the roles. */
  decideRole(guarded: GuardedSession, roles: readonly string[]): GuardDecision {
    return roles.some((role) => guarded.session.roles.includes(role))
      ? { proceed: true, guarded, cookies: [] }
      : refuse(missingRole());
  }

  /** Creates a session and the cookies for it. A session that the browser has already is signed out first. */
  async signIn(request: GuardRequest, create: CreateRequest, options: SignInOptions = {}): Promise<SignedIn> {
    if (options.allowCrossSite !== true) {
      this.#refuseCrossSite(request);
    }
    const { authority } = this.#options;
    for (const old of readCookie(request.headers, this.#cookieName).filter((value) => value !== "")) {
      await authority.signOut(old);
    }
    const known = this.#deviceIdOf(request);
    const deviceId = known ?? randomBytes(18).toString("base64url");
    const created = await authority.create({
      ...create,
      client: { ...clientOf(request), deviceId, ...create.client },
    });
    const maxAge = create.remember === true ? (created.session.expiresAt.getTime() - Date.now()) / 1000 : undefined;
    return {
      created,
      cookies: [this.sessionCookie(created.token, maxAge), setCookie("__Host-device", deviceId, DEVICE_COOKIE_SECONDS)],
    };
  }

  /** Ends the session of a request. Returns the result, and the cookie to send with the response. */
  async signOut(
    request: GuardRequest,
  ): Promise<{ readonly revoked: RevokeResponse; readonly cookies: readonly string[] }> {
    this.#refuseCrossSite(request);
    const credential = readCredential(request, this.#cookieName);
    const cookies = [deleteCookie(this.#cookieName)];
    if (credential.kind === "none" || credential.kind === "ambiguous") {
      return { revoked: { revoked: false, sessionIds: [] }, cookies };
    }
    return { revoked: await this.#options.authority.signOut(credential.token), cookies };
  }

  /** Returns the `Set-Cookie` for a token, such as that of `update` with `rotate`. */
  sessionCookie(token: SessionToken, maxAgeSeconds?: number): string {
    return setCookie(this.#cookieName, token.reveal(), maxAgeSeconds);
  }

  #refuseCrossSite(request: GuardRequest): void {
    if (isCrossSiteChange(request.method, request.headers, this.#trustedOrigins)) {
      throw new CrossSiteRequest("a page of another site sent the request");
    }
  }

  async #decideOn(request: GuardRequest, requirements: StepUpRequirements): Promise<GuardDecision> {
    const isOptional = this.#optional.includes(request.method, request.path);
    const credential = readCredential(request, this.#cookieName);
    if (credential.kind === "none" || credential.kind === "ambiguous") {
      const cookies = credential.kind === "ambiguous" ? [deleteCookie(this.#cookieName)] : [];
      return isOptional
        ? { proceed: true, guarded: undefined, cookies }
        : refuse(this.#signedOut(request, undefined, cookies));
    }
    if (credential.kind === "cookie" && isCrossSiteChange(request.method, request.headers, this.#trustedOrigins)) {
      return refuse(crossSite());
    }
    try {
      return await this.#open(request, credential, requirements);
    } catch (error) {
      const cookies = error instanceof Rejected ? this.#cookiesAfter(credential, error) : [];
      if (isOptional && error instanceof Rejected) {
        return { proceed: true, guarded: undefined, cookies };
      }
      return refuse(this.#responseTo(error, request, cookies));
    }
  }

  /** Validates the token of a request, and rotates it if that is due and the browser can be given the new one. */
  async #open(
    request: GuardRequest,
    { kind, token }: Exclude<Credential, { kind: "none" | "ambiguous" }>,
    requirements: StepUpRequirements,
  ): Promise<GuardDecision> {
    try {
      const session = await this.#validate(request, token, requirements);
      const isDue =
        kind === "cookie" && session.rotateAfter !== undefined && session.rotateAfter.getTime() <= Date.now();
      const rotated = isDue ? await this.#rotateIfPossible(request, token) : undefined;
      return rotated === undefined
        ? { proceed: true, guarded: { session, token }, cookies: [] }
        : this.#proceed(session, rotated);
    } catch (error) {
      if (kind !== "cookie" || !needsRotation(error)) {
        throw error;
      }
      const { token: successor } = await this.#options.authority.rotate(token, { client: clientOf(request) });
      return this.#proceed(await this.#validate(request, successor, requirements), successor);
    }
  }

  #proceed(session: ValidatedSession, token: SessionToken): GuardDecision {
    const maxAge = session.remembered ? (session.expiresAt.getTime() - Date.now()) / 1000 : undefined;
    return { proceed: true, guarded: { session, token }, cookies: [this.sessionCookie(token, maxAge)] };
  }

  /** Returns the new token, or undefined if it cannot be had: the old one is still accepted. */
  async #rotateIfPossible(request: GuardRequest, token: SessionToken): Promise<SessionToken | undefined> {
    if (!this.#mayRotate) {
      return undefined;
    }
    try {
      return (await this.#options.authority.rotate(token, { client: clientOf(request) })).token;
    } catch (error) {
      if (error instanceof CallError && error.code === "PERMISSION_DENIED") {
        this.#mayRotate = false;
      }
      if (error instanceof Rejected && error.reason !== "TOKEN_ROTATED") {
        throw error;
      }
      return undefined;
    }
  }

  #validate(request: GuardRequest, token: SessionToken, requirements: StepUpRequirements): Promise<ValidatedSession> {
    const isBackground = this.#options.isBackground?.(request) === true;
    return this.#options.authority.validate(token, {
      client: { ...clientOf(request), deviceId: this.#deviceIdOf(request) },
      activity: isBackground ? "PEEK" : undefined,
      ...requirements,
    });
  }

  #responseTo(error: unknown, request: GuardRequest, cookies: readonly string[]): GuardResponse {
    if (error instanceof Rejected) {
      return this.#signedOut(request, error, cookies);
    }
    if (error instanceof StepUpRequired) {
      const { stepUpPath } = this.#options;
      return stepUpPath !== undefined && loadsPage(request)
        ? redirect(withNext(stepUpPath, request), [])
        : stepUpRequired(error);
    }
    return noVerdict(error);
  }

  #signedOut(request: GuardRequest, rejection: Rejected | undefined, cookies: readonly string[]): GuardResponse {
    const { signInPath } = this.#options;
    return signInPath !== undefined && loadsPage(request)
      ? redirect(withNext(signInPath, request), cookies)
      : signedOut(rejection, cookies);
  }

  /** Returns the cookies of a response to a rejected request. The cookie stays if the browser may have a newer token. */
  #cookiesAfter(credential: Credential, { reason }: Rejected): readonly string[] {
    return credential.kind === "cookie" && reason !== "TOKEN_ROTATED" ? [deleteCookie(this.#cookieName)] : [];
  }

  #deviceIdOf(request: GuardRequest): string | undefined {
    const [deviceId, ...others] = readCookie(request.headers, "__Host-device");
    return deviceId !== undefined && others.length === 0 && DEVICE_ID.test(deviceId) ? deviceId : undefined;
  }
}

/** Returns what a request reveals about its client. */
export function clientOf({ headers, ip }: Pick<GuardRequest, "headers" | "ip">): ClientContext {
  const encoding = headers["accept-encoding"];
  return {
    ip: ip?.replace(/%.*$/, ""),
    userAgent: headers["user-agent"],
    acceptLanguage: headers["accept-language"],
    acceptEncoding: Array.isArray(encoding) ? encoding.join(", ") : encoding,
  };
}

function refuse(response: GuardResponse): GuardDecision {
  return { proceed: false, response };
}

function needsRotation(error: unknown): boolean {
  return error instanceof Rejected && (error.reason === "ROTATION_REQUIRED" || error.reason === "TOKEN_ROTATED");
}

function loadsPage({ method, headers }: GuardRequest): boolean {
  return method.toUpperCase() === "GET" && /\btext\/html\b/.test(headers.accept ?? "");
}

function withNext(path: string, { url }: GuardRequest): string {
  // Only a path of this host can be a target, so that nobody can send users elsewhere.
  const next = /^\/(?![/\\])/.test(url) ? url : "/";
  return `${path}${path.includes("?") ? "&" : "?"}next=${encodeURIComponent(next)}`;
}
