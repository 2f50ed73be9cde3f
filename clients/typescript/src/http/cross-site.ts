import type { IncomingHttpHeaders } from "node:http";

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Returns whether a request may change something and a page of another origin sent it. One that opens a WebSocket may,
 * although its method is GET. Browsers send `Sec-Fetch-Site`, old ones `Origin`; a request with neither is not from a
 * browser. */
export function isCrossSiteChange(
  method: string,
  headers: IncomingHttpHeaders,
  trustedOrigins: ReadonlySet<string>,
): boolean {
  if (SAFE_METHODS.has(method.toUpperCase()) && headers.upgrade === undefined) {
    return false;
  }
  const { origin } = headers;
  if (origin !== undefined && trustedOrigins.has(origin)) {
    return false;
  }
  const site = headers["sec-fetch-site"];
  if (site !== undefined) {
    return site !== "same-origin" && site !== "none";
  }
  return origin !== undefined && hostOf(origin) !== ownHost(headers)?.toLowerCase();
}

function hostOf(origin: string): string | undefined {
  // `Origin: null` has no host, so it is of another site.
  return /^https?:\/\/([^/]+)$/i.exec(origin)?.[1]?.toLowerCase();
}

function ownHost(headers: IncomingHttpHeaders): string | undefined {
  const authority = headers[":authority"];
  return headers.host ?? (Array.isArray(authority) ? authority[0] : authority);
}
