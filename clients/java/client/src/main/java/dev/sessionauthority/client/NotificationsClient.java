package dev.sessionauthority.client;

import dev.sessionauthority.session.v1.AckRequest;
import dev.sessionauthority.session.v1.AckResponse;
import dev.sessionauthority.session.v1.AnswerLinkRequest;
import dev.sessionauthority.session.v1.AnswerLinkResponse;
import dev.sessionauthority.session.v1.ExtendRequest;
import dev.sessionauthority.session.v1.ExtendResponse;
import dev.sessionauthority.session.v1.GetQueueStatsRequest;
import dev.sessionauthority.session.v1.GetQueueStatsResponse;
import dev.sessionauthority.session.v1.LeaseRequest;
import dev.sessionauthority.session.v1.LeaseResponse;
import dev.sessionauthority.session.v1.NotificationServiceGrpc;
import dev.sessionauthority.session.v1.RequeueRequest;
import dev.sessionauthority.session.v1.RequeueResponse;
import io.grpc.Channel;
import java.time.Duration;

/** The calls for services that send notifications to users. Every failure is a {@link CallException}. */
public final class NotificationsClient {
  private final NotificationServiceGrpc.NotificationServiceBlockingStub stub;
  private final Calls calls;
  private final Duration timeout;
  private final VerdictCache cache;

  NotificationsClient(Channel channel, Calls calls, Duration timeout, VerdictCache cache) {
    this.stub = NotificationServiceGrpc.newBlockingStub(channel);
    this.calls = calls;
    this.timeout = timeout;
    this.cache = cache;
  }

  /**
   * Returns a consumer of notifications, which makes the calls in the right order.
   *
   * @param handler delivers a notification
   * @return the consumer
   */
  public NotificationConsumer consumer(NotificationHandler handler) {
    return new NotificationConsumer(this, handler);
  }

  /**
   * Leases notifications, which no other call returns until the lease ends. It is not retried: each call leases other
   * notifications.
   *
   * @param request how many and for how long
   * @return the notifications and the lease
   */
  public LeaseResponse lease(LeaseRequest request) {
    return calls.call(stub, timeout, stub -> stub.lease(request));
  }

  /**
   * Acknowledges notifications that were delivered, so that they are never leased again.
   *
   * @param request the lease and the notifications
   * @return those that were acknowledged
   */
  public AckResponse ack(AckRequest request) {
    return calls.call(stub, timeout, stub -> stub.ack(request));
  }

  /**
   * Changes the end of the lease of notifications. A timeout of zero gives them back.
   *
   * @param request the lease, the notifications and the time
   * @return those whose lease was changed
   */
  public ExtendResponse extend(ExtendRequest request) {
    return calls.call(stub, timeout, stub -> stub.extend(request));
  }

  /**
   * Records the answer to an alert by the token of a link, or only checks the token.
   *
   * @param request the token
   * @return the answer
   */
  public AnswerLinkResponse answerLink(AnswerLinkRequest request) {
    try {
      return calls.call(stub, timeout, stub -> stub.answerLink(request));
    } finally {
      cache.clear();
    }
  }

  /**
   * Counts the notifications of the queue, and lists dead ones.
   *
   * @param request the tenant
   * @return the numbers
   */
  public GetQueueStatsResponse getQueueStats(GetQueueStatsRequest request) {
    return calls.call(stub, timeout, stub -> stub.getQueueStats(request));
  }

  /**
   * Puts dead notifications back into the queue. It is not retried, because a repeated call counts only what is dead again.
   *
   * @param request the notifications
   * @return their number
   */
  public RequeueResponse requeue(RequeueRequest request) {
    return calls.call(stub, timeout, stub -> stub.requeue(request));
  }
}
