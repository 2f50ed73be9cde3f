package dev.sessionauthority.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sessionauthority.session.v1.Alert;
import dev.sessionauthority.session.v1.ClientContext;
import dev.sessionauthority.session.v1.CreateRequest;
import dev.sessionauthority.session.v1.StreamAlertsRequest;
import dev.sessionauthority.testing.TestServer;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SessionAuthorityClientTest {
  private final TestServer server = TestServer.shared();
  private final SessionAuthorityClient client = server.connect();

  @AfterEach
  void stop() {
    client.close();
  }

  private Token signIn(String user) {
    return client.create(CreateRequest.newBuilder().setUserId(user).build()).token();
  }

  @Test
  void aSessionIsValidUntilItIsRevoked() {
    Token token = signIn("ann");
    ActiveSession session = client.validate(token);
    assertEquals("ann", session.userId());

    assertTrue(client.revoke(Revocation.of(token).because("lost phone", "bob")).getRevoked());
    Rejection rejection =
        assertThrows(RejectedException.class, () -> client.validate(token)).rejection();
    assertEquals("REVOKED", rejection.reasonName());
    assertEquals("bob", rejection.actor());
    assertEquals("lost phone", rejection.statedReason());
    assertEquals(session.sessionId(), rejection.sessionId());
    assertTrue(rejection.endedAt().isPresent());
  }

  @Test
  void aStepUpIsAnExceptionOfItsOwn() {
    Validation validation =
        Validation.of(signIn("ann")).withRequirements(Requirements.NONE.withMinAssuranceLevel(2));
    StepUp stepUp = assertThrows(StepUpRequiredException.class, () -> client.validate(validation)).stepUp();
    assertEquals(2, stepUp.assuranceLevel());
    assertInstanceOf(StepUp.class, client.tryValidate(validation));
  }

  @Test
  void textThatCannotBeATokenIsRejected() {
    ClientContext context = ClientContext.newBuilder().setUserAgent("\ud800".repeat(1 << 16)).build();
    for (String text : List.of("", "x", "\ud800", "x".repeat(1 << 20), "sa_\r\n")) {
      Validation validation = Validation.of(Token.of(text)).withClient(context);
      assertThrows(RejectedException.class, () -> client.validate(validation));
    }
  }

  @Test
  void aServerThatIsDownGivesNoVerdictAndIsUsedAgainAfterItsRestart() throws InterruptedException {
    Token token = signIn("ann");
    server.stop();
    CallException error = assertThrows(NoVerdictException.class, () -> client.validate(token)).call();
    assertEquals(Status.Code.UNAVAILABLE, error.code());
    assertThrows(NoVerdictException.class, () -> client.tryValidate(Validation.of(token)));

    server.restart();
    long end = System.nanoTime() + Duration.ofSeconds(15).toNanos();
    while (true) {
      try {
        assertEquals("ann", client.validate(token).userId());
        return;
      } catch (NoVerdictException notYet) {
        assertTrue(System.nanoTime() < end, notYet.getMessage());
        Thread.sleep(50);
      }
    }
  }

  @Test
  void invalidFieldsAreListed() {
    CreateRequest request =
        CreateRequest.newBuilder().setClient(ClientContext.newBuilder().setIp("nonsense")).build();
    CallException error = assertThrows(CallException.class, () -> client.create(request));
    assertEquals(Status.Code.INVALID_ARGUMENT, error.code());
    assertEquals("INVALID_FIELD", error.reason());
    Set<String> fields =
        error.fields().stream().map(CallException.FieldViolation::field).collect(Collectors.toSet());
    assertTrue(fields.containsAll(Set.of("user_id", "client.ip")), fields.toString());
  }

  @Test
  void aRotatedTokenOpensTheSameSession() {
    Token token = signIn("ann");
    Rotated rotated = client.rotate(token, Optional.empty());
    assertNotEquals(token, rotated.token());
    assertEquals(rotated.session().sessionId(), client.validate(rotated.token()).sessionId());
    assertThrows(RejectedException.class, () -> client.rotate(Token.of("nonsense"), Optional.empty()));
  }

  @Test
  void manyTokensGetTheirVerdictsInOrder() {
    Token ann = signIn("ann");
    Token bob = signIn("bob");
    List<Validation> requests = new ArrayList<>();
    for (int count = 0; count < 500; count++) {
      requests.add(Validation.of(ann));
      requests.add(Validation.of(bob));
      requests.add(Validation.of(Token.of("nonsense")));
    }
    List<ValidationResult> results =
        CallTimeout.override(Duration.ofSeconds(60), () -> client.validateMany(requests));
    assertEquals(requests.size(), results.size());
    for (int index = 0; index < results.size(); index++) {
      ValidationResult result = results.get(index);
      switch (index % 3) {
        case 0 -> assertEquals("ann", result.session().userId());
        case 1 -> assertEquals("bob", result.session().userId());
        default -> assertThrows(RejectedException.class, result::session);
      }
    }
  }

  @Test
  void manyTokensGetNoVerdictFromAServerThatIsDown() {
    Token token = signIn("ann");
    server.stop();
    List<ValidationResult> results = client.validateMany(List.of(Validation.of(token)));
    assertThrows(NoVerdictException.class, () -> results.get(0).session());
  }

  @Test
  void anAlertStreamEndsWithItsError() {
    StreamAlertsRequest request = StreamAlertsRequest.newBuilder().setResumeCursor("nonsense").build();
    try (AlertStream stream = client.streamAlerts(request)) {
      for (int time = 0; time < 2; time++) {
        CallException error = assertThrows(CallException.class, () -> stream.next(Duration.ofSeconds(30)));
        assertEquals(Status.Code.INVALID_ARGUMENT, error.code());
      }
    }
  }

  @Test
  void anAlertStreamResumesAfterARestartOfTheServer() throws InterruptedException {
    StreamAlertsRequest request = StreamAlertsRequest.newBuilder().setFromStart(true).build();
    Set<String> seen = new HashSet<>();
    try (AlertStream stream = client.streamAlerts(request)) {
      raiseAlert("alice");
      awaitAlert(stream, "alice", seen);
      assertFalse(stream.cursor().isEmpty());
      server.stop();
      server.restart();
      raiseAlert("bob");
      awaitAlert(stream, "bob", seen);
    }
  }

  private static void awaitAlert(AlertStream stream, String user, Set<String> seen) throws InterruptedException {
    Alert alert;
    do {
      alert = stream.next(Duration.ofSeconds(60)).flatMap(AlertEvent::alert).orElseThrow();
      assertTrue(seen.add(alert.getAlertId()), "an alert was delivered twice");
    } while (!alert.getUserId().equals(user));
  }

  /** Presents a token that was rotated out. */
  private void raiseAlert(String user) throws InterruptedException {
    Token first = null;
    while (first == null) {
      try {
        first = signIn(user);
      } catch (CallException notYet) {
        Thread.sleep(50);
      }
    }
    Token token = first;
    for (int count = 0; count < 2; count++) {
      token = client.rotate(token, Optional.empty()).token();
      client.validate(token);
    }
    Token old = first;
    Rejection rejection = assertThrows(RejectedException.class, () -> client.validate(old)).rejection();
    assertEquals("TOKEN_REUSED", rejection.reasonName());
  }

  @Test
  void aTokenIsNeverPrinted() {
    Token token = Token.of("sa_secret");
    for (Object holder : List.of(token, Optional.of(token), Validation.of(token), Revocation.of(token))) {
      assertFalse(holder.toString().contains("secret"), holder.toString());
    }
    assertEquals("sa_secret", token.reveal());
  }
}
