package dev.sessionauthority.servlet;

import dev.sessionauthority.client.CallException;
import dev.sessionauthority.client.NoVerdictException;
import dev.sessionauthority.client.RejectedException;
import dev.sessionauthority.client.StepUp;
import dev.sessionauthority.client.StepUpRequiredException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * Why a request is not let through.
 *
 * @param status the status of the response
 * @param code {@code no_session}, {@code session_rejected}, {@code step_up_required}, {@code missing_role}, {@code
 *     cross_site_request}, {@code no_verdict} or {@code invalid_path}
 * @param detail one English sentence for display
 * @param reason the reason of a rejection, such as {@code REVOKED}; empty otherwise
 * @param cause the exception, if there is one
 */
public record Refusal(int status, String code, String detail, String reason, Optional<Throwable> cause) {
  static Refusal invalidPath() {
    return new Refusal(400, "invalid_path", "the path is ambiguous", "", Optional.empty());
  }

  /** Returns the refusal that an exception stands for, or empty for an exception of the application. */
  static Optional<Refusal> from(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      Refusal refusal = fromCause(cause);
      if (refusal != null) {
        return Optional.of(refusal);
      }
    }
    return Optional.empty();
  }

  private static Refusal fromCause(Throwable cause) {
    Optional<Throwable> error = Optional.of(cause);
    if (cause instanceof RejectedException rejected) {
      return new Refusal(
          401, "session_rejected", rejected.rejection().message(), rejected.rejection().reasonName(), error);
    }
    if (cause instanceof NoSessionException) {
      return new Refusal(401, "no_session", cause.getMessage(), "", error);
    }
    if (cause instanceof StepUpRequiredException stepUp) {
      return new Refusal(403, "step_up_required", stepUp.stepUp().message(), "", error);
    }
    if (cause instanceof MissingRoleException) {
      return new Refusal(403, "missing_role", cause.getMessage(), "", error);
    }
    if (cause instanceof CrossSiteException) {
      return new Refusal(403, "cross_site_request", cause.getMessage(), "", error);
    }
    boolean isUnknown =
        cause instanceof NoVerdictException
            || cause instanceof CallException call && SessionFilter.isUnavailable(call);
    return isUnknown
        ? new Refusal(
            503, "no_verdict", "It is unknown whether the session is active. Try again.", "", error)
        : null;
  }

  /** Sets status and headers. */
  void prepare(HttpServletRequest request, HttpServletResponse response) {
    response.setStatus(status);
    response.setHeader("Cache-Control", "no-store");
    Throwable error = cause.orElse(null);
    if (status == 401) {
      response.setHeader("WWW-Authenticate", "Bearer");
      deleteRejectedCookie(request, response, error);
    } else if (error instanceof StepUpRequiredException stepUp) {
      response.setHeader("WWW-Authenticate", challenge(stepUp.stepUp()));
    } else if (status == 503) {
      Optional<Duration> recommended =
          error instanceof NoVerdictException unknown
              ? unknown.call().retryAfter()
              : error instanceof CallException call ? call.retryAfter() : Optional.empty();
      long seconds = recommended.orElse(Duration.ZERO).plusMillis(999).toSeconds();
      response.setHeader("Retry-After", Long.toString(Math.max(1, seconds)));
    }
  }

  /**
   * Deletes the cookie of a request without an active session. A browser that missed a rotation may already have the new token
   * from another response.
   */
  static void deleteRejectedCookie(HttpServletRequest request, HttpServletResponse response, Throwable error) {
    boolean mayBeReplaced = error instanceof RejectedException rejected && SessionFilter.isRotatable(rejected);
    if (!mayBeReplaced && !Cookies.sessions(request).isEmpty()) {
      Cookies.deleteSession(response);
    }
  }

  /** Returns the challenge of RFC 9470. */
  private static String challenge(StepUp stepUp) {
    String challenge = "Bearer error=\"insufficient_user_authentication\"";
    if (stepUp.assuranceLevel() > 0) {
      challenge += ", acr_values=\"" + stepUp.assuranceLevel() + "\"";
    }
    if (stepUp.maxAuthAge().isPresent()) {
      challenge += ", max_age=\"" + stepUp.maxAuthAge().get().plusMillis(999).toSeconds() + "\"";
    }
    return challenge;
  }

  /** Writes a body according to RFC 9457. */
  static void writeProblem(HttpServletRequest request, HttpServletResponse response, Refusal refusal)
      throws IOException {
    response.setContentType("application/problem+json");
    response.setCharacterEncoding("UTF-8");
    if (request.getMethod().equals("HEAD")) {
      return;
    }
    String reason = refusal.reason.isEmpty() ? "" : ",\"reason\":" + quoted(refusal.reason);
    response
        .getWriter()
        .write(
            "{\"type\":\"about:blank\",\"status\":"
                + refusal.status
                + ",\"code\":"
                + quoted(refusal.code)
                + ",\"detail\":"
                + quoted(refusal.detail)
                + reason
                + "}\n");
  }

  /** Returns the text as a JSON string. */
  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char letter : text.toCharArray()) {
      if (letter == '"' || letter == '\\' || letter < ' ' || letter == '<') {
        quoted.append(String.format("\\u%04x", (int) letter));
      } else {
        quoted.append(letter);
      }
    }
    return quoted.append('"').toString();
  }
}
