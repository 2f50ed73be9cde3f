package dev.sessionauthority.example;

import dev.sessionauthority.client.ClientOptions;
import dev.sessionauthority.client.SessionAuthorityClient;
import dev.sessionauthority.servlet.SessionFilter;
import jakarta.servlet.DispatcherType;
import java.util.EnumSet;
import java.util.Optional;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** A small web application with sign-in, "your devices", sign-out and protected pages. */
public final class Example {
  private Example() {}

  /**
   * Runs the application.
   *
   * @param arguments none
   * @throws Exception if the port is in use
   */
  public static void main(String[] arguments) throws Exception {
    ClientOptions options = SessionAuthorityClient.builder(setting("SESSION_AUTHORITY_SERVER").orElse("127.0.0.1:50051"));
    setting("SESSION_AUTHORITY_API_KEY").ifPresent(options::apiKey);
    SessionAuthorityClient client = options.build();
    SessionFilter filter = new SessionFilter(client).publicPath("GET", "/").publicPath("POST", "/sign-in");

    ServletContextHandler context = new ServletContextHandler();
    context.addFilter(new FilterHolder(filter), "/*", EnumSet.of(DispatcherType.REQUEST));
    context.addServlet(new ServletHolder(new Pages(client, filter.signIn())), "/*");
    Server server = new Server();
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    connector.setPort(setting("PORT").map(Integer::parseInt).orElse(8004));
    server.addConnector(connector);
    server.setHandler(context);
    server.start();
    System.err.println("listening on http://127.0.0.1:" + connector.getLocalPort());
    server.join();
  }

  private static Optional<String> setting(String name) {
    return Optional.ofNullable(System.getenv(name)).filter(value -> !value.isEmpty());
  }
}
