package dev.sessionauthority.servlet;

import jakarta.servlet.http.HttpServletRequest;

/** A path below the context path: exactly, or all paths below it if it ends in {@code /*}. */
record PathPattern(String path) {
  PathPattern {
    if (!path.startsWith("/") || path.indexOf('*') >= 0 && path.indexOf('*') != path.length() - 1) {
      throw new IllegalArgumentException("a path starts with / and may end in /*: " + path);
    }
    if (path.endsWith("*") && !path.endsWith("/*")) {
      throw new IllegalArgumentException("a path ends in /* or in no wildcard: " + path);
    }
  }

  /** Returns whether the request is to this path. */
  boolean matches(HttpServletRequest request) {
    return matches(Paths.of(request));
  }

  /**
   * Returns whether a handler of this path may get the request: {@code /path/*} is mapped to {@code /path} too, and routers may
   * ignore a slash at the end.
   */
  boolean mayHandle(HttpServletRequest request) {
    String requested = Paths.of(request);
    String withSlash = requested.endsWith("/") ? requested : requested + "/";
    return matches(withSlash) || matches(withSlash.substring(0, withSlash.length() - 1));
  }

  private boolean matches(String requested) {
    return path.endsWith("/*")
        ? requested.startsWith(path.substring(0, path.length() - 1))
        : (requested.isEmpty() ? "/" : requested).equals(path);
  }
}
