import { SessionToken } from "../token.js";
import { readCookie } from "./cookies.js";
import type { GuardRequest } from "./guard.js";

/** The token of a request and how it arrived. */
export type Credential =
  | { readonly kind: "none" }
  /** The request has several differing tokens, so it cannot be said whose it is. */
  | { readonly kind: "ambiguous" }
  | { readonly kind: "cookie" | "bearer"; readonly token: SessionToken };

/** Returns the credential of a request: the session cookie, or the bearer token of the `Authorization` header. */
export function readCredential({ headers, authorization }: GuardRequest, cookieName: string): Credential {
  const cookies = readCookie(headers, cookieName).filter((value) => value !== "");
  const bearers = (authorization ?? [headers.authorization ?? ""]).flatMap(bearerToken);
  const [token, ...others] = new Set([...bearers, ...cookies]);
  if (token === undefined) {
    return { kind: "none" };
  }
  if (others.length > 0) {
    return { kind: "ambiguous" };
  }
  return { kind: bearers.length > 0 ? "bearer" : "cookie", token: SessionToken.from(token) };
}

function bearerToken(header: string): readonly string[] {
  const token = /^bearer +(\S.*)$/i.exec(header.trim())?.[1];
  return token === undefined ? [] : [token];
}

/** Returns the values of every header `Authorization` of a request of Node.js, or undefined if only the first is known:
 * requests of HTTP/2 and of tests lack `headersDistinct`. */
export function authorizationOf(request: {
  readonly headersDistinct?: NodeJS.Dict<string[]>;
}): readonly string[] | undefined {
  return request.headersDistinct?.["authorization"];
}
