package dev.sessionauthority.example;

import com.google.protobuf.Timestamp;
import dev.sessionauthority.client.ActiveSession;
import dev.sessionauthority.client.Requirements;
import dev.sessionauthority.client.Revocation;
import dev.sessionauthority.client.RevokeTarget;
import dev.sessionauthority.client.SessionAuthorityClient;
import dev.sessionauthority.servlet.SessionFilter;
import dev.sessionauthority.servlet.SignIn;
import dev.sessionauthority.session.v1.CreateRequest;
import dev.sessionauthority.session.v1.ListRequest;
import dev.sessionauthority.session.v1.Session;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The pages. The filter lets only users with a session get here, except for the public ones. */
final class Pages extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final Pattern SIGN_OUT_DEVICE = Pattern.compile("/devices/([a-z0-9]{32})/sign-out");

  private final transient SessionAuthorityClient client;
  private final transient SignIn signIn;

  Pages(SessionAuthorityClient client, SignIn signIn) {
    this.client = client;
    this.signIn = signIn;
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
    switch (request.getPathInfo()) {
      case "/" ->
          page(
              response,
              "Sign in",
              """
              <form method="post" action="/sign-in"><label>User <input name="user"></label>
              <label>Password <input name="password" type="password"></label> <button>Sign in</button></form>""");
      case "/account" ->
          page(
              response,
              "Account",
              """
              <p>Hello, %s</p><p><a href="/devices">Your devices</a></p>
              <form method="post" action="/sign-out"><button>Sign out</button></form>"""
                  .formatted(escape(SessionFilter.session(request).userId())));
      case "/devices" -> devices(response, SessionFilter.session(request));
      case "/transfer" -> {
        Requirements required =
            Requirements.NONE.withMaxAuthAge(Duration.ofMinutes(5)).withMinAssuranceLevel(2);
        String user = SessionFilter.session(request, required).userId();
        page(response, "Transfer", "<p>" + escape(user) + " may transfer money.</p>");
      }
      default -> response.sendError(HttpServletResponse.SC_NOT_FOUND);
    }
  }

  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
    String path = request.getPathInfo();
    Matcher device = SIGN_OUT_DEVICE.matcher(path);
    if (path.equals("/sign-in")) {
      signIn(request, response);
    } else if (path.equals("/sign-out")) {
      signIn.signOut(request, response);
      redirect(response, "/");
    } else if (device.matches()) {
      ActiveSession session = SessionFilter.session(request);
      client.revoke(
          Revocation.of(new RevokeTarget.SessionId(device.group(1)))
              // Only a session of this user.
              .ofUser(session.tenantId(), session.userId())
              .because("", session.userId()));
      redirect(response, "/devices");
    } else {
      response.sendError(HttpServletResponse.SC_NOT_FOUND);
    }
  }

  private void signIn(HttpServletRequest request, HttpServletResponse response) throws IOException {
    String user = Optional.ofNullable(request.getParameter("user")).orElse("");
    String password = Optional.ofNullable(request.getParameter("password")).orElse("");
    // A real login service checks a password hash here, and reports failures with reportAuthEvent.
    if (user.isEmpty() || !MessageDigest.isEqual(bytes(password), bytes("demo"))) {
      response.sendError(HttpServletResponse.SC_UNAUTHORIZED, "wrong user or password");
      return;
    }
    Instant now = Instant.now();
    signIn.signIn(
        request,
        response,
        CreateRequest.newBuilder()
            .setUserId(user)
            .addAuthMethods("pwd")
            .setAssuranceLevel(1)
            .setAuthenticatedAt(Timestamp.newBuilder().setSeconds(now.getEpochSecond()).setNanos(now.getNano()))
            .build());
    redirect(response, "/account");
  }

  private void devices(HttpServletResponse response, ActiveSession session) throws IOException {
    ListRequest request =
        ListRequest.newBuilder()
            .setTenantId(session.tenantId())
            .setUserId(session.userId())
            .setCurrentSessionId(session.sessionId())
            .build();
    StringBuilder list = new StringBuilder("<ul>\n");
    for (Session other : client.list(request)) {
      String id = escape(other.getSessionId());
      String name = escape(other.getDevice().getName());
      list.append(
          other.getCurrent()
              ? "<li data-session-id=\"%s\" data-current=\"true\">%s (this device)</li>\n".formatted(id, name)
              : """
              <li data-session-id="%s">%s <form method="post" action="/devices/%s/sign-out"><button>Sign out</button></form></li>
              """
                  .formatted(id, name, id));
    }
    page(response, "Your devices", list + "</ul>");
  }

  private static void page(HttpServletResponse response, String title, String body) throws IOException {
    response.setContentType("text/html");
    response.setCharacterEncoding("UTF-8");
    response.setHeader("Content-Security-Policy", "default-src 'none'; form-action 'self'");
    response
        .getWriter()
        .print("<!doctype html>\n<html lang=\"en\"><title>" + title + "</title>\n<h1>" + title + "</h1>\n" + body + "\n");
  }

  private static void redirect(HttpServletResponse response, String path) {
    response.setStatus(HttpServletResponse.SC_SEE_OTHER);
    response.setHeader("Location", path);
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;").replace("'", "&#39;");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
