package dev.sessionauthority.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sessionauthority.client.RejectedException;
import dev.sessionauthority.client.Requirements;
import dev.sessionauthority.client.SessionAuthorityClient;
import dev.sessionauthority.client.Token;
import dev.sessionauthority.session.v1.CreateRequest;
import dev.sessionauthority.testing.TestServer;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SessionFilterTest {
  private final TestServer authority = TestServer.shared();
  private final SessionAuthorityClient client = authority.connect();
  private final SessionFilter filter =
      new SessionFilter(client)
          .publicPath("GET", "/")
          .publicPath("POST", "/sign-in")
          .publicPath("GET", "/static/*")
          .optionalPath("GET", "/greeting")
          .optionalPath("POST", "/greeting")
          .publicPath("GET", "/reports/public")
          .requirePath("/reports/*", Requirements.NONE.withAnyRole("auditor", "admin"))
          .requirePath("/reports/public", Requirements.NONE.withAnyRole("admin"))
          .requirePath("/reader/*", Requirements.NONE.withAnyRole("auditor", "reader"))
          .trustedOrigin("https://app.example")
          .rotate();
  private final AtomicInteger calls = new AtomicInteger();
  private Server server;
  private int port;

  private final class Application extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
      switch (Paths.of(request)) {
        case "/" -> response.getWriter().print("home");
        case "/static/style.css" -> response.getWriter().print("style");
        case "/sign-in" -> {
          boolean remember = request.getParameter("remember") != null;
          CreateRequest terms =
              CreateRequest.newBuilder().setUserId("ann").addRoles("reader").setRemember(remember).build();
          filter.signIn().signIn(request, response, terms);
        }
        case "/sign-out" -> filter.signIn().signOut(request, response);
        case "/greeting" ->
            response
                .getWriter()
                .print(SessionFilter.optionalSession(request).map(session -> session.userId()).orElse("stranger"));
        case "/transfer" ->
            greet(response, SessionFilter.session(request, Requirements.NONE.withMinAssuranceLevel(2)).userId());
        case "/admin" ->
            greet(response, SessionFilter.session(request, Requirements.NONE.withAnyRole("admin")).userId());
        default -> greet(response, SessionFilter.session(request).userId());
      }
    }

    private void greet(HttpServletResponse response, String user) throws IOException {
      calls.incrementAndGet();
      response.getWriter().print("Hello, " + user);
    }
  }

  @BeforeEach
  void start() throws Exception {
    server = new Server();
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    ServletContextHandler context = new ServletContextHandler();
    context.addFilter(new FilterHolder(filter), "/*", EnumSet.of(DispatcherType.REQUEST));
    context.addServlet(new ServletHolder(new Application()), "/*");
    server.setHandler(context);
    server.start();
    port = connector.getLocalPort();
  }

  @AfterEach
  void stop() throws Exception {
    server.stop();
    client.close();
  }

  /** A response, as far as the tests need it. */
  private record Response(int status, List<String> headers, String body) {
    List<String> values(String name) {
      String prefix = name.toLowerCase() + ": ";
      return headers.stream()
          .filter(header -> header.toLowerCase().startsWith(prefix))
          .map(header -> header.substring(prefix.length()))
          .toList();
    }

    /** Returns the Cookie header of a browser that got this response. */
    String cookies() {
      return String.join("; ", values("Set-Cookie").stream().map(cookie -> cookie.split(";")[0]).toList());
    }
  }

  /** Sends a request over a connection of its own, because HTTP clients change paths and headers. */
  private Response send(String method, String path, String... headers) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      StringBuilder request = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: example.com\r\n");
      for (int index = 0; index < headers.length; index += 2) {
        request.append(headers[index]).append(": ").append(headers[index + 1]).append("\r\n");
      }
      String connection = List.of(headers).contains("Upgrade") ? "Upgrade, close" : "close";
      request.append("Content-Length: 0\r\nConnection: ").append(connection).append("\r\n\r\n");
      socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.UTF_8));
      BufferedReader input =
          new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      int status = Integer.parseInt(input.readLine().split(" ")[1]);
      List<String> lines = new ArrayList<>();
      for (String line = input.readLine(); line != null && !line.isEmpty(); line = input.readLine()) {
        lines.add(line);
      }
      return new Response(status, lines, String.join("\n", input.lines().toList()));
    }
  }

  private String signIn() throws IOException {
    Response response = send("POST", "/sign-in");
    assertEquals(200, response.status());
    return response.cookies();
  }

  private static String sessionOf(String cookies) {
    return cookies.split("__Host-session=")[1].split(";")[0];
  }

  @Test
  void onlyPublicPathsNeedNoSession() throws IOException {
    assertEquals(200, send("GET", "/").status());
    assertEquals(200, send("GET", "/static/style.css").status());
    for (String path : List.of("/account", "/unknown", "/static", "/sign-in")) {
      assertEquals(401, send("GET", path).status(), path);
    }
    List<String> ambiguous =
        List.of(
            "/static/../account", "/static/..%2faccount", "/static/%2e%2e/account", "/static/%252e%252e/account",
            "/static/..%5caccount", "/static/./account", "/static//account", "//account", "/account;x");
    for (String path : ambiguous) {
      assertEquals(400, send("GET", path).status(), path);
    }
    assertEquals(200, send("HEAD", "/").status());
    for (String method : List.of("POST", "OPTIONS", "TRACE", "get")) {
      assertEquals(401, send(method, "/").status(), method);
    }
    assertEquals(0, calls.get());
  }

  @Test
  void aSignedInUserReachesProtectedPages() throws IOException {
    String cookies = signIn();
    Response response = send("GET", "/account", "Cookie", cookies);
    assertEquals(200, response.status());
    assertEquals("Hello, ann", response.body());
    assertEquals(1, calls.get());
  }

  @Test
  void aPathCanRequireARole() throws IOException {
    String cookies = signIn();
    assertEquals(200, send("GET", "/reader/page", "Cookie", cookies).status());
    assertEquals(1, calls.get());
    for (String path : List.of("/admin", "/reports/page", "/reports", "/reports/", "/reports/public/")) {
      Response response = send("GET", path, "Cookie", cookies);
      assertEquals(403, response.status(), path);
      assertTrue(response.body().contains("\"missing_role\""), response.body());
      assertEquals(401, send("GET", path).status(), path);
    }
    assertEquals(1, calls.get());
  }

  @Test
  void aSessionCanBeOptionalButNotAVerdict() throws IOException {
    String cookies = signIn();
    assertEquals("ann", send("GET", "/greeting", "Cookie", cookies).body());
    assertEquals("stranger", send("GET", "/greeting").body());
    for (String none : List.of("__Host-session=sa_nonsense", cookies + "; __Host-session=sa_nonsense")) {
      Response response = send("GET", "/greeting", "Cookie", none);
      assertEquals("stranger", response.body());
      assertTrue(response.values("Set-Cookie").get(0).contains("Max-Age=0"));
    }
    assertEquals(
        403, send("POST", "/greeting", "Sec-Fetch-Site", "cross-site", "Cookie", cookies).status());
    authority.stop();
    Response response = send("GET", "/greeting", "Cookie", cookies);
    assertEquals(503, response.status());
    assertTrue(response.values("Set-Cookie").isEmpty());
  }

  @Test
  void theCookieIsOutOfTheReachOfScriptsAndOtherSites() throws IOException {
    for (String cookie : send("POST", "/sign-in").values("Set-Cookie")) {
      assertTrue(cookie.startsWith("__Host-"), cookie);
      assertTrue(cookie.endsWith("; Secure; HttpOnly; SameSite=Lax") && cookie.contains("; Path=/;"), cookie);
      assertEquals(cookie.startsWith("__Host-device"), cookie.contains("Max-Age"), cookie);
    }
    assertTrue(
        send("POST", "/sign-in?remember=yes").values("Set-Cookie").stream()
            .anyMatch(cookie -> cookie.startsWith("__Host-session") && cookie.contains("Max-Age")));
  }

  @Test
  void aRejectedTokenIsDeleted() throws IOException {
    Response response = send("GET", "/account", "Cookie", "__Host-session=sa_nonsense");
    assertEquals(401, response.status());
    assertTrue(response.values("Set-Cookie").get(0).contains("Max-Age=0"));
  }

  @Test
  void withoutAVerdictTheResponseIs503AndTheCookieRemains() throws IOException {
    String cookies = signIn();
    authority.stop();
    for (String path : List.of("/account", "/transfer", "/unknown")) {
      Response response = send("GET", path, "Cookie", cookies);
      assertEquals(503, response.status());
      assertFalse(response.values("Retry-After").isEmpty());
      assertTrue(response.values("Set-Cookie").isEmpty());
    }
    assertEquals(503, send("POST", "/sign-out", "Cookie", cookies).status());
    assertEquals(0, calls.get());
  }

  @Test
  void differentTokensInOneRequestAreRefused() throws IOException {
    String cookies = signIn();
    String bearer = "Bearer " + sessionOf(cookies);
    assertEquals(200, send("GET", "/account", "Authorization", bearer).status());
    assertEquals(200, send("GET", "/account", "Authorization", bearer, "Cookie", cookies).status());
    assertEquals(401, send("GET", "/account", "Authorization", "Bearer sa_x", "Cookie", cookies).status());
    assertEquals(401, send("GET", "/account", "Cookie", cookies + "; __Host-session=sa_x").status());
  }

  @Test
  void aCookieOfAnotherHostIsNotTakenForTheSession() throws IOException {
    String session = "__Host-session=" + sessionOf(signIn());
    for (String planted : List.of("a=1, " + session, "$Version=1; a=\"1,\", " + session, "\u00a0" + session)) {
      assertEquals(401, send("GET", "/account", "Cookie", planted).status(), planted);
    }
    assertEquals(200, send("GET", "/account", "Cookie", "name=\u00e9t\u00e9; " + session).status());
  }

  @Test
  void otherSitesCannotSendChangingRequestsWithTheCookie() throws IOException {
    String cookies = signIn();
    String bearer = "Bearer " + sessionOf(cookies);
    String[][] refused = {
      {"Sec-Fetch-Site", "cross-site"},
      {"Sec-Fetch-Site", "same-site"},
      {"Origin", "https://evil.example"},
      {"Origin", "null"}
    };
    for (String[] header : refused) {
      assertEquals(403, send("POST", "/account", header[0], header[1], "Cookie", cookies).status());
      assertEquals(200, send("GET", "/account", header[0], header[1], "Cookie", cookies).status());
      assertEquals(200, send("POST", "/account", header[0], header[1], "Authorization", bearer).status());
    }
    String[][] admitted = {
      {"Sec-Fetch-Site", "same-origin"},
      {"Sec-Fetch-Site", "none"},
      {"Origin", "https://example.com"},
      {"Origin", "https://app.example"}
    };
    for (String[] header : admitted) {
      assertEquals(200, send("POST", "/account", header[0], header[1], "Cookie", cookies).status());
    }
    assertEquals(200, send("POST", "/account", "Cookie", cookies).status());
    for (String[] header : List.of(refused[1], refused[2])) {
      assertEquals(
          403, send("GET", "/account", "Upgrade", "websocket", header[0], header[1], "Cookie", cookies).status());
    }
    String[] own = {"Upgrade", "websocket", "Origin", "https://example.com", "Cookie", cookies};
    assertEquals(200, send("GET", "/account", own).status());
  }

  @Test
  void otherSitesCannotSignAUserIn() throws IOException {
    Response response = send("POST", "/sign-in", "Sec-Fetch-Site", "cross-site");
    assertEquals(403, response.status());
    assertTrue(response.values("Set-Cookie").isEmpty());
  }

  @Test
  void aStepUpIsRequired() throws IOException {
    Response response = send("GET", "/transfer", "Cookie", signIn());
    assertEquals(403, response.status());
    assertTrue(response.body().contains("\"step_up_required\""), response.body());
    assertTrue(response.values("WWW-Authenticate").get(0).contains("insufficient_user_authentication"));
    assertEquals(0, calls.get());
  }

  @Test
  void aSignInEndsTheSessionThatTheBrowserHad() throws IOException {
    String old = signIn();
    Response response = send("POST", "/sign-in", "Cookie", old);
    assertEquals(200, response.status());
    assertNotEquals(sessionOf(old), sessionOf(response.cookies()));
    assertEquals(401, send("GET", "/account", "Cookie", old).status());
  }

  @Test
  void aSignOutEndsTheSession() throws IOException {
    String cookies = signIn();
    Response response = send("POST", "/sign-out", "Cookie", cookies);
    assertEquals(200, response.status());
    assertTrue(response.values("Set-Cookie").get(0).contains("Max-Age=0"));
    Token token = Token.of(sessionOf(cookies));
    RejectedException rejected = assertThrows(RejectedException.class, () -> client.validate(token));
    assertEquals("SIGNED_OUT", rejected.rejection().reasonName());
  }

  @Test
  void aRotatedTokenIsReplacedInTheCookie() throws IOException {
    String cookies = signIn();
    Token newer = client.rotate(Token.of(sessionOf(cookies)), Optional.empty()).token();
    Response response = send("GET", "/account", "Cookie", cookies);
    assertEquals(200, response.status());
    assertEquals(newer.reveal(), sessionOf(response.cookies()));
  }
}
