package dev.sessionauthority.conformance;

import com.google.protobuf.Struct;
import com.google.protobuf.util.JsonFormat;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Exposes the client as operations on stdin and stdout, one JSON object a line, for the runner in {@code
 * clients/conformance}.
 */
public final class Adapter {
  private Adapter() {}

  /**
   * Runs until stdin closes.
   *
   * @param arguments none
   * @throws IOException if stdin cannot be read
   */
  public static void main(String[] arguments) throws IOException {
    Operations operations = new Operations();
    PrintStream output = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    ExecutorService tasks = Executors.newCachedThreadPool();
    try (BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        Struct operation = parse(line);
        tasks.execute(() -> respond(operations, operation, output));
      }
    }
    tasks.shutdownNow();
    System.exit(0);
  }

  private static Struct parse(String line) throws IOException {
    Struct.Builder operation = Struct.newBuilder();
    JsonFormat.parser().merge(line, operation);
    return operation.build();
  }

  private static void respond(Operations operations, Struct operation, PrintStream output) {
    String result;
    try {
      result = "\"ok\":" + operations.run(new Operation(operation));
    } catch (Exception error) {
      result = "\"error\":" + Json.error(error);
    }
    try {
      String id = JsonFormat.printer().omittingInsignificantWhitespace().print(operation.getFieldsOrThrow("id"));
      synchronized (output) {
        output.println("{\"id\":" + id.replaceAll("\\.0$", "") + "," + result + "}");
        output.flush();
      }
    } catch (IOException error) {
      throw new IllegalStateException(error);
    }
  }
}
