import type { IncomingHttpHeaders } from "node:http";

const ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax";

/** Returns the differing values of a cookie, in the order of the header. */
export function readCookie(headers: IncomingHttpHeaders, name: string): string[] {
  const values = new Set<string>();
  for (const pair of (headers.cookie ?? "").split(";")) {
    const separator = pair.indexOf("=");
    if (separator !== -1 && trim(pair.slice(0, separator)) === name) {
      values.add(unquote(trim(pair.slice(separator + 1))));
    }
  }
  return [...values];
}

/** Returns the `Set-Cookie` of a cookie of this host only. Without `maxAgeSeconds` it ends with the browser. */
export function setCookie(name: string, value: string, maxAgeSeconds?: number): string {
  const maxAge = maxAgeSeconds === undefined ? "" : `; Max-Age=${String(Math.max(0, Math.floor(maxAgeSeconds)))}`;
  return `${name}=${value}; ${ATTRIBUTES}${maxAge}`;
}

/** Returns the `Set-Cookie` that deletes a cookie. */
export function deleteCookie(name: string): string {
  return setCookie(name, "", 0);
}

/** Removes the whitespace of HTTP. Other whitespace may belong to the name of another cookie. */
function trim(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, "");
}

function unquote(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}
