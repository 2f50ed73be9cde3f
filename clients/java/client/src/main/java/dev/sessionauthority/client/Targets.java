package dev.sessionauthority.client;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/** Targets of connections. */
final class Targets {
  private Targets() {}

  /**
   * Returns whether the target is on this machine: a loopback address, {@code localhost} or a Unix socket. A target whose
   * form is unknown is not. Nothing is looked up.
   */
  static boolean isLocal(String target) {
    if (target.startsWith("unix:")) {
      return true;
    }
    String endpoint = target;
    if (target.startsWith("dns:///")) {
      endpoint = target.substring("dns:///".length());
    } else if (target.contains("/")) {
      return false;
    }
    try {
      String host = new URI("dns://" + endpoint).getHost();
      return host != null && isLoopback(host.toLowerCase(Locale.ROOT));
    } catch (URISyntaxException malformed) {
      return false;
    }
  }

  private static boolean isLoopback(String host) {
    if (host.equals("localhost") || host.equals("[::1]")) {
      return true;
    }
    String octet = "(25[0-5]|2[0-4]\\d|1?\\d?\\d)";
    return host.matches("127\\." + octet + "\\." + octet + "\\." + octet);
  }
}
