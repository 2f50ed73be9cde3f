package dev.sessionauthority.client;

import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.sessionauthority.session.v1.ErrorReason;
import dev.sessionauthority.session.v1.SessionServiceGrpc.SessionServiceStub;
import dev.sessionauthority.session.v1.ValidateFailure;
import dev.sessionauthority.session.v1.ValidateStreamRequest;
import dev.sessionauthority.session.v1.ValidateStreamResponse;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Many validations over one stream. */
final class ValidateMany {
  /** Below the number of requests that a server accepts by default on one stream. */
  static final int DEFAULT_IN_FLIGHT = 100;

  private static final int MAX_STREAMS = 3;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final SessionServiceStub stub;
  private final List<Validation> requests;
  private final int maxInFlight;
  private final ValidationResult[] results;

  ValidateMany(SessionServiceStub stub, List<Validation> requests, int maxInFlight) {
    if (maxInFlight < 1) {
      throw new IllegalArgumentException("maxInFlight must be positive");
    }
    // The deadline holds for all streams.
    this.stub = Calls.withDeadline(stub, TIMEOUT);
    this.requests = List.copyOf(requests);
    this.maxInFlight = maxInFlight;
    this.results = new ValidationResult[requests.size()];
  }

  List<ValidationResult> run() {
    Deadline deadline = stub.getCallOptions().getDeadline();
    for (int attempt = 1; !pending().isEmpty(); attempt++) {
      StreamAttempt stream = new StreamAttempt(pending());
      Throwable error = stream.run();
      if (pending().isEmpty()) {
        break;
      }
      boolean isLast = attempt == MAX_STREAMS || !Calls.isUnavailable(error) || deadline.isExpired();
      if (isLast || !pause(attempt)) {
        NoVerdictException failure = new NoVerdictException(CallException.from(error));
        pending().forEach(index -> results[index] = ValidationResult.of(failure));
      }
    }
    return List.of(results);
  }

  private List<Integer> pending() {
    List<Integer> indices = new ArrayList<>();
    for (int index = 0; index < results.length; index++) {
      if (results[index] == null) {
        indices.add(index);
      }
    }
    return indices;
  }

  /** Waits before another stream. Returns false if the thread is interrupted. */
  private static boolean pause(int attempt) {
    long limit = 50L << attempt;
    try {
      Thread.sleep(ThreadLocalRandom.current().nextLong(limit / 2, limit + 1));
      return true;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** One stream. Requests are sent by its callbacks, as the transport and the responses permit. */
  private final class StreamAttempt
      implements ClientResponseObserver<ValidateStreamRequest, ValidateStreamResponse> {
    private final List<Integer> indices;
    private final CountDownLatch ended = new CountDownLatch(1);
    private ClientCallStreamObserver<ValidateStreamRequest> call;
    private int sent;
    private int received;
    private Throwable error =
        Status.INTERNAL
            .withDescription("the stream ended without a response to each request")
            .asRuntimeException();

    StreamAttempt(List<Integer> indices) {
      this.indices = indices;
    }

    /** Returns why the stream ended. */
    Throwable run() {
      Context.CancellableContext context = Context.current().withCancellation();
      try {
        context.run(() -> stub.validateStream(this));
        ended.await();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        error = Status.CANCELLED.withDescription("the thread was interrupted").asRuntimeException();
      } finally {
        context.cancel(null);
      }
      return error;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<ValidateStreamRequest> stream) {
      call = stream;
      stream.setOnReadyHandler(this::send);
    }

    private synchronized void send() {
      while (call.isReady() && sent < indices.size() && sent - received < maxInFlight) {
        int index = indices.get(sent++);
        call.onNext(
            ValidateStreamRequest.newBuilder()
                .setTag(index)
                .setRequest(requests.get(index).message())
                .build());
        if (sent == indices.size()) {
          call.onCompleted();
        }
      }
    }

    @Override
    public void onNext(ValidateStreamResponse response) {
      long tag = response.getTag();
      if (tag < 0 || tag >= results.length || results[(int) tag] != null) {
        call.cancel("the stream has a response without a request", null);
        return;
      }
      results[(int) tag] = resultOf(response);
      synchronized (this) {
        received++;
      }
      send();
    }

    @Override
    public void onError(Throwable failure) {
      error = failure;
      ended.countDown();
    }

    @Override
    public void onCompleted() {
      ended.countDown();
    }
  }

  private static ValidationResult resultOf(ValidateStreamResponse response) {
    try {
      return switch (response.getResultCase()) {
        case RESPONSE -> ValidationResult.of(Verdicts.from(response.getResponse()));
        case FAILURE -> ValidationResult.of(new NoVerdictException(callException(response.getFailure())));
        case RESULT_NOT_SET -> ValidationResult.of(new NoVerdictException(CallException.withoutOutcome()));
      };
    } catch (NoVerdictException failure) {
      return ValidationResult.of(failure);
    }
  }

  /** Returns what Validate would have failed with. */
  private static CallException callException(ValidateFailure failure) {
    Status status = Status.fromCodeValue(failure.getCode());
    if (status.isOk()) {
      status = Status.INTERNAL;
    }
    ErrorReason reason = failure.getReason();
    String name =
        reason == ErrorReason.UNRECOGNIZED || reason == ErrorReason.ERROR_REASON_UNSPECIFIED
            ? ""
            : reason.name().substring("ERROR_REASON_".length());
    BadRequest.Builder request = BadRequest.newBuilder();
    if (!failure.getField().isEmpty()) {
      request.addFieldViolationsBuilder().setField(failure.getField()).setDescription(failure.getMessage());
    }
    RetryInfo.Builder retry = RetryInfo.newBuilder();
    if (failure.hasRetryAfter()) {
      retry.setRetryDelay(failure.getRetryAfter());
    }
    return CallException.of(
        status.withDescription(failure.getMessage()),
        ErrorInfo.newBuilder().setReason(name).setDomain("session.v1").build(),
        request.build(),
        retry.build());
  }
}
