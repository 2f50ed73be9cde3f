import type { UserSession } from "./session.js";

/** The function that sends requests: that of the browser, or one with the same behaviour. */
export type Fetcher = (url: string, init: RequestInit) => Promise<Response>;

/**
 * Why a request had no success: the user is signed out, must authenticate again, the service cannot be reached, or
 * anything else.
 */
export type FailureKind = "signed-out" | "step-up" | "unavailable" | "failed";

/** A request that had no success. */
export class SessionApiError extends Error {
  override readonly name = "SessionApiError";
  /** Why the request had no success. */
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

const TIME_LIMIT_MS = 10_000;

/** The requests about the sessions of the signed-in user. */
export class SessionApi {
  readonly #baseUrl: string;
  readonly #fetcher: Fetcher;

  constructor(baseUrl: string, fetcher: Fetcher) {
    this.#baseUrl = baseUrl.replace(/\/+$/, "");
    this.#fetcher = fetcher;
  }

  /** Returns the user's sessions, most recently active first. */
  async list(): Promise<readonly UserSession[]> {
    const { sessions } = (await this.#send("GET", "")) as { readonly sessions?: readonly UserSession[] };
    return sessions ?? [];
  }

  /** Ends a session of the user. A session that has ended already is no error. */
  async revoke(sessionId: string): Promise<void> {
    await this.#send("DELETE", `/${encodeURIComponent(sessionId)}`);
  }

  /** Ends all sessions of the user but the current one. Returns their number. */
  async revokeOthers(): Promise<number> {
    const { session_ids } = (await this.#send("POST", "/revoke-all")) as { readonly session_ids?: readonly string[] };
    return session_ids?.length ?? 0;
  }

  async #send(method: string, path: string): Promise<unknown> {
    const url = `${this.#baseUrl}/api/v1/users/sessions${path}`;
    let response: Response;
    try {
      response = await this.#fetcher(url, {
        method,
        credentials: "include",
        headers: { accept: "application/json" },
        signal: AbortSignal.timeout(TIME_LIMIT_MS),
      });
    } catch (error) {
      throw new SessionApiError("unavailable", String(error));
    }
    // It has ended already.
    if (method === "DELETE" && response.status === 404) {
      return {};
    }
    if (!response.ok) {
      throw new SessionApiError(failureKind(response), `${method} ${path}: status ${String(response.status)}`);
    }
    try {
      return response.status === 204 ? {} : await response.json();
    } catch (error) {
      throw new SessionApiError("failed", String(error));
    }
  }
}

function failureKind(response: Response): FailureKind {
  // RFC 9470: the user must authenticate again, or more strongly.
  if (/error="?insufficient_user_authentication/.test(response.headers.get("www-authenticate") ?? "")) {
    return "step-up";
  }
  switch (response.status) {
    case 401:
      return "signed-out";
    case 429:
    case 502:
    case 503:
    case 504:
      return "unavailable";
    default:
      return "failed";
  }
}
