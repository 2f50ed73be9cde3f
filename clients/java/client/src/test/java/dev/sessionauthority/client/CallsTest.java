package dev.sessionauthority.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;

class CallsTest {
  @Test
  void aBrokenConnectionIsUnavailable() {
    Throwable broken = Status.UNKNOWN.withCause(new ClosedChannelException()).asRuntimeException();
    assertTrue(Calls.isUnavailable(broken));
    assertEquals(Status.Code.UNAVAILABLE, CallException.from(broken).code());
    Throwable failed = Status.UNKNOWN.withCause(new IllegalStateException()).asRuntimeException();
    assertFalse(Calls.isUnavailable(failed));
    assertEquals(Status.Code.UNKNOWN, CallException.from(failed).code());
  }
}
