package dev.sessionauthority.servlet;

import dev.sessionauthority.client.ActiveSession;
import dev.sessionauthority.client.Token;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** The cookies of sessions and devices: for this host only, out of the reach of scripts and of other sites. */
final class Cookies {
  static final String SESSION = "__Host-session";
  static final String DEVICE = "__Host-device";

  /** The greatest age that browsers accept, in seconds. */
  private static final long DEVICE_AGE = 400L * 24 * 60 * 60;

  private static final SecureRandom RANDOM = new SecureRandom();

  private Cookies() {}

  /** Returns the values of the session cookie. */
  static List<String> sessions(HttpServletRequest request) {
    return values(request, SESSION);
  }

  static Optional<String> deviceId(HttpServletRequest request) {
    return values(request, DEVICE).stream().filter(id -> !id.isEmpty()).findFirst();
  }

  private static List<String> values(HttpServletRequest request, String name) {
    Cookie[] cookies = request.getCookies();
    return cookies == null
        ? List.of()
        : Arrays.stream(cookies).filter(cookie -> cookie.getName().equals(name)).map(Cookie::getValue).toList();
  }

  /** Puts the token into the cookie. It ends with the browser, unless the session is remembered. */
  static void setSession(HttpServletResponse response, Token token, ActiveSession session) {
    String age = "";
    if (session.message().getRemembered()) {
      long remaining = session.message().getExpiresAt().getSeconds() - Instant.now().getEpochSecond();
      age = "; Max-Age=" + Math.max(1, remaining);
    }
    set(response, SESSION, token.reveal(), age);
  }

  static void deleteSession(HttpServletResponse response) {
    set(response, SESSION, "", "; Max-Age=0");
  }

  /** Gives the browser an ID, and returns it. */
  static String setDeviceId(HttpServletResponse response) {
    byte[] random = new byte[16];
    RANDOM.nextBytes(random);
    String id = HexFormat.of().formatHex(random);
    set(response, DEVICE, id, "; Max-Age=" + DEVICE_AGE);
    return id;
  }

  private static void set(HttpServletResponse response, String name, String value, String age) {
    response.addHeader("Set-Cookie", name + "=" + value + "; Path=/" + age + "; Secure; HttpOnly; SameSite=Lax");
    response.setHeader("Cache-Control", "no-store");
  }
}
