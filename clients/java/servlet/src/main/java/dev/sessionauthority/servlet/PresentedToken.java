package dev.sessionauthority.servlet;

import dev.sessionauthority.client.Token;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.List;

/**
 * The token of a request.
 *
 * @param token the token
 * @param isFromCookie whether the browser sent the token by itself, possibly for another site
 */
record PresentedToken(Token token, boolean isFromCookie) {
  /**
   * Returns the token of the header {@code Authorization: Bearer} or of the cookie. Different tokens in one request are
   * refused, because another program may choose another one of them.
   */
  static PresentedToken from(HttpServletRequest request) {
    List<String> bearer = new ArrayList<>();
    for (String value : Headers.all(request, "Authorization")) {
      if (value.regionMatches(true, 0, "Bearer ", 0, "Bearer ".length())) {
        bearer.add(value.substring("Bearer ".length()).strip());
      }
    }
    List<String> all = new ArrayList<>(bearer);
    all.addAll(Cookies.sessions(request));
    all.removeIf(String::isEmpty);
    List<Token> distinct = all.stream().distinct().map(Token::of).toList();
    if (distinct.isEmpty()) {
      throw new NoSessionException("the request has no session");
    }
    if (distinct.size() > 1) {
      throw new NoSessionException("the request has several sessions");
    }
    bearer.removeIf(String::isEmpty);
    return new PresentedToken(distinct.get(0), bearer.isEmpty());
  }

  PresentedToken replacedBy(Token newer) {
    return new PresentedToken(newer, isFromCookie);
  }
}
