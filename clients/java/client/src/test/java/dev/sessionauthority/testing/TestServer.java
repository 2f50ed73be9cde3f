package dev.sessionauthority.testing;

import dev.sessionauthority.client.SessionAuthorityClient;
import java.io.File;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * A development server of the session authority: the program that the environment variable SESSION_AUTHORITY_PROGRAM names, or
 * the debug build.
 */
public final class TestServer {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration START_TIMEOUT = Duration.ofMinutes(2);

  /** Time limits for a machine that may be busy. */
  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "SESSION_AUTHORITY__SERVER__REQUEST_TIMEOUT", "30s",
          "SESSION_AUTHORITY__SERVER__MESSAGE_TIMEOUT", "30s",
          "SESSION_AUTHORITY__STORE__RESPONSE_TIMEOUT", "30s");

  private static TestServer shared;

  private final String target = "127.0.0.1:" + freePort();
  private final String management = "127.0.0.1:" + freePort();
  private final Path data;
  private Process process;

  private TestServer() {
    try {
      data = Files.createTempDirectory("session-authority-test");
    } catch (IOException error) {
      throw new IllegalStateException(error);
    }
  }

  /** Returns the server of all tests. It is started again if a test has stopped it, and ends with the tests. */
  public static synchronized TestServer shared() {
    if (shared == null) {
      shared = new TestServer();
      Runtime.getRuntime().addShutdownHook(new Thread(shared::stop));
    }
    if (shared.process == null || !shared.process.isAlive()) {
      shared.restart();
    }
    return shared;
  }

  /** Returns a client with time limits for a busy machine. */
  public SessionAuthorityClient connect() {
    return SessionAuthorityClient.builder(target).validateTimeout(PATIENCE).callTimeout(PATIENCE).build();
  }

  /** Starts the server again, with the same address and data. */
  public void restart() {
    ProcessBuilder builder =
        new ProcessBuilder(
            program(), "dev", "--listen", target, "--management", management, "--data", data.toString());
    builder.environment().putAll(ENVIRONMENT);
    builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
    long end = System.nanoTime() + START_TIMEOUT.toNanos();
    try {
      process = builder.start();
      while (!isReady()) {
        if (!process.isAlive() || System.nanoTime() > end) {
          throw new IllegalStateException(program() + " does not get ready on " + target);
        }
        Thread.sleep(20);
      }
    } catch (IOException | InterruptedException error) {
      throw new IllegalStateException(error);
    }
  }

  /** Ends the server. */
  public void stop() {
    if (process == null) {
      return;
    }
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException error) {
      throw new IllegalStateException(error);
    }
  }

  private boolean isReady() {
    try {
      HttpURLConnection connection =
          (HttpURLConnection) URI.create("http://" + management + "/readyz").toURL().openConnection();
      return connection.getResponseCode() == 200;
    } catch (IOException notYet) {
      return false;
    }
  }

  private static String program() {
    return Optional.ofNullable(System.getenv("SESSION_AUTHORITY_PROGRAM"))
        .orElse(new File("../../../target/debug/session-authority").getAbsolutePath());
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException error) {
      throw new IllegalStateException(error);
    }
  }
}
