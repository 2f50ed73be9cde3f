package dev.sessionauthority.servlet;

import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Paths of requests. */
final class Paths {
  /** What containers, frameworks and proxies read in different ways. */
  private static final List<String> AMBIGUOUS =
      List.of(";", "\\", "//", "/./", "/../", "%2f", "%5c", "%2e", "%3b", "%25", "%00", "%0a", "%0d");

  private Paths() {}

  /** Returns whether everybody reads the path in the same way. */
  static boolean isCanonical(HttpServletRequest request) {
    String raw = request.getRequestURI().toLowerCase(Locale.ROOT);
    return raw.startsWith("/")
        && !raw.endsWith("/.")
        && !raw.endsWith("/..")
        && AMBIGUOUS.stream().noneMatch(raw::contains);
  }

  /** Returns the decoded path below the context path, by which the container routes. */
  static String of(HttpServletRequest request) {
    return Optional.ofNullable(request.getServletPath()).orElse("")
        + Optional.ofNullable(request.getPathInfo()).orElse("");
  }
}
