import { inspect } from "node:util";

const REDACTED = "sa_…";

/**
 * A session token. It never prints: `String(token)`, template strings, `JSON.stringify`, `console.log` and
 * `util.inspect` show `sa_…`. Only {@link SessionToken.reveal} returns the secret text, for the cookie or the response
 * that takes it to the user's device.
 */
export class SessionToken {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** Wraps the text of a token as received from a client. Text of any form is accepted: the server gives the verdict. */
  static from(token: SessionToken | string): SessionToken {
    if (token instanceof SessionToken) {
      return token;
    }
    if (typeof token !== "string") {
      throw new TypeError("a session token must be a string or a SessionToken");
    }
    return new SessionToken(token);
  }

  /** Returns the secret text. Put it into a cookie or a response to its user, and nowhere else. */
  reveal(): string {
    return this.#text;
  }

  /** Returns `sa_…`. */
  toString(): string {
    return REDACTED;
  }

  /** Returns `sa_…`. */
  toJSON(): string {
    return REDACTED;
  }

  /** Returns `sa_…`. */
  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  /** Returns `SessionToken(sa_…)`. */
  [inspect.custom](): string {
    return `SessionToken(${REDACTED})`;
  }
}

/** Returns the secret text of a token in either form. */
export function revealToken(token: SessionToken | string): string {
  return SessionToken.from(token).reveal();
}
