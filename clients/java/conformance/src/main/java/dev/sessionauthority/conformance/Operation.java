package dev.sessionauthority.conformance;

import com.google.protobuf.ListValue;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A line of input.
 *
 * @param fields its members
 */
record Operation(Struct fields) {
  private Optional<Value> value(String name) {
    return Optional.ofNullable(fields.getFieldsMap().get(name)).filter(value -> !value.hasNullValue());
  }

  Optional<String> text(String name) {
    return value(name).map(Value::getStringValue);
  }

  String requiredText(String name) {
    return text(name).orElseThrow(() -> new IllegalArgumentException("no " + name));
  }

  Optional<Duration> milliseconds(String name) {
    return value(name).map(value -> Duration.ofMillis((long) value.getNumberValue()));
  }

  boolean flag(String name) {
    return value(name).map(Value::getBoolValue).orElse(false);
  }

  Optional<Integer> number(String name) {
    return value(name).map(value -> (int) value.getNumberValue());
  }

  Optional<Operation> object(String name) {
    return value(name).map(value -> new Operation(value.getStructValue()));
  }

  /** Parses the member as the JSON form of a message. */
  <M extends Message> M message(String name, M empty) throws IOException {
    return parse(value(name).orElse(Value.newBuilder().setStructValue(Struct.getDefaultInstance()).build()), empty);
  }

  List<Value> list(String name) {
    return value(name).map(Value::getListValue).map(ListValue::getValuesList).orElse(List.of());
  }

  @SuppressWarnings("unchecked")
  static <M extends Message> M parse(Value value, M empty) throws IOException {
    Message.Builder builder = empty.newBuilderForType();
    JsonFormat.parser().merge(JsonFormat.printer().print(value), builder);
    return (M) builder.build();
  }
}
