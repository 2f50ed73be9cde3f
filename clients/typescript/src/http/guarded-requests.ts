import type { SessionToken } from "../token.js";
import type { ValidatedSession } from "../verdict.js";
import type { GuardedSession } from "./guard.js";

// Kept apart from the requests, so that no log or error page that prints a request shows a session.
const guardedSessions = new WeakMap<object, GuardedSession>();

/** Keeps the session of a request for its handlers. */
export function setGuarded(request: object, guarded: GuardedSession): void {
  guardedSessions.set(request, guarded);
}

/** Returns the session of a request with its token. Throws for a request without a session. */
export function guardedOf(request: object): GuardedSession {
  const guarded = guardedSessions.get(request);
  if (guarded === undefined) {
    throw new Error("this route has no session: it is public or optional, or the guard does not wrap it");
  }
  return guarded;
}

/** Returns the session of a request. Throws if the route is public, or not wrapped by a guard. */
export function currentSession(request: object): ValidatedSession {
  return guardedOf(request).session;
}

/** Returns the token of a request, such as for `exceptToken` of `revokeAll`. Throws as `currentSession`. */
export function currentToken(request: object): SessionToken {
  return guardedOf(request).token;
}

/** Returns the session of a request on an optional path, or undefined if nobody is signed in. */
export function optionalSession(request: object): ValidatedSession | undefined {
  return guardedSessions.get(request)?.session;
}
