package dev.sessionauthority.servlet;

import dev.sessionauthority.client.ActiveSession;
import dev.sessionauthority.client.Addresses;
import dev.sessionauthority.client.CallException;
import dev.sessionauthority.client.RejectedException;
import dev.sessionauthority.client.Requirements;
import dev.sessionauthority.client.Rotated;
import dev.sessionauthority.client.SessionAuthorityClient;
import dev.sessionauthority.client.SessionAuthorityException;
import dev.sessionauthority.client.Validation;
import dev.sessionauthority.session.v1.ClientContext;
import dev.sessionauthority.session.v1.RejectReason;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Lets only requests with an active session through, except for the paths that are listed as public or optional. Map it to {@code /*},
 * before every other filter that serves content.
 *
 * <p>Handlers get the session by {@link #session}. The filter responds itself to every other request:
 *
 * <ul>
 *   <li>401 without a session. The cookie is deleted.
 *   <li>403 if the user must authenticate again or more strongly, lacks a role, or if another site sent the request.
 *   <li>503 with Retry-After if it is unknown whether the user is signed in. The cookie is not touched. No option changes that
 *       to "signed in" or "signed out".
 *   <li>400 for a path that this filter and the application might read differently, such as one with {@code ..} or {@code
 *       ;}.
 * </ul>
 */
public class SessionFilter implements Filter {
  private static final String ATTRIBUTE = SessionFilter.class.getName();

  private final SessionAuthorityClient client;
  private final PathList publicPaths = new PathList();
  private final PathList optionalPaths = new PathList();
  private final List<RequiredPath> requiredPaths = new ArrayList<>();
  private final OriginCheck origins = new OriginCheck();
  private Function<HttpServletRequest, String> address = HttpServletRequest::getRemoteAddr;
  private Predicate<HttpServletRequest> isBackground = request -> false;
  private RefusalWriter writer = Refusal::writeProblem;
  private boolean rotates;

  /** The session of a request, and the token that it was validated by. */
  private record Validated(SessionFilter filter, ActiveSession session, PresentedToken token) {}

  /** A path that requires more than an active session. */
  private record RequiredPath(PathPattern path, Requirements required) {}

  /** Writes the body of a response to a request that is not let through. Status and headers are set. */
  @FunctionalInterface
  public interface RefusalWriter {
    /**
     * Writes the body.
     *
     * @param request the request
     * @param response the response, whose status and headers may be changed
     * @param refusal why the request is not let through
     * @throws IOException if the response cannot be written
     */
    void write(HttpServletRequest request, HttpServletResponse response, Refusal refusal) throws IOException;
  }

  /**
   * A filter that validates sessions.
   *
   * @param client validates the sessions
   */
  public SessionFilter(SessionAuthorityClient client) {
    this.client = client;
  }

  /**
   * Lets requests to a path through without a session.
   *
   * @param method the HTTP method; GET includes HEAD
   * @param path the path below the context path, exactly, or all paths below it if it ends in {@code /*}
   * @return this filter
   */
  public SessionFilter publicPath(String method, String path) {
    publicPaths.add(method, path);
    return this;
  }

  /**
   * Lets requests to a path through with and without a session. Handlers get it by {@link #optionalSession}. Without a verdict
   * the response is 503 as well.
   *
   * @param method the HTTP method; GET includes HEAD
   * @param path the path, as for {@link #publicPath}
   * @return this filter
   */
  public SessionFilter optionalPath(String method, String path) {
    optionalPaths.add(method, path);
    return this;
  }

  /**
   * Requires more of a session for a path, whatever the method, even if it is also listed as public or optional. A request
   * must meet all requirements whose paths match.
   *
   * @param path the path, as for {@link #publicPath}; {@code /path/*} includes {@code /path}, and a slash at the end does not
   *     matter
   * @param required the requirements
   * @return this filter
   */
  public SessionFilter requirePath(String path, Requirements required) {
    requiredPaths.add(new RequiredPath(new PathPattern(path), required));
    return this;
  }

  /**
   * Lets pages of another site send changing requests with the cookie, open WebSockets, and sign users in.
   *
   * @param origin the origin of the site, such as {@code https://app.example}
   * @return this filter
   */
  public SessionFilter trustedOrigin(String origin) {
    origins.trust(origin);
    return this;
  }

  /**
   * Replaces the function that returns the address of the user's device. By default it is the address of the connection.
   *
   * @param function returns the address of a request; see {@link #forwardedFor}
   * @return this filter
   */
  public SessionFilter clientAddress(Function<HttpServletRequest, String> function) {
    address = function;
    return this;
  }

  /**
   * Recognises requests that a page makes by itself, such as polling. They do not count as activity of the user.
   *
   * @param predicate recognises them
   * @return this filter
   */
  public SessionFilter background(Predicate<HttpServletRequest> predicate) {
    isBackground = predicate;
    return this;
  }

  /**
   * Replaces the bodies of responses to requests that are not let through.
   *
   * @param newWriter writes the body
   * @return this filter
   */
  public SessionFilter respondWith(RefusalWriter newWriter) {
    writer = newWriter;
    return this;
  }

  /**
   * Replaces the token in the cookie when the policy of the session asks for it. The client needs the role issuer or backend.
   *
   * @return this filter
   */
  public SessionFilter rotate() {
    rotates = true;
    return this;
  }

  /**
   * Returns a function for {@link #clientAddress}: the address that the outermost of your proxies saw, from the header
   * X-Forwarded-For, to which each of them appends. The number of proxies must be exact: entries further left were sent by the
   * client, which can write anything.
   *
   * @param proxies the number of proxies
   * @return the function
   */
  public static Function<HttpServletRequest, String> forwardedFor(int proxies) {
    return request -> {
      String[] entries = String.join(",", Headers.all(request, "X-Forwarded-For")).split(",", -1);
      return proxies < 1 || entries.length < proxies || entries[entries.length - proxies].isBlank()
          ? request.getRemoteAddr()
          : entries[entries.length - proxies];
    };
  }

  /**
   * Returns the session of a request that the filter has let through.
   *
   * @param request the request
   * @return the session, never null
   * @throws IllegalStateException if the path is public or optional and the request has no session, or if the filter is not
   *     installed
   */
  public static ActiveSession session(HttpServletRequest request) {
    return optionalSession(request)
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "the path is public or optional, or the SessionFilter is not mapped to it"));
  }

  /**
   * Returns the session of a request to an optional path.
   *
   * @param request the request
   * @return the session; empty if nobody is signed in
   */
  public static Optional<ActiveSession> optionalSession(HttpServletRequest request) {
    return validated(request).map(Validated::session);
  }

  /**
   * Returns the session of a request if it meets the requirements. Otherwise the exception makes the filter respond: let it
   * pass.
   *
   * @param request the request
   * @param required the requirements
   * @return the session, never null
   * @throws SessionAuthorityException if the verdict is another one, or unknown
   * @throws MissingRoleException if the session has none of the required roles
   */
  public static ActiveSession session(HttpServletRequest request, Requirements required) {
    ActiveSession session = session(request);
    Validated validated = validated(request).orElseThrow();
    if (required.needValidation()) {
      SessionFilter filter = validated.filter;
      session =
          filter.client.validate(
              Validation.of(validated.token.token())
                  .withClient(filter.describe(request))
                  .withRequirements(required)
                  .withoutActivity());
    }
    if (!required.admitRoles(session)) {
      throw new MissingRoleException();
    }
    return session;
  }

  private static Optional<Validated> validated(HttpServletRequest request) {
    return request.getAttribute(ATTRIBUTE) instanceof Validated validated
        ? Optional.of(validated)
        : Optional.empty();
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (!(request instanceof HttpServletRequest http) || !(response instanceof HttpServletResponse httpResponse)) {
      throw new ServletException("the SessionFilter protects HTTP only");
    }
    try {
      if (!Paths.isCanonical(http)) {
        refuse(http, httpResponse, Refusal.invalidPath());
        return;
      }
      List<Requirements> required = requirements(http);
      if (!required.isEmpty() || !publicPaths.contains(http) && !optionalPaths.contains(http)) {
        authenticate(http, httpResponse);
        required.forEach(requirements -> session(http, requirements));
      } else if (!publicPaths.contains(http)) {
        authenticateIfSignedIn(http, httpResponse);
      }
      chain.doFilter(request, response);
    } catch (RuntimeException | ServletException error) {
      Optional<Refusal> refusal = Refusal.from(error);
      if (refusal.isEmpty() || httpResponse.isCommitted()) {
        throw error;
      }
      httpResponse.resetBuffer();
      refuse(http, httpResponse, refusal.get());
    }
  }

  private List<Requirements> requirements(HttpServletRequest request) {
    return requiredPaths.stream()
        .filter(entry -> entry.path.mayHandle(request))
        .map(RequiredPath::required)
        .toList();
  }

  /** Puts the session into the request if there is one, or throws what a {@link Refusal} is made from. */
  private void authenticateIfSignedIn(HttpServletRequest request, HttpServletResponse response) {
    try {
      authenticate(request, response);
    } catch (NoSessionException | RejectedException signedOut) {
      Refusal.deleteRejectedCookie(request, response, signedOut);
    }
  }

  /** Puts the session into the request, or throws what a {@link Refusal} is made from. */
  private void authenticate(HttpServletRequest request, HttpServletResponse response) {
    if (validated(request).isPresent()) {
      return; // a dispatch within the application
    }
    PresentedToken token = PresentedToken.from(request);
    if (token.isFromCookie()) {
      origins.check(request);
    }
    Validation validation = Validation.of(token.token()).withClient(describe(request));
    if (isBackground.test(request)) {
      validation = validation.withoutActivity();
    }
    request.setAttribute(ATTRIBUTE, validate(response, validation, token));
  }

  private Validated validate(HttpServletResponse response, Validation validation, PresentedToken token) {
    ActiveSession session;
    try {
      session = client.validate(validation);
    } catch (RejectedException rejected) {
      if (!rotates || !token.isFromCookie() || !isRotatable(rejected)) {
        throw rejected;
      }
      Rotated rotated = client.rotate(token.token(), validation.client());
      Cookies.setSession(response, rotated.token(), rotated.session());
      session = client.validate(validation.withToken(rotated.token()));
      return new Validated(this, session, token.replacedBy(rotated.token()));
    }
    if (!rotates || !token.isFromCookie() || !session.shouldRotate(Instant.now())) {
      return new Validated(this, session, token);
    }
    try {
      Rotated rotated = client.rotate(token.token(), validation.client());
      Cookies.setSession(response, rotated.token(), rotated.session());
      return new Validated(this, session, token.replacedBy(rotated.token()));
    } catch (SessionAuthorityException notRotated) {
      // The token is still accepted, and the next request tries again.
      return new Validated(this, session, token);
    }
  }

  /** Returns whether the token is rejected although it may be exchanged for another one. */
  static boolean isRotatable(RejectedException rejected) {
    RejectReason reason = rejected.rejection().reason();
    return reason == RejectReason.REJECT_REASON_ROTATION_REQUIRED
        || reason == RejectReason.REJECT_REASON_TOKEN_ROTATED;
  }

  private void refuse(HttpServletRequest request, HttpServletResponse response, Refusal refusal)
      throws IOException {
    refusal.prepare(request, response);
    writer.write(request, response, refusal);
  }

  /**
   * Describes the client of a request, for calls of your own.
   *
   * @param request the request
   * @return the description
   */
  public ClientContext describe(HttpServletRequest request) {
    return ClientContext.newBuilder()
        .setIp(Addresses.canonical(address.apply(request)))
        .setUserAgent(Headers.first(request, "User-Agent"))
        .setAcceptLanguage(Headers.first(request, "Accept-Language"))
        .setAcceptEncoding(Headers.first(request, "Accept-Encoding"))
        .setDeviceId(Cookies.deviceId(request).orElse(""))
        .build();
  }

  /**
   * Returns the sign-in and sign-out of this filter.
   *
   * @return the helper
   */
  public SignIn signIn() {
    return new SignIn(client, this, origins);
  }

  /** Returns the token of a request that this filter has validated, which may be newer than that of its cookie. */
  Optional<PresentedToken> validatedToken(HttpServletRequest request) {
    return validated(request).map(Validated::token);
  }

  /** A failure of a call that the application makes on behalf of the user is no verdict on the session. */
  static boolean isUnavailable(CallException error) {
    return switch (error.code()) {
      case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED, RESOURCE_EXHAUSTED, INTERNAL, UNKNOWN -> true;
      default -> false;
    };
  }
}
