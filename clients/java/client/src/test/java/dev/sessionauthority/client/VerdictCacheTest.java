package dev.sessionauthority.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Timestamp;
import dev.sessionauthority.session.v1.ClientContext;
import dev.sessionauthority.session.v1.Session;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VerdictCacheTest {
  private Instant now = Instant.parse("2030-01-01T00:00:00Z");
  private final Clock clock =
      new Clock() {
        @Override
        public Instant instant() {
          return now;
        }

        @Override
        public ZoneId getZone() {
          return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
          return this;
        }
      };
  private final VerdictCache cache = new VerdictCache(2, Duration.ofMinutes(1), clock);

  private static ByteBuffer key(String token) {
    return VerdictCache.key(Validation.of(Token.of(token)));
  }

  private ActiveSession session(Duration lifetime) {
    Timestamp end = Timestamp.newBuilder().setSeconds(now.plus(lifetime).getEpochSecond()).build();
    return new ActiveSession(Session.newBuilder().setExpiresAt(end).build(), Optional.empty());
  }

  private void assertLifetime(Duration expected, Duration ttl, Duration session) {
    cache.put(key("a"), session(session), ttl, cache.generation());
    Instant begin = now;
    now = begin.plus(expected).minusMillis(1);
    assertEquals(!expected.isZero(), cache.get(key("a")).isPresent());
    now = begin.plus(expected);
    assertFalse(cache.get(key("a")).isPresent());
  }

  @Test
  void aSessionIsReusedForAsLongAsTheServerPermits() {
    assertLifetime(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofHours(1));
    assertLifetime(Duration.ofMinutes(1), Duration.ofHours(1), Duration.ofHours(1));
    assertLifetime(Duration.ofSeconds(5), Duration.ofHours(1), Duration.ofSeconds(5));
    assertLifetime(Duration.ZERO, Duration.ZERO, Duration.ofHours(1));
  }

  @Test
  void theCacheIsBounded() {
    for (String name : new String[] {"a", "b", "c"}) {
      cache.put(key(name), session(Duration.ofHours(1)), Duration.ofMinutes(1), cache.generation());
      cache.get(key("a"));
    }
    assertTrue(cache.get(key("a")).isPresent());
    assertFalse(cache.get(key("b")).isPresent());
    assertTrue(cache.get(key("c")).isPresent());
  }

  @Test
  void aValidationThatAChangeOvertookIsNotCached() {
    long generation = cache.generation();
    cache.clear();
    cache.put(key("a"), session(Duration.ofHours(1)), Duration.ofMinutes(1), generation);
    assertFalse(cache.get(key("a")).isPresent());
  }

  @Test
  void requirementsAreNotAnsweredFromTheCache() {
    Validation plain = Validation.of(Token.of("a"));
    assertTrue(cache.admits(plain));
    assertFalse(cache.admits(plain.withRequirements(Requirements.NONE.withMinAssuranceLevel(1))));
    assertFalse(cache.admits(plain.withRequirements(Requirements.NONE.withMaxAuthAge(Duration.ofSeconds(1)))));
    assertFalse(cache.admits(plain.withRequirements(Requirements.NONE.withStrongConsistency())));
    assertFalse(new VerdictCache(0, Duration.ZERO, clock).admits(plain));
  }

  @Test
  void anotherClientIsAnotherVerdict() {
    Validation plain = Validation.of(Token.of("a"));
    ClientContext moved = ClientContext.newBuilder().setIp("192.0.2.1").build();
    assertNotEquals(VerdictCache.key(plain), VerdictCache.key(plain.withClient(moved)));
  }
}
