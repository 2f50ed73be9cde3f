package dev.sessionauthority.conformance;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.JsonFormat;
import dev.sessionauthority.client.ActiveSession;
import dev.sessionauthority.client.CallException;
import dev.sessionauthority.client.ConfigurationException;
import dev.sessionauthority.client.NoVerdictException;
import dev.sessionauthority.client.RejectedException;
import dev.sessionauthority.client.Rejection;
import dev.sessionauthority.client.StepUp;
import dev.sessionauthority.client.StepUpRequiredException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON forms of results. */
final class Json {
  private static final JsonFormat.Printer PRINTER = JsonFormat.printer().omittingInsignificantWhitespace();

  private Json() {}

  /** JSON that is already encoded. */
  record Raw(String text) {}

  static Map<String, Object> object(Object... members) {
    Map<String, Object> object = new LinkedHashMap<>();
    for (int index = 0; index < members.length; index += 2) {
      object.put((String) members[index], members[index + 1]);
    }
    return object;
  }

  static Raw message(Message message) {
    try {
      return new Raw(PRINTER.print(message));
    } catch (InvalidProtocolBufferException error) {
      throw new IllegalStateException(error);
    }
  }

  static Raw time(Instant time) {
    return message(Timestamp.newBuilder().setSeconds(time.getEpochSecond()).setNanos(time.getNano()).build());
  }

  static Raw duration(Duration duration) {
    return message(
        com.google.protobuf.Duration.newBuilder()
            .setSeconds(duration.getSeconds())
            .setNanos(duration.getNano())
            .build());
  }

  static Map<String, Object> session(ActiveSession session) {
    Map<String, Object> result = object("session", message(session.message()));
    session.rotateAfter().ifPresent(time -> result.put("rotate_after", time(time)));
    return result;
  }

  static Map<String, Object> rejection(Rejection rejection) {
    Map<String, Object> result =
        object(
            "reason", rejection.reasonName(),
            "message", rejection.message(),
            "actor", rejection.actor(),
            "stated_reason", rejection.statedReason(),
            "session_id", rejection.sessionId());
    rejection.endedAt().ifPresent(time -> result.put("ended_at", time(time)));
    return result;
  }

  static Map<String, Object> stepUp(StepUp stepUp) {
    Map<String, Object> result =
        object(
            "session_id", stepUp.sessionId(),
            "message", stepUp.message(),
            "required_assurance_level", stepUp.assuranceLevel());
    stepUp.maxAuthAge().ifPresent(age -> result.put("required_max_auth_age", duration(age)));
    return result;
  }

  private static Map<String, Object> call(String type, CallException call) {
    List<Object> fields = new ArrayList<>();
    call.fields()
        .forEach(field -> fields.add(object("field", field.field(), "description", field.description())));
    Map<String, Object> result =
        object(
            "type", type,
            "code", call.code().name(),
            "reason", call.reason(),
            "message", call.getMessage(),
            "metadata", call.metadata(),
            "fields", fields);
    call.retryAfter().ifPresent(delay -> result.put("retry_after", duration(delay)));
    return result;
  }

  static Map<String, Object> errorObject(Throwable error) {
    if (error instanceof RejectedException rejected) {
      return with("type", "rejected", rejection(rejected.rejection()));
    }
    if (error instanceof StepUpRequiredException stepUp) {
      return with("type", "step_up_required", stepUp(stepUp.stepUp()));
    }
    if (error instanceof NoVerdictException unknown) {
      return call("no_verdict", unknown.call());
    }
    if (error instanceof CallException call) {
      return call("call", call);
    }
    if (error instanceof ConfigurationException configuration) {
      return object("type", "configuration", "message", configuration.getMessage());
    }
    return object("type", "adapter", "message", error.toString());
  }

  static Map<String, Object> with(String name, Object value, Map<String, Object> members) {
    members.put(name, value);
    return members;
  }

  static String error(Throwable error) {
    return print(errorObject(error));
  }

  static String print(Object value) {
    if (value instanceof Raw raw) {
      return raw.text;
    }
    if (value instanceof Map<?, ?> map) {
      List<String> members = new ArrayList<>();
      map.forEach((name, member) -> members.add(quoted((String) name) + ":" + print(member)));
      return "{" + String.join(",", members) + "}";
    }
    if (value instanceof Collection<?> list) {
      return "[" + String.join(",", list.stream().map(Json::print).toList()) + "]";
    }
    return value instanceof String text ? quoted(text) : String.valueOf(value);
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char letter : text.toCharArray()) {
      if (letter == '"' || letter == '\\' || letter < ' ' || Character.isSurrogate(letter)) {
        quoted.append(String.format("\\u%04x", (int) letter));
      } else {
        quoted.append(letter);
      }
    }
    return quoted.append('"').toString();
  }
}
