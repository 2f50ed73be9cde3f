package dev.sessionauthority.client;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Objects;

/**
 * The secret token of a session. It is never printed: {@link #toString} returns {@code sa_…}. Use {@link #reveal} to put it
 * into a cookie.
 */
public final class Token implements RevokeTarget {
  /** Longer text is no token, and neither is its beginning: a token has at most 128 characters. */
  private static final int MAX_SENT_LENGTH = 256;

  private final String secret;

  private Token(String secret) {
    this.secret = secret;
  }

  /**
   * Returns the token with the given text. Any text is accepted; the server rejects text that is no token.
   *
   * @param text the text, as sent by the user's device
   * @return the token
   */
  public static Token of(String text) {
    return new Token(Objects.requireNonNull(text, "text"));
  }

  /**
   * Returns the text of the token. Give it to the user's device, and to nobody else.
   *
   * @return the text
   */
  public String reveal() {
    return secret;
  }

  /**
   * Returns the text to send. Text that is too long, or that is not valid Unicode, cannot be sent and is no token either;
   * what is sent instead is rejected in the same way.
   */
  String wireText() {
    return Text.transmissible(secret, MAX_SENT_LENGTH);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Token token
        && MessageDigest.isEqual(
            secret.getBytes(StandardCharsets.UTF_8), token.secret.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public int hashCode() {
    return secret.hashCode();
  }

  /** Returns {@code sa_…}, whatever the token. */
  @Override
  public String toString() {
    return "sa_…";
  }
}
