package dev.sessionauthority.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sessionauthority.client.Requirements;
import dev.sessionauthority.client.SessionAuthorityClient;
import dev.sessionauthority.session.v1.CreateRequest;
import dev.sessionauthority.testing.TestServer;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SessionInterceptorTest {
  private static final String CHECK = HealthGrpc.getCheckMethod().getFullMethodName();
  private static final String WATCH = HealthGrpc.getWatchMethod().getFullMethodName();

  private final TestServer authority = TestServer.shared();
  private final SessionAuthorityClient client = authority.connect();
  private final List<String> users = new CopyOnWriteArrayList<>();
  private Server server;
  private ManagedChannel channel;

  /** Notes the user of each call that reaches it. */
  private final class Service extends HealthGrpc.HealthImplBase {
    @Override
    public void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> observer) {
      respond(observer);
    }

    @Override
    public void watch(HealthCheckRequest request, StreamObserver<HealthCheckResponse> observer) {
      respond(observer);
    }

    private void respond(StreamObserver<HealthCheckResponse> observer) {
      try {
        users.add(SessionInterceptor.session().userId());
      } catch (StatusRuntimeException none) {
        users.add("");
      }
      observer.onNext(HealthCheckResponse.getDefaultInstance());
      observer.onCompleted();
    }
  }

  private void start(SessionInterceptor interceptor) throws IOException {
    String name = InProcessServerBuilder.generateName();
    server = InProcessServerBuilder.forName(name).addService(new Service()).intercept(interceptor).build().start();
    channel = InProcessChannelBuilder.forName(name).build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.shutdownNow();
    client.close();
  }

  private HealthGrpc.HealthBlockingStub with(String... tokens) {
    Metadata headers = new Metadata();
    for (String token : tokens) {
      headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    }
    return HealthGrpc.newBlockingStub(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  private String signIn() {
    CreateRequest request = CreateRequest.newBuilder().setUserId("ann").addRoles("reader").build();
    return client.create(request).token().reveal();
  }

  private static Status.Code codeOf(HealthGrpc.HealthBlockingStub stub, boolean isStream) {
    try {
      if (isStream) {
        stub.watch(HealthCheckRequest.getDefaultInstance()).forEachRemaining(response -> {});
      } else {
        stub.check(HealthCheckRequest.getDefaultInstance());
      }
      return Status.Code.OK;
    } catch (StatusRuntimeException error) {
      return error.getStatus().getCode();
    }
  }

  @Test
  void everyMethodNeedsASession() throws IOException {
    start(new SessionInterceptor(client));
    for (boolean isStream : new boolean[] {false, true}) {
      assertEquals(Status.Code.UNAUTHENTICATED, codeOf(with(), isStream));
      assertEquals(Status.Code.UNAUTHENTICATED, codeOf(with("sa_nonsense"), isStream));
      assertEquals(Status.Code.UNAUTHENTICATED, codeOf(with(signIn(), "sa_other"), isStream));
    }
    assertEquals(List.of(), users);
    assertEquals(Status.Code.OK, codeOf(with(signIn()), false));
    assertEquals(Status.Code.OK, codeOf(with(signIn()), true));
    assertEquals(List.of("ann", "ann"), users);
  }

  @Test
  void aPublicMethodNeedsNoSession() throws IOException {
    start(new SessionInterceptor(client).publicMethods(CHECK));
    assertEquals(Status.Code.OK, codeOf(with(), false));
    assertEquals(Status.Code.UNAUTHENTICATED, codeOf(with(), true));
    assertEquals(List.of(""), users);
    assertThrows(StatusRuntimeException.class, SessionInterceptor::session);
  }

  @Test
  void requirementsAreChecked() throws IOException {
    start(
        new SessionInterceptor(client)
            .publicMethods(CHECK)
            .require(CHECK, Requirements.NONE.withMinAssuranceLevel(2))
            .require("/" + WATCH, Requirements.NONE.withAnyRole("admin")));
    assertEquals(Status.Code.PERMISSION_DENIED, codeOf(with(signIn()), false));
    assertEquals(Status.Code.PERMISSION_DENIED, codeOf(with(signIn()), true));
    assertEquals(Status.Code.UNAUTHENTICATED, codeOf(with(), false));
    assertEquals(List.of(), users);
  }

  @Test
  void withoutAVerdictTheCallIsUnavailable() throws IOException {
    start(new SessionInterceptor(client));
    String token = signIn();
    authority.stop();
    assertEquals(Status.Code.UNAVAILABLE, codeOf(with(token), false));
    assertEquals(Status.Code.UNAVAILABLE, codeOf(with(token), true));
    assertEquals(List.of(), users);
  }
}
