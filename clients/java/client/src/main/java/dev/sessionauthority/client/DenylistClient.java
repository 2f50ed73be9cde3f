package dev.sessionauthority.client;

import dev.sessionauthority.session.v1.CheckRequest;
import dev.sessionauthority.session.v1.CheckResponse;
import dev.sessionauthority.session.v1.DenyRequest;
import dev.sessionauthority.session.v1.DenyResponse;
import dev.sessionauthority.session.v1.DenylistServiceGrpc;
import io.grpc.Channel;
import java.time.Duration;

/** The calls for the IDs of JWTs that must no longer be accepted. Every failure is a {@link CallException}. */
public final class DenylistClient {
  private final DenylistServiceGrpc.DenylistServiceBlockingStub stub;
  private final Calls calls;
  private final Duration timeout;

  DenylistClient(Channel channel, Calls calls, Duration timeout) {
    this.stub = DenylistServiceGrpc.newBlockingStub(channel);
    this.calls = calls;
    this.timeout = timeout;
  }

  /**
   * Denies JWTs by their IDs, each until its JWT expires.
   *
   * @param request the JWTs
   * @return their numbers
   */
  public DenyResponse deny(DenyRequest request) {
    return calls.call(stub, timeout, stub -> stub.deny(request));
  }

  /**
   * Returns whether JWTs are denied. A failure means that there is no verdict: never treat it as "not denied".
   *
   * @param request the IDs
   * @return the verdicts, in the order of the IDs
   */
  public CheckResponse check(CheckRequest request) {
    return calls.call(stub, timeout, stub -> stub.check(request));
  }
}
