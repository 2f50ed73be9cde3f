package dev.sessionauthority.servlet;

import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashSet;
import java.util.Set;

/** Refuses changing requests that a page of another site makes a browser send with its cookies. */
final class OriginCheck {
  private static final Set<String> SAFE_METHODS = Set.of("GET", "HEAD", "OPTIONS");

  private final Set<String> trusted = new HashSet<>();

  void trust(String origin) {
    trusted.add(origin);
  }

  /**
   * Throws a {@link CrossSiteException} for a changing request of another site. One that opens a WebSocket counts as changing,
   * although its method is GET: the page could then send anything.
   */
  void check(HttpServletRequest request) {
    if (SAFE_METHODS.contains(request.getMethod()) && Headers.first(request, "Upgrade").isEmpty()) {
      return;
    }
    String site = Headers.first(request, "Sec-Fetch-Site");
    String origin = Headers.first(request, "Origin");
    boolean isOwn =
        site.isEmpty()
            // Not a browser, or an old one.
            ? origin.isEmpty() || hostOf(origin).equals(Headers.first(request, "Host"))
            : site.equals("same-origin") || site.equals("none");
    if (!isOwn && !trusted.contains(origin)) {
      throw new CrossSiteException();
    }
  }

  /** Returns host and port, or text that no Host header has. */
  private static String hostOf(String origin) {
    try {
      String authority = new URI(origin).getRawAuthority();
      return authority == null ? "?" : authority;
    } catch (URISyntaxException malformed) {
      return "?";
    }
  }
}
