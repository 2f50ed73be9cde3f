import { ConfigurationError } from "../errors.js";

interface PathRule {
  readonly method: string | undefined;
  readonly path: string;
  readonly isPrefix: boolean;
}

/**
 * A list of paths: `/about`, `POST /sign-in` (one method) or `/assets/*` (everything below). `GET` includes `HEAD`.
 * Paths are compared as the router sees them, byte by byte; what another program may read as another path matches no
 * prefix.
 */
export class PathList {
  readonly #rules: readonly PathRule[];

  constructor(name: string, entries: readonly string[]) {
    this.#rules = entries.map((entry) => parseRule(name, entry));
  }

  /** Returns whether a request is on the list. `path` has no query. */
  includes(method: string, path: string): boolean {
    const upperCase = method.toUpperCase();
    const effective = upperCase === "HEAD" ? "GET" : upperCase;
    return this.#rules.some(
      (rule) =>
        (rule.method === undefined || rule.method === effective) &&
        (rule.isPrefix ? path.startsWith(rule.path) && !isSuspicious(path) : path === rule.path),
    );
  }
}

function parseRule(name: string, entry: string): PathRule {
  const match = /^(?:([A-Z]+) )?(\/[^\s?#*]*)(\*)?$/.exec(entry);
  const path = match?.[2];
  if (path === undefined || (match?.[3] !== undefined && !path.endsWith("/"))) {
    throw new ConfigurationError(`${name}: "${entry}" must be a path such as /about, POST /sign-in or /assets/*`);
  }
  return { method: match?.[1], path, isPrefix: match?.[3] !== undefined };
}

function isSuspicious(path: string): boolean {
  return /\/\.{1,2}(?:\/|$)|\/\/|[\\;]|%(?:00|25|2e|2f|3b|5c)/i.test(path);
}
