package dev.sessionauthority.client;

import dev.sessionauthority.session.v1.AddWebhookRequest;
import dev.sessionauthority.session.v1.AddWebhookResponse;
import dev.sessionauthority.session.v1.EnableWebhookRequest;
import dev.sessionauthority.session.v1.EnableWebhookResponse;
import dev.sessionauthority.session.v1.ListDeadLettersRequest;
import dev.sessionauthority.session.v1.ListDeadLettersResponse;
import dev.sessionauthority.session.v1.ListWebhooksRequest;
import dev.sessionauthority.session.v1.ListWebhooksResponse;
import dev.sessionauthority.session.v1.RemoveWebhookRequest;
import dev.sessionauthority.session.v1.RemoveWebhookResponse;
import dev.sessionauthority.session.v1.ReplayWebhookRequest;
import dev.sessionauthority.session.v1.ReplayWebhookResponse;
import dev.sessionauthority.session.v1.TestWebhookRequest;
import dev.sessionauthority.session.v1.TestWebhookResponse;
import dev.sessionauthority.session.v1.UpdateWebhookRequest;
import dev.sessionauthority.session.v1.UpdateWebhookResponse;
import dev.sessionauthority.session.v1.WebhookServiceGrpc;
import io.grpc.Channel;
import java.time.Duration;

/**
 * The calls for endpoints of other systems that receive events and alerts. They need the role admin. Every failure is a {@link
 * CallException}.
 */
public final class WebhooksClient {
  private final WebhookServiceGrpc.WebhookServiceBlockingStub stub;
  private final Calls calls;
  private final Duration timeout;

  WebhooksClient(Channel channel, Calls calls, Duration timeout) {
    this.stub = WebhookServiceGrpc.newBlockingStub(channel);
    this.calls = calls;
    this.timeout = timeout;
  }

  /**
   * Returns all endpoints with their progress.
   *
   * @return the endpoints
   */
  public ListWebhooksResponse listWebhooks() {
    return calls.call(stub, timeout, stub -> stub.listWebhooks(ListWebhooksRequest.getDefaultInstance()));
  }

  /**
   * Adds an endpoint. It is not retried: if the response is lost, so is the secret.
   *
   * @param request the endpoint
   * @return the secret that signs its messages
   */
  public AddWebhookResponse addWebhook(AddWebhookRequest request) {
    return calls.call(stub, timeout, stub -> stub.addWebhook(request));
  }

  /**
   * Replaces the settings of an endpoint. It is not retried, because each call may generate another secret.
   *
   * @param request the endpoint
   * @return the new secret, if the request asked for one
   */
  public UpdateWebhookResponse updateWebhook(UpdateWebhookRequest request) {
    return calls.call(stub, timeout, stub -> stub.updateWebhook(request));
  }

  /**
   * Removes an endpoint. It is not retried: a repeated call fails with NOT_FOUND.
   *
   * @param request the endpoint
   * @return an empty response
   */
  public RemoveWebhookResponse removeWebhook(RemoveWebhookRequest request) {
    return calls.call(stub, timeout, stub -> stub.removeWebhook(request));
  }

  /**
   * Sends a test message to an endpoint, once. It is not retried. A delivery that fails is no failure of the call.
   *
   * @param request the endpoint
   * @return the result of the delivery
   */
  public TestWebhookResponse testWebhook(TestWebhookRequest request) {
    return calls.call(stub, timeout, stub -> stub.testWebhook(request));
  }

  /**
   * Ends the disablement or the pause of an endpoint.
   *
   * @param request the endpoint
   * @return an empty response
   */
  public EnableWebhookResponse enableWebhook(EnableWebhookRequest request) {
    return calls.call(stub, timeout, stub -> stub.enableWebhook(request));
  }

  /**
   * Returns a page of messages that were given up.
   *
   * @param request the endpoint and the page
   * @return the page
   */
  public ListDeadLettersResponse listDeadLetters(ListDeadLettersRequest request) {
    return calls.call(stub, timeout, stub -> stub.listDeadLetters(request));
  }

  /**
   * Sends messages of an endpoint again. It is not retried, because a repeated call counts only what was given up again.
   *
   * @param request the messages
   * @return their number
   */
  public ReplayWebhookResponse replayWebhook(ReplayWebhookRequest request) {
    return calls.call(stub, timeout, stub -> stub.replayWebhook(request));
  }
}
