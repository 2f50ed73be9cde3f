package dev.sessionauthority.servlet;

import dev.sessionauthority.client.ActiveSession;
import dev.sessionauthority.client.CallException;
import dev.sessionauthority.client.Created;
import dev.sessionauthority.client.Revocation;
import dev.sessionauthority.client.SessionAuthorityClient;
import dev.sessionauthority.client.Token;
import dev.sessionauthority.session.v1.ClientContext;
import dev.sessionauthority.session.v1.CreateRequest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/** Sign-in and sign-out of browsers. Get it from {@link SessionFilter#signIn()}. */
public final class SignIn {
  /** Limits the sessions that a sign-in ends. A browser has one. */
  private static final int MAX_OLD_SESSIONS = 4;

  private final SessionAuthorityClient client;
  private final SessionFilter filter;
  private final OriginCheck origins;

  SignIn(SessionAuthorityClient client, SessionFilter filter, OriginCheck origins) {
    this.client = client;
    this.filter = filter;
    this.origins = origins;
  }

  /**
   * Creates a session and sets the cookie. Call it after you have checked the credentials. It describes the client by the
   * request unless the terms do, and gives the browser a device ID. If the browser has a session already, that session is
   * signed out first.
   *
   * @param request the request, which another site must not have sent
   * @param response the response, which gets the cookies
   * @param terms the terms of the session
   * @return the session
   * @throws CallException if the session cannot be created; no cookie was set for it
   * @throws CrossSiteException if a page of another site sent the request
   */
  public Created signIn(HttpServletRequest request, HttpServletResponse response, CreateRequest terms) {
    // Another site must not be able to sign its visitors in to an account of its own.
    origins.check(request);
    CreateRequest.Builder complete = terms.toBuilder();
    if (!terms.hasClient()) {
      ClientContext context = filter.describe(request);
      String device = Cookies.deviceId(request).orElseGet(() -> Cookies.setDeviceId(response));
      complete.setClient(context.toBuilder().setDeviceId(device));
    }
    Cookies.sessions(request).stream()
        .limit(MAX_OLD_SESSIONS)
        .forEach(old -> client.revoke(Revocation.of(Token.of(old)).asSignOut()));
    Created created = client.create(complete.build());
    String used = created.session().message().getDevice().getDeviceId();
    if (!used.equals(complete.getClient().getDeviceId())) {
      Cookies.setDeviceId(response); // the server could not use the one of the browser
    }
    Cookies.setSession(response, created.token(), created.session());
    return created;
  }

  /**
   * Ends the session of the request and deletes the cookie. A request without a session is no error.
   *
   * @param request the request
   * @param response the response
   * @throws CallException if the session may still be active; the cookie is not deleted then
   * @throws CrossSiteException if a page of another site sent the request
   */
  public void signOut(HttpServletRequest request, HttpServletResponse response) {
    PresentedToken token;
    try {
      token = filter.validatedToken(request).orElseGet(() -> PresentedToken.from(request));
    } catch (NoSessionException none) {
      return;
    }
    if (token.isFromCookie()) {
      origins.check(request);
    }
    client.revoke(Revocation.of(token.token()).asSignOut());
    if (token.isFromCookie()) {
      Cookies.deleteSession(response);
    }
  }

  /**
   * Sets the cookie to a new token of the session, as returned by an update with {@code rotate}.
   *
   * @param response the response
   * @param token the new token
   * @param session the session
   */
  public void replaceToken(HttpServletResponse response, Token token, ActiveSession session) {
    Cookies.setSession(response, token, session);
  }
}
