package dev.sessionauthority.servlet;

import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.List;

/** The paths that need no session. */
final class PublicPaths {
  private final List<PublicPath> paths = new ArrayList<>();

  private record PublicPath(String method, String path) {
    boolean matches(String requestMethod, String requestPath) {
      boolean isMethod = method.equals(requestMethod) || (method.equals("GET") && requestMethod.equals("HEAD"));
      return isMethod
          && (path.endsWith("/*")
              ? requestPath.startsWith(path.substring(0, path.length() - 1))
              : requestPath.equals(path));
    }
  }

  void add(String method, String path) {
    if (!path.startsWith("/") || path.indexOf('*') >= 0 && path.indexOf('*') != path.length() - 1) {
      throw new IllegalArgumentException("a public path starts with / and may end in /*: " + path);
    }
    if (path.endsWith("*") && !path.endsWith("/*")) {
      throw new IllegalArgumentException("a public path ends in /* or in no wildcard: " + path);
    }
    paths.add(new PublicPath(method, path));
  }

  boolean contains(HttpServletRequest request) {
    String path = Paths.of(request);
    return paths.stream().anyMatch(entry -> entry.matches(request.getMethod(), path.isEmpty() ? "/" : path));
  }
}
