package dev.sessionauthority.conformance;

import static dev.sessionauthority.conformance.Json.object;

import dev.sessionauthority.client.SessionAuthorityClient;
import dev.sessionauthority.client.Token;
import dev.sessionauthority.session.v1.CreateRequest;
import dev.sessionauthority.session.v1.SessionServiceGrpc;
import dev.sessionauthority.session.v1.ValidateRequest;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Measures validations per second, of the client and of the bare generated stub in turn, and prints the best round as
 * JSON.
 */
public final class Benchmark {
  private static final int ROUNDS = 12;
  private static final long NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private Benchmark() {}

  /**
   * Runs the benchmark.
   *
   * @param arguments host and port of the server
   * @throws Exception if a validation fails
   */
  public static void main(String[] arguments) throws Exception {
    ManagedChannel channel = ManagedChannelBuilder.forTarget(arguments[0]).usePlaintext().build();
    try (SessionAuthorityClient client = SessionAuthorityClient.builder(arguments[0]).build()) {
      Token token = client.create(CreateRequest.newBuilder().setUserId("bench").build()).token();
      SessionServiceGrpc.SessionServiceBlockingStub stub = SessionServiceGrpc.newBlockingStub(channel);
      ValidateRequest request = ValidateRequest.newBuilder().setToken(token.reveal()).build();
      Map<String, Runnable> contenders = new LinkedHashMap<>();
      contenders.put("library", () -> client.validate(token));
      // A call without a deadline is no alternative.
      contenders.put("stub", () -> stub.withDeadlineAfter(1, TimeUnit.SECONDS).validate(request));
      for (Runnable contender : contenders.values()) {
        measure(contender, 8); // until the code is compiled
      }
      System.out.println(
          Json.print(
              object(
                  "language", "java",
                  "sequential", best(contenders, 1),
                  "parallel64", best(contenders, 64))));
    } finally {
      channel.shutdownNow();
    }
  }

  private static Map<String, Object> best(Map<String, Runnable> contenders, int threads) throws Exception {
    Map<String, Object> best = new LinkedHashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      for (Map.Entry<String, Runnable> contender : contenders.entrySet()) {
        long rate = measure(contender.getValue(), threads);
        best.merge(contender.getKey(), rate, (left, right) -> Math.max((Long) left, (Long) right));
      }
    }
    return best;
  }

  /** Returns the number of validations per second. */
  private static long measure(Runnable validate, int threads) throws InterruptedException, ExecutionException {
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      long begin = System.nanoTime();
      List<Future<Long>> counts = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        counts.add(
            executor.submit(
                () -> {
                  long count = 0;
                  while (System.nanoTime() - begin < NANOS) {
                    validate.run();
                    count++;
                  }
                  return count;
                }));
      }
      long total = 0;
      for (Future<Long> count : counts) {
        total += count.get();
      }
      return total * TimeUnit.SECONDS.toNanos(1) / (System.nanoTime() - begin);
    } finally {
      executor.shutdown();
    }
  }
}
