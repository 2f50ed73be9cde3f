package dev.sessionauthority.client;

import dev.sessionauthority.session.v1.AdminServiceGrpc;
import dev.sessionauthority.session.v1.ForgetUserRequest;
import dev.sessionauthority.session.v1.ForgetUserResponse;
import dev.sessionauthority.session.v1.GetStatsRequest;
import dev.sessionauthority.session.v1.GetStatsResponse;
import dev.sessionauthority.session.v1.ListAlertsRequest;
import dev.sessionauthority.session.v1.ListAlertsResponse;
import dev.sessionauthority.session.v1.ListCredentialsRequest;
import dev.sessionauthority.session.v1.ListCredentialsResponse;
import dev.sessionauthority.session.v1.ListEventsRequest;
import dev.sessionauthority.session.v1.ListEventsResponse;
import dev.sessionauthority.session.v1.ListNodesRequest;
import dev.sessionauthority.session.v1.ListNodesResponse;
import dev.sessionauthority.session.v1.ListTenantsRequest;
import dev.sessionauthority.session.v1.ListTenantsResponse;
import dev.sessionauthority.session.v1.PurgeRequest;
import dev.sessionauthority.session.v1.RevokeWhereRequest;
import dev.sessionauthority.session.v1.RevokeWhereResponse;
import dev.sessionauthority.session.v1.SearchSessionsRequest;
import dev.sessionauthority.session.v1.SearchSessionsResponse;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Iterator;
import java.util.function.Consumer;

/** The calls for administrators and their tools. Every failure is a {@link CallException}. */
public final class AdminClient {
  private final AdminServiceGrpc.AdminServiceBlockingStub stub;
  private final Calls calls;
  private final Duration timeout;
  private final VerdictCache cache;

  AdminClient(Channel channel, Calls calls, Duration timeout, VerdictCache cache) {
    this.stub = AdminServiceGrpc.newBlockingStub(channel);
    this.calls = calls;
    this.timeout = timeout;
    this.cache = cache;
  }

  /**
   * Returns a page of active and ended sessions, latest start first.
   *
   * @param request the filter and the page
   * @return the page
   */
  public SearchSessionsResponse searchSessions(SearchSessionsRequest request) {
    return calls.call(stub, timeout, stub -> stub.searchSessions(request));
  }

  /**
   * Returns a page of events of the audit log.
   *
   * @param request the filter and the page
   * @return the page
   */
  public ListEventsResponse listEvents(ListEventsRequest request) {
    return calls.call(stub, timeout, stub -> stub.listEvents(request));
  }

  /**
   * Returns numbers of sessions, sign-ins and session endings.
   *
   * @param request what to count
   * @return the numbers
   */
  public GetStatsResponse getStats(GetStatsRequest request) {
    return calls.call(stub, timeout, stub -> stub.getStats(request));
  }

  /**
   * Returns one page of alerts, latest first, with the answers to them.
   *
   * @param request the request
   * @return the response
   */
  public ListAlertsResponse listAlerts(ListAlertsRequest request) {
    return calls.call(stub, timeout, stub -> stub.listAlerts(request));
  }

  /**
   * Returns one page of tenants, with their numbers of sessions, sign-ins and alerts.
   *
   * @param request the request
   * @return the response
   */
  public ListTenantsResponse listTenants(ListTenantsRequest request) {
    return calls.call(stub, timeout, stub -> stub.listTenants(request));
  }

  /**
   * Returns the nodes that run, with their condition.
   *
   * @param request the request
   * @return the response
   */
  public ListNodesResponse listNodes(ListNodesRequest request) {
    return calls.call(stub, timeout, stub -> stub.listNodes(request));
  }

  /**
   * Returns the credentials of callers, and when each was last used.
   *
   * @return the credentials
   */
  public ListCredentialsResponse listCredentials() {
    return calls.call(
        stub, timeout, stub -> stub.listCredentials(ListCredentialsRequest.getDefaultInstance()));
  }

  /**
   * Removes sessions that have timed out.
   *
   * @return their number
   */
  public long purge() {
    return calls.call(stub, timeout, stub -> stub.purge(PurgeRequest.getDefaultInstance())).getPurgedCount();
  }

  /**
   * Ends all sessions of a user and erases the user's personal data.
   *
   * @param request the user
   * @return what was erased and what remains
   */
  public ForgetUserResponse forgetUser(ForgetUserRequest request) {
    try {
      return calls.call(stub, timeout, stub -> stub.forgetUser(request));
    } finally {
      cache.clear();
    }
  }

  /**
   * Ends the active sessions that match a filter, or only counts them. It is not retried; a repeated call completes an
   * interrupted one.
   *
   * @param request the filter
   * @param progress takes each report of the progress; the last one has {@code done}
   */
  public void revokeWhere(RevokeWhereRequest request, Consumer<RevokeWhereResponse> progress) {
    calls.reconnectIfFailed();
    Context.CancellableContext context = Context.current().withCancellation();
    Context previous = context.attach();
    try {
      Iterator<RevokeWhereResponse> responses = Calls.withDeadline(stub, timeout).revokeWhere(request);
      while (responses.hasNext()) {
        progress.accept(responses.next());
      }
    } catch (StatusRuntimeException error) {
      throw CallException.from(error);
    } finally {
      context.detach(previous);
      context.cancel(null);
      cache.clear();
    }
  }
}
