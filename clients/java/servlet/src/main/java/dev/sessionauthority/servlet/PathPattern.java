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

  boolean matches(HttpServletRequest request) {
    String requested = Paths.of(request);
    return path.endsWith("/*")
        ? requested.startsWith(path.substring(0, path.length() - 1))
        : (requested.isEmpty() ? "/" : requested).equals(path);
  }
}
