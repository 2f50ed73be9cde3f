package dev.sessionauthority.client;

import dev.sessionauthority.session.v1.ClientContext;
import java.nio.charset.StandardCharsets;

/** Text that a browser controls and the protocol must be able to carry. */
final class Text {
  private Text() {}

  /** Returns the text, truncated to a number of characters, with {@code ?} in place of unpaired surrogates. */
  static String transmissible(String text, int limit) {
    String truncated = text.length() > limit ? text.substring(0, limit) : text;
    // The encoder replaces what is not valid Unicode by "?".
    return new String(truncated.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }

  /** Returns the client context within the limits of the contract, so that no browser can make a call fail. */
  static ClientContext transmissible(ClientContext client) {
    return ClientContext.newBuilder()
        .setIp(transmissible(client.getIp(), 64))
        .setUserAgent(transmissible(client.getUserAgent(), 1024))
        .setAcceptLanguage(transmissible(client.getAcceptLanguage(), 256))
        .setAcceptEncoding(transmissible(client.getAcceptEncoding(), 256))
        // The server ignores an ID of more than 128 bytes. A shortened one would be another ID.
        .setDeviceId(transmissible(client.getDeviceId(), 256))
        .setCountry(transmissible(client.getCountry(), 16))
        .build();
  }
}
