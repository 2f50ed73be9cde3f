package dev.sessionauthority.servlet;

import dev.sessionauthority.client.ActiveSession;
import dev.sessionauthority.client.Token;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The cookies of sessions and devices: for this host only, out of the reach of scripts and of other sites. */
final class Cookies {
  static final String SESSION = "__Host-session";
  static final String DEVICE = "__Host-device";

  /** The greatest age that browsers accept, in seconds. */
  private static final long DEVICE_AGE = 400L * 24 * 60 * 60;

  private static final Pattern AROUND = Pattern.compile("^[ \\t]+|[ \\t]+$");
  private static final Pattern QUOTES = Pattern.compile("^\"(.*)\"$");

  private static final SecureRandom RANDOM = new SecureRandom();

  private Cookies() {}

  /** Returns the values of the session cookie. */
  static List<String> sessions(HttpServletRequest request) {
    return values(request, SESSION);
  }

  static Optional<String> deviceId(HttpServletRequest request) {
    return values(request, DEVICE).stream().filter(id -> !id.isEmpty()).findFirst();
  }

  /**
   * Returns the values of a cookie, read from the header: some containers still read cookies as RFC 2109 had them, and then find
   * one with this name in the value of a cookie that another host has set.
   */
  private static List<String> values(HttpServletRequest request, String name) {
    return Headers.all(request, "Cookie").stream()
        .flatMap(header -> Arrays.stream(header.split(";")))
        .map(pair -> pair.split("=", 2))
        .filter(pair -> pair.length == 2 && trim(pair[0]).equals(name))
        .map(pair -> QUOTES.matcher(trim(pair[1])).replaceFirst("$1"))
        .toList();
  }

  /** Returns text without the whitespace of HTTP around it. Other whitespace may belong to the name of another cookie. */
  private static String trim(String text) {
    return AROUND.matcher(text).replaceAll("");
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
