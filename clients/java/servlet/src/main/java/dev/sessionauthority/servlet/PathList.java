package dev.sessionauthority.servlet;

import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.List;

/** A list of methods and paths. */
final class PathList {
  private final List<Entry> entries = new ArrayList<>();

  private record Entry(String method, PathPattern path) {
    boolean matches(HttpServletRequest request) {
      String requested = request.getMethod();
      return (method.equals(requested) || method.equals("GET") && requested.equals("HEAD")) && path.matches(request);
    }
  }

  void add(String method, String path) {
    entries.add(new Entry(method, new PathPattern(path)));
  }

  boolean contains(HttpServletRequest request) {
    return entries.stream().anyMatch(entry -> entry.matches(request));
  }
}
