import type { CallOptions, Connection } from "./connection.js";
import { fromPlain, toPlain } from "./convert.js";
import type {
  AuditEvent,
  ForgetUserRequest,
  ForgetUserResponse,
  GetStatsRequest,
  GetStatsResponse,
  ListAlertsRequest,
  ListAlertsResponse,
  ListCredentialsResponse,
  ListEventsRequest,
  ListEventsResponse,
  ListNodesRequest,
  ListNodesResponse,
  ListTenantsRequest,
  ListTenantsResponse,
  PurgeResponse,
  RevokeWhereRequest,
  RevokeWhereResponse,
  SearchSessionsRequest,
  SearchSessionsResponse,
  SessionEntry,
} from "./gen/types.js";
import { methods } from "./methods.js";
import { toCallError } from "./status.js";
import type { ServiceError } from "@grpc/grpc-js";

/** The methods of AdminService. Reach it as `SessionAuthority.admin`. */
export class AdminClient {
  readonly #connection: Connection;
  readonly #onChange: () => void;

  /** @internal */
  constructor(connection: Connection, onChange: () => void) {
    this.#connection = connection;
    this.#onChange = onChange;
  }

  /** Returns one page of active and ended sessions, latest start first. */
  searchSessions(request: SearchSessionsRequest, call?: CallOptions): Promise<SearchSessionsResponse> {
    return this.#connection.callPlain(methods.searchSessions, request, call);
  }

  /** Returns all sessions that match, page after page. */
  async *searchAllSessions(request: SearchSessionsRequest, call?: CallOptions): AsyncGenerator<SessionEntry, void> {
    let pageToken = request.pageToken;
    do {
      const page = await this.searchSessions({ ...request, pageToken }, call);
      yield* page.sessions;
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
  }

  /** Returns one page of alerts, latest first, with the answers to them. */
  listAlerts(request: ListAlertsRequest, call?: CallOptions): Promise<ListAlertsResponse> {
    return this.#connection.callPlain(methods.listAlerts, request, call);
  }

  /** Returns one page of tenants, with their numbers of sessions, sign-ins and alerts. */
  listTenants(request: ListTenantsRequest, call?: CallOptions): Promise<ListTenantsResponse> {
    return this.#connection.callPlain(methods.listTenants, request, call);
  }

  /** Returns the nodes that run, with their condition. */
  listNodes(request: ListNodesRequest, call?: CallOptions): Promise<ListNodesResponse> {
    return this.#connection.callPlain(methods.listNodes, request, call);
  }

  /** Returns one page of the audit log. */
  listEvents(request: ListEventsRequest, call?: CallOptions): Promise<ListEventsResponse> {
    return this.#connection.callPlain(methods.listEvents, request, call);
  }

  /** Returns all events of the audit log that match, page after page. */
  async *listAllEvents(request: ListEventsRequest, call?: CallOptions): AsyncGenerator<AuditEvent, void> {
    let pageToken = request.pageToken;
    do {
      const page = await this.listEvents({ ...request, pageToken }, call);
      yield* page.events;
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
  }

  /** Returns numbers of sessions, sign-ins and endings. */
  getStats(request: GetStatsRequest = {}, call?: CallOptions): Promise<GetStatsResponse> {
    return this.#connection.callPlain(methods.getStats, request, call);
  }

  /** Removes sessions that have timed out. Repeat it until it returns 0. */
  purge(call?: CallOptions): Promise<PurgeResponse> {
    return this.#connection.callPlain(methods.purge, {}, call);
  }

  /** Ends the sessions that match a filter. Read all responses: the server works only while they are read, and leaving
   * the loop stops it. It is never sent twice; a repeated call completes an interrupted one. */
  async *revokeWhere(request: RevokeWhereRequest, call?: CallOptions): AsyncGenerator<RevokeWhereResponse, void> {
    const { revokeWhere } = methods;
    const message = fromPlain(revokeWhere.input, request);
    const timeoutMs = call?.timeoutMs ?? this.#connection.configuration.adminTimeoutMs;
    call?.signal?.throwIfAborted();
    const stream = this.#connection.openServerStream(revokeWhere, message, { ...call, timeoutMs });
    const cancel = () => {
      stream.cancel();
    };
    // The iterator reports errors; one that arrives after it has ended concerns nobody.
    stream.on("error", () => undefined);
    call?.signal?.addEventListener("abort", cancel);
    try {
      for await (const response of stream as AsyncIterable<Parameters<typeof toPlain>[1]>) {
        this.#onChange();
        yield toPlain<RevokeWhereResponse>(revokeWhere.output, response);
      }
    } catch (error) {
      call?.signal?.throwIfAborted();
      throw toCallError(revokeWhere.name, error as ServiceError);
    } finally {
      call?.signal?.removeEventListener("abort", cancel);
      cancel();
      this.#onChange();
    }
  }

  /** Ends all sessions of a user and erases the personal data of the user. */
  async forgetUser(request: ForgetUserRequest, call?: CallOptions): Promise<ForgetUserResponse> {
    try {
      return await this.#connection.callPlain(methods.forgetUser, request, call);
    } finally {
      this.#onChange();
    }
  }

  /** Returns the credentials of callers, and when each was last used. */
  listCredentials(call?: CallOptions): Promise<ListCredentialsResponse> {
    return this.#connection.callPlain(methods.listCredentials, {}, call);
  }
}
