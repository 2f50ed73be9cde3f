import { NoVerdict, Rejected, retryAfterSeconds, StepUpRequired } from "../errors.js";

/** A response of a guard in the place of the handler's. */
export interface GuardResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: string;
}

/** Returns the response to a request without a session. */
export function signedOut(rejection: Rejected | undefined, cookies: readonly string[]): GuardResponse {
  const error = rejection === undefined ? "" : ' error="invalid_token"';
  const details = { code: "signed_out", reason: rejection?.reason };
  return problem(401, "Unauthorized", details, { "www-authenticate": `Bearer${error}` }, cookies);
}

/** Returns the response to a request that needs a newer or stronger authentication (RFC 9470 names the error). */
export function stepUpRequired(error: StepUpRequired): GuardResponse {
  const maxAgeSeconds =
    error.requiredMaxAuthAgeMs === undefined ? undefined : Math.floor(error.requiredMaxAuthAgeMs / 1000);
  const maxAge = maxAgeSeconds === undefined ? "" : `, max_age="${String(maxAgeSeconds)}"`;
  const details = {
    code: "step_up_required",
    requiredAssuranceLevel: error.requiredAssuranceLevel,
    requiredMaxAuthAgeSeconds: maxAgeSeconds,
  };
  return problem(403, "Forbidden", details, {
    "www-authenticate": `Bearer error="insufficient_user_authentication"${maxAge}`,
  });
}

/** Returns the response to a request whose session has none of the roles that a route demands. */
export function missingRole(): GuardResponse {
  return problem(403, "Forbidden", { code: "missing_role" });
}

/** Returns the response to a change that a page of another site requested. */
export function crossSite(): GuardResponse {
  return problem(403, "Forbidden", { code: "cross_site_request" });
}

/** Returns the response to a request without a verdict, whatever the error: 503, and the cookies stay as they are. */
export function noVerdict(error: unknown): GuardResponse {
  const retryAfterMs = error instanceof NoVerdict ? error.retryAfterMs : undefined;
  return problem(
    503,
    "Service Unavailable",
    { code: "no_verdict" },
    { "retry-after": retryAfterSeconds(retryAfterMs) },
  );
}

/** Returns a redirect of a browser that loads a page. */
export function redirect(location: string, cookies: readonly string[]): GuardResponse {
  return { status: 303, headers: { location, "cache-control": "no-store" }, cookies, body: "" };
}

function problem(
  status: number,
  title: string,
  details: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
  cookies: readonly string[] = [],
): GuardResponse {
  return {
    status,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store", ...headers },
    cookies,
    body: JSON.stringify({ type: "about:blank", title, status, ...details }),
  };
}
