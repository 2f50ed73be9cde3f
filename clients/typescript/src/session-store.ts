/**
 * A session store for Node authentication libraries that keep their sessions behind an interface of seven methods.
 *
 * @packageDocumentation
 */
import type { JsonObject } from "@bufbuild/protobuf";
import type { SessionAuthority } from "./client.js";
import { CallError, Rejected } from "./errors.js";
import type { ClientContext, Session } from "./gen/types.js";
import type { SessionToken } from "./token.js";

/** A session to create. */
export interface NewSession {
  readonly userId: string;
  readonly ip?: string | undefined;
  readonly userAgent?: string | undefined;
  /** ID that the caller keeps on the device. A new session then replaces the one on the same device. */
  readonly deviceId?: string | undefined;
  readonly email?: string | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly data?: JsonObject | undefined;
  /** When the session ends at the latest. It can only shorten what the policy of the installation gives. */
  readonly expiresAt?: Date | undefined;
  readonly remember?: boolean | undefined;
}

/** A session as stored. */
export interface StoredSession {
  /** Public ID, for lists and for `revokeSession`. It opens nothing. */
  readonly id: string;
  readonly userId: string;
  readonly createdAt: Date;
  readonly lastActiveAt: Date;
  readonly expiresAt: Date;
  readonly ip: string | undefined;
  readonly userAgent: string | undefined;
  /** Such as "Safari on iPhone". */
  readonly deviceName: string;
  readonly email: string | undefined;
  readonly roles: readonly string[];
  readonly data: JsonObject;
  /** Whether its ID is the `currentSessionId` of `getSessionsForUser`. */
  readonly isCurrent: boolean;
}

/** A new session with the secret that opens it. */
export interface StoredSessionWithToken extends StoredSession {
  /** For the cookie. It prints as `sa_…`: use `token.reveal()`. */
  readonly token: SessionToken;
}

/** The seven methods of a session store. */
export interface SessionStore {
  /** Creates a session, and returns it with the token for the cookie. */
  createSession(session: NewSession): Promise<StoredSessionWithToken>;
  /** Returns the session that a token opens, or null if it opens no session. */
  getSession(token: SessionToken | string): Promise<StoredSession | null>;
  /** Returns the active sessions of a user, the most recently active first. */
  getSessionsForUser(userId: string, currentSessionId?: string): Promise<StoredSession[]>;
  /** Counts as activity of a session. Returns whether the session is active. */
  updateSessionLastActive(sessionId: string, lastActiveAt?: Date): Promise<boolean>;
  /** Ends a session by token or ID; with `userId` only one of that user. Returns whether it was active. */
  revokeSession(session: SessionToken | string, userId?: string): Promise<boolean>;
  /** Ends the sessions of a user, except one. Returns their number. */
  revokeAllSessionsForUser(userId: string, exceptSessionId?: string): Promise<number>;
  /** Removes sessions that have ended. Returns their number. */
  deleteExpiredSessions(): Promise<number>;
}

/** Settings of a store. */
export interface SessionStoreOptions {
  /** Tenant of the users. `default` if not given. */
  readonly tenantId?: string | undefined;
  /** Policy of new sessions. `default` if not given. */
  readonly policy?: string | undefined;
}

// A call of Purge works for about half a second.
const MAX_PURGES = 60;

/**
 * A session store over the session authority. Its key needs the role `issuer`.
 *
 * A method that cannot be carried out throws: `getSession` returns null only if the session is known not to be active.
 */
export class SessionAuthorityStore implements SessionStore {
  readonly #authority: SessionAuthority;
  readonly #options: SessionStoreOptions;

  constructor(authority: SessionAuthority, options: SessionStoreOptions = {}) {
    this.#authority = authority;
    this.#options = options;
  }

  /** Creates a session, and returns it with the token for the cookie. */
  async createSession(input: NewSession): Promise<StoredSessionWithToken> {
    const { userId, email, roles, data, remember, expiresAt } = input;
    const client: ClientContext = { ip: input.ip, userAgent: input.userAgent, deviceId: input.deviceId };
    const lifetimeMs = expiresAt === undefined ? undefined : Math.max(1000, expiresAt.getTime() - Date.now());
    const request = { ...this.#options, userId, email, roles, data, remember, client, lifetimeMs };
    const { token, session } = await this.#authority.create(request);
    return { ...toStored(session), token };
  }

  /** Returns the session that a token opens, or null if it opens no session. An ID is not a token and opens nothing. */
  async getSession(token: SessionToken | string): Promise<StoredSession | null> {
    try {
      return toStored(await this.#authority.validate(token));
    } catch (error) {
      if (error instanceof Rejected) {
        return null;
      }
      throw error;
    }
  }

  /** Returns the active sessions of a user, most recently active first. */
  async getSessionsForUser(userId: string, currentSessionId?: string): Promise<StoredSession[]> {
    const sessions = await this.#authority.list({ tenantId: this.#options.tenantId, userId, currentSessionId });
    return sessions.map(toStored);
  }

  /** Records that a session was used, and returns whether it is active. `getSession` does so itself. */
  async updateSessionLastActive(sessionId: string, lastActiveAt = new Date()): Promise<boolean> {
    const [touched] = await this.#authority.touch([{ sessionId, usedAt: lastActiveAt }]);
    return touched?.active === true;
  }

  /** Ends a session by its token (the user signs out) or by its ID, and returns whether it was active. With an ID that
   * came from a user, pass the `userId` too, so that nobody ends another user's session. */
  async revokeSession(session: SessionToken | string, userId?: string): Promise<boolean> {
    const tenantId = userId === undefined ? undefined : this.#options.tenantId;
    const isToken = typeof session !== "string" || session.startsWith("sa_");
    const target = isToken ? { token: session, signOut: true } : { sessionId: session };
    const { revoked } = await this.#authority.revoke({ ...target, tenantId, userId });
    return revoked;
  }

  /** Ends all sessions of a user, except one if its ID is given, and returns their number. */
  async revokeAllSessionsForUser(userId: string, exceptSessionId?: string): Promise<number> {
    const { tenantId } = this.#options;
    const { revokedCount } = await this.#authority.revokeAll({ user: { tenantId, userId }, exceptSessionId });
    return revokedCount;
  }

  /** Removes sessions that have timed out, and returns their number. The service does so by itself, and none of them is
   * accepted meanwhile. Only role `admin` may do it earlier: with another key it returns 0. */
  async deleteExpiredSessions(): Promise<number> {
    let total = 0;
    try {
      for (let call = 0; call < MAX_PURGES; call++) {
        const { purgedCount } = await this.#authority.admin.purge();
        total += purgedCount;
        if (purgedCount === 0) {
          break;
        }
      }
    } catch (error) {
      if (!(error instanceof CallError && error.code === "PERMISSION_DENIED")) {
        throw error;
      }
    }
    return total;
  }
}

function toStored(session: Session): StoredSession {
  return {
    id: session.sessionId,
    userId: session.userId,
    createdAt: session.createdAt,
    lastActiveAt: session.lastActiveAt,
    expiresAt: session.idleExpiresAt,
    ip: session.location?.ip || undefined,
    userAgent: session.device.userAgent || undefined,
    deviceName: session.device.name,
    email: session.email || undefined,
    roles: session.roles,
    data: session.data ?? {},
    isCurrent: session.current,
  };
}
