import { createHash } from "node:crypto";
import type { VerdictCacheOptions } from "./options.js";
import { revealToken, type SessionToken } from "./token.js";
import type { ValidatedSession, ValidateOptions } from "./verdict.js";

interface Entry {
  readonly session: ValidatedSession;
  readonly expiresAt: number;
}

/**
 * A bounded cache of sessions, by the SHA-256 of the token and everything else that the verdict depends on. Rejections
 * and errors are never cached. A call that changes sessions clears it.
 */
export class VerdictCache {
  readonly #options: VerdictCacheOptions;
  // In the order of last use: the first entry is the least recently used one.
  readonly #entries = new Map<string, Entry>();
  #generation = 0;

  constructor(options: VerdictCacheOptions) {
    this.#options = options;
  }

  /** Number of the times that the cache was cleared. */
  get generation(): number {
    return this.#generation;
  }

  /** Returns the key of a validation, or undefined if its verdict must come from the server. */
  keyOf(token: SessionToken | string, options: ValidateOptions): string | undefined {
    const { maxAuthAgeMs, minAssuranceLevel, consistency, activity, client } = options;
    if (maxAuthAgeMs !== undefined || minAssuranceLevel !== undefined || consistency === "STRONG") {
      return undefined;
    }
    const { ip, userAgent, acceptLanguage, acceptEncoding, deviceId, country } = client ?? {};
    const context = [consistency, activity, ip, userAgent, acceptLanguage, acceptEncoding, deviceId, country];
    return createHash("sha256")
      .update(JSON.stringify([revealToken(token), ...context]))
      .digest("base64");
  }

  /** Returns a cached session. */
  get(key: string): ValidatedSession | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      return undefined;
    }
    this.#entries.delete(key);
    if (entry.expiresAt <= Date.now()) {
      return undefined;
    }
    this.#entries.set(key, entry);
    return entry.session;
  }

  /** Caches a session for as long as the server allows, unless the cache was cleared since `generation`: a change may
   * have overtaken the verdict. */
  set(key: string, session: ValidatedSession, cacheTtlMs: number | undefined, generation: number): void {
    const ttlMs = Math.min(cacheTtlMs ?? 0, this.#options.maxTtlMs);
    if (!(ttlMs > 0) || generation !== this.#generation) {
      return;
    }
    this.#entries.delete(key);
    this.#entries.set(key, { session, expiresAt: Math.min(Date.now() + ttlMs, endOf(session)) });
    if (this.#entries.size > this.#options.maxEntries) {
      const [oldest] = this.#entries.keys();
      this.#entries.delete(oldest as string);
    }
  }

  /** Removes everything. */
  clear(): void {
    this.#generation += 1;
    this.#entries.clear();
  }
}

function endOf({ expiresAt, idleExpiresAt }: ValidatedSession): number {
  return Math.min(expiresAt.getTime(), idleExpiresAt.getTime());
}
