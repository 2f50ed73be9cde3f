import type { IncomingHttpHeaders } from "node:http";
import { SessionToken } from "../token.js";
import { readCookie } from "./cookies.js";

/** The token of a request and how it arrived. */
export type Credential =
  | { readonly kind: "none" }
  /** The request has several differing tokens, so it cannot be said whose it is. */
  | { readonly kind: "ambiguous" }
  | { readonly kind: "cookie" | "bearer"; readonly token: SessionToken };

/** Returns the credential of a request: the session cookie, or the bearer token of the `Authorization` header. */
export function readCredential(headers: IncomingHttpHeaders, cookieName: string): Credential {
  const cookies = readCookie(headers, cookieName).filter((value) => value !== "");
  const bearer = /^bearer +([^ ]+) *$/i.exec(headers.authorization ?? "")?.[1];
  const [cookie] = cookies;
  if (cookies.length > 1 || (bearer !== undefined && cookie !== undefined && bearer !== cookie)) {
    return { kind: "ambiguous" };
  }
  if (bearer !== undefined) {
    return { kind: "bearer", token: SessionToken.from(bearer) };
  }
  return cookie === undefined ? { kind: "none" } : { kind: "cookie", token: SessionToken.from(cookie) };
}
