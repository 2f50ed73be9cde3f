import type { CallOptions, Connection } from "./connection.js";
import type { CheckRequest, CheckResponse, DenyRequest, DenyResponse } from "./gen/types.js";
import { methods } from "./methods.js";

/** The methods of DenylistService. Reach it as `SessionAuthority.denylist`. */
export class DenylistClient {
  readonly #connection: Connection;

  /** @internal */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Denies JWTs by their IDs, each until it expires. */
  deny(request: DenyRequest, call?: CallOptions): Promise<DenyResponse> {
    return this.#connection.callPlain(methods.deny, request, call);
  }

  /** Returns which JWTs are denied. */
  check(request: CheckRequest, call?: CallOptions): Promise<CheckResponse> {
    return this.#connection.callPlain(methods.check, request, call);
  }
}
