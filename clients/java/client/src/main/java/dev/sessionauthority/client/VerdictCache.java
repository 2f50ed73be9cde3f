package dev.sessionauthority.client;

import dev.sessionauthority.session.v1.Consistency;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The sessions that were used most recently. It contains digests of tokens only. */
final class VerdictCache {
  /** A session, until it must be validated again. */
  private record Entry(ActiveSession session, Instant expires) {}

  private final int maxEntries;
  private final Duration maxTtl;
  private final Clock clock;
  private final Map<ByteBuffer, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);
  private long generation;

  VerdictCache(int maxEntries, Duration maxTtl, Clock clock) {
    this.maxEntries = maxEntries;
    this.maxTtl = maxTtl;
    this.clock = clock;
  }

  /** Returns whether the verdict on the request may be reused. */
  boolean admits(Validation request) {
    return maxEntries > 0
        && request.maxAuthAge().isEmpty()
        && request.minAssuranceLevel() == 0
        && request.consistency() != Consistency.CONSISTENCY_STRONG;
  }

  /** Returns the digest of the token and of everything else that the verdict depends on. */
  static ByteBuffer key(Validation request) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      // The whole token, not what is sent of it.
      byte[] token = digest.digest(request.token().reveal().getBytes(StandardCharsets.UTF_8));
      byte[] message =
          request.withToken(Token.of("")).message().toByteArray();
      digest.update(token);
      return ByteBuffer.wrap(digest.digest(message));
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every Java platform has SHA-256", missing);
    }
  }

  synchronized Optional<ActiveSession> get(ByteBuffer key) {
    Entry entry = entries.get(key);
    if (entry == null) {
      return Optional.empty();
    }
    if (!clock.instant().isBefore(entry.expires)) {
      entries.remove(key);
      return Optional.empty();
    }
    return Optional.of(entry.session);
  }

  synchronized long generation() {
    return generation;
  }

  /**
   * Caches the session unless the cache was cleared since the given generation, which was current before the validation:
   * the verdict may then be older than the change.
   */
  synchronized void put(ByteBuffer key, ActiveSession session, Duration ttl, long startedIn) {
    Duration reuse = ttl.compareTo(maxTtl) < 0 ? ttl : maxTtl;
    if (startedIn != generation || reuse.isNegative() || reuse.isZero()) {
      return;
    }
    Instant expires = clock.instant().plus(reuse);
    if (session.message().hasExpiresAt()) {
      expires = earlier(expires, Times.instant(session.message().getExpiresAt()));
    }
    if (session.message().hasIdleExpiresAt()) {
      expires = earlier(expires, Times.instant(session.message().getIdleExpiresAt()));
    }
    entries.put(key, new Entry(session, expires));
    if (entries.size() > maxEntries) {
      entries.remove(entries.keySet().iterator().next());
    }
  }

  /** Forgets everything, including verdicts of validations that are in flight. */
  synchronized void clear() {
    generation++;
    entries.clear();
  }

  private static Instant earlier(Instant left, Instant right) {
    return left.isBefore(right) ? left : right;
  }
}
