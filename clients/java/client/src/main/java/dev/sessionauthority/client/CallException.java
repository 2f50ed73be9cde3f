package dev.sessionauthority.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A failed call. Validations and rotations throw it as the cause of a {@link NoVerdictException}. */
public final class CallException extends SessionAuthorityException {
  private static final long serialVersionUID = 1L;

  /** Status of the call. */
  private final Status.Code code;
  /** Reason that the server stated, or an empty text. */
  private final String reason;
  private final transient Map<String, String> metadata;
  private final transient List<FieldViolation> fields;
  private final transient Optional<Duration> retryAfter;

  /**
   * An invalid field of a request.
   *
   * @param field the path of the field, such as {@code client.ip}
   * @param description what is wrong
   */
  public record FieldViolation(String field, String description) {}

  private CallException(Throwable cause, Status status, Details details) {
    super(describe(status, details.reason), cause);
    this.code = status.getCode();
    this.reason = details.reason;
    this.metadata = details.metadata;
    this.fields = List.copyOf(details.fields);
    this.retryAfter = Optional.ofNullable(details.retryAfter);
  }

  static CallException from(Throwable error) {
    Details details = new Details();
    com.google.rpc.Status rich = StatusProto.fromThrowable(error);
    if (rich != null) {
      rich.getDetailsList().forEach(details::add);
    }
    return new CallException(error, Calls.status(error), details);
  }

  static CallException of(Status status, ErrorInfo info, BadRequest request, RetryInfo retry) {
    Details details = new Details();
    details.add(info);
    details.add(request);
    details.add(retry);
    return new CallException(null, status, details);
  }

  /** The failure of a response that lacks what the contract requires. */
  static CallException withoutOutcome() {
    return new CallException(
        null, Status.INTERNAL.withDescription("the response has no outcome"), new Details());
  }

  private static String describe(Status status, String reason) {
    String text = status.getCode().name();
    if (!reason.isEmpty()) {
      text += " (" + reason + ")";
    }
    return status.getDescription() == null ? text : text + ": " + status.getDescription();
  }

  /**
   * Returns the status code.
   *
   * @return the code
   */
  public Status.Code code() {
    return code;
  }

  /**
   * Returns the machine-readable reason, such as {@code SESSION_NOT_FOUND}: a value of ErrorReason without its prefix.
   *
   * @return the reason, empty if the server stated none
   */
  public String reason() {
    return reason;
  }

  /**
   * Returns further facts about the reason.
   *
   * @return the metadata of the reason
   */
  public Map<String, String> metadata() {
    return metadata;
  }

  /**
   * Returns every invalid field of an INVALID_ARGUMENT.
   *
   * @return the fields
   */
  public List<FieldViolation> fields() {
    return fields;
  }

  /**
   * Returns how long to wait before another try.
   *
   * @return the time, empty if the server recommends none
   */
  public Optional<Duration> retryAfter() {
    return retryAfter;
  }

  /** The decoded details of a status. */
  private static final class Details {
    private String reason = "";
    private Map<String, String> metadata = Map.of();
    private final List<FieldViolation> fields = new ArrayList<>();
    private Duration retryAfter;

    void add(Any detail) {
      try {
        if (detail.is(ErrorInfo.class)) {
          add(detail.unpack(ErrorInfo.class));
        } else if (detail.is(BadRequest.class)) {
          add(detail.unpack(BadRequest.class));
        } else if (detail.is(RetryInfo.class)) {
          add(detail.unpack(RetryInfo.class));
        }
      } catch (InvalidProtocolBufferException malformed) {
        // A detail that cannot be read says nothing; code and message remain.
      }
    }

    void add(ErrorInfo info) {
      reason = info.getReason();
      metadata = Map.copyOf(info.getMetadataMap());
    }

    void add(BadRequest request) {
      request
          .getFieldViolationsList()
          .forEach(violation -> fields.add(new FieldViolation(violation.getField(), violation.getDescription())));
    }

    void add(RetryInfo retry) {
      if (retry.hasRetryDelay()) {
        retryAfter = Times.duration(retry.getRetryDelay());
      }
    }
  }
}
