package dev.sessionauthority.client;

import dev.sessionauthority.session.v1.AdminServiceGrpc;
import dev.sessionauthority.session.v1.DenylistServiceGrpc;
import dev.sessionauthority.session.v1.NotificationServiceGrpc;
import dev.sessionauthority.session.v1.SessionServiceGrpc;
import dev.sessionauthority.session.v1.WebhookServiceGrpc;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Creation of channels. */
final class Channels {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  /**
   * The idempotent methods. Create and RevokeAll are among them because they always have a request ID or an operation ID
   * here.
   */
  private static final Map<String, List<String>> RETRIED =
      Map.of(
          SessionServiceGrpc.SERVICE_NAME,
          List.of("Create", "Validate", "Rotate", "Get", "Touch", "List", "Revoke", "RevokeAll", "AckAlert"),
          AdminServiceGrpc.SERVICE_NAME,
          List.of(
              "SearchSessions",
              "ListEvents",
              "GetStats",
              "ListCredentials",
              "ListAlerts",
              "ListTenants",
              "ListNodes",
              "Purge",
              "ForgetUser"),
          DenylistServiceGrpc.SERVICE_NAME,
          List.of("Deny", "Check"),
          NotificationServiceGrpc.SERVICE_NAME,
          List.of("Ack", "Extend", "AnswerLink", "GetQueueStats"),
          WebhookServiceGrpc.SERVICE_NAME,
          List.of("ListWebhooks", "EnableWebhook", "ListDeadLetters"));

  private Channels() {}

  static ManagedChannel open(ClientOptions options) {
    ManagedChannelBuilder<?> builder = Grpc.newChannelBuilder(options.target, credentials(options));
    options.tls.flatMap(ClientOptions.TlsOptions::serverName).ifPresent(builder::overrideAuthority);
    builder
        .userAgent("session-authority-java/" + SessionAuthorityClient.VERSION)
        .keepAliveTime(30, TimeUnit.SECONDS)
        .keepAliveTimeout(10, TimeUnit.SECONDS)
        .keepAliveWithoutCalls(true)
        .defaultLoadBalancingPolicy("round_robin")
        .defaultServiceConfig(serviceConfig())
        // A TXT record must not be able to turn the retries off or on.
        .disableServiceConfigLookUp()
        .enableRetry();
    options.apiKey.ifPresent(
        key -> {
          Metadata headers = new Metadata();
          headers.put(AUTHORIZATION, "Bearer " + key);
          builder.intercept(MetadataUtils.newAttachHeadersInterceptor(headers));
        });
    options.channel.accept(builder);
    return builder.build();
  }

  private static ChannelCredentials credentials(ClientOptions options) {
    if (options.tls.isEmpty()) {
      return InsecureChannelCredentials.create();
    }
    ClientOptions.TlsOptions tls = options.tls.get();
    try {
      TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder();
      if (tls.rootCertificates().isPresent()) {
        builder.trustManager(tls.rootCertificates().get());
      }
      if (tls.certificate().isPresent()) {
        builder.keyManager(tls.certificate().get(), tls.key().orElseThrow());
      }
      return builder.build();
    } catch (IOException | RuntimeException error) {
      throw new ConfigurationException("cannot use the certificates: " + error.getMessage(), error);
    }
  }

  /** Returns the retries, and a budget for them: about a tenth of the calls once many have failed. */
  private static Map<String, ?> serviceConfig() {
    List<Map<String, String>> names = new ArrayList<>();
    RETRIED.forEach(
        (service, methods) ->
            methods.forEach(method -> names.add(Map.of("service", service, "method", method))));
    Map<String, ?> policy =
        Map.of(
            "maxAttempts", 3.0,
            "initialBackoff", "0.05s",
            "maxBackoff", "0.2s",
            "backoffMultiplier", 2.0,
            "retryableStatusCodes", List.of("UNAVAILABLE"));
    return Map.of(
        "methodConfig", List.of(Map.of("name", names, "retryPolicy", policy)),
        "retryThrottling", Map.of("maxTokens", 100.0, "tokenRatio", 0.1));
  }
}
