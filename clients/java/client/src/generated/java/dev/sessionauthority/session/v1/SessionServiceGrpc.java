package dev.sessionauthority.session.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * Creates, validates and ends sessions. A login service checks credentials and calls Create. A
 * service that receives the resulting token with a request calls Validate.
 * Rules of all services in this package:
 * - Every call authenticates its caller, by an API key in the metadata `authorization: Bearer KEY` or
 *   by the client certificate of the connection. A caller's role (issuer, validator, backend, admin,
 *   alerts, metrics) determines the methods that it may call. Its tenants determine the data that it
 *   may access: a request for another tenant is PERMISSION_DENIED, and a session of another tenant is
 *   treated as nonexistent.
 * - An empty `tenant_id` means the tenant `default`. In a filter it means every tenant that the
 *   caller may access.
 * - Strings are UTF-8 without control characters; their limits are in bytes. Input beyond a limit
 *   is INVALID_ARGUMENT, with every invalid field listed and nothing changed, unless the field is
 *   documented as truncated. A request of more than 64 KiB is rejected as OUT_OF_RANGE before it is
 *   read.
 * - Times are from the server's clock, in whole milliseconds. Finer parts of times in requests are
 *   discarded.
 * - Enum values that a request may not use, including unknown ones, are INVALID_ARGUMENT. New
 *   values may be added to responses: treat an unknown value like the unspecified one.
 * - Every error has one of the reasons of ErrorReason. Each method lists its own. Any method may
 *   also fail as UNAUTHENTICATED (CALLER_UNAUTHENTICATED), PERMISSION_DENIED (CALLER_NOT_ALLOWED),
 *   INVALID_ARGUMENT (MALFORMED_REQUEST, and INVALID_FIELD for `grpc-timeout`), OUT_OF_RANGE
 *   (MESSAGE_TOO_LARGE), RESOURCE_EXHAUSTED (OVERLOADED, CALLER_SHARE_USED), UNAVAILABLE
 *   (SHUTTING_DOWN), UNIMPLEMENTED (METHOD_NOT_SERVED, COMPRESSION_NOT_SUPPORTED) and INTERNAL
 *   (INTERNAL). It ends as DEADLINE_EXCEEDED or CANCELLED if its caller stops waiting, and as
 *   DEADLINE_EXCEEDED (REQUEST_NOT_RECEIVED) if its message does not follow its headers.
 * - A method that lists UNAVAILABLE (STORE_UNAVAILABLE) may also fail as UNAVAILABLE (CLOCK_SKEWED)
 *   or UNAVAILABLE (STORE_NOT_BOUND): the node does not trust its clock, or the store, and neither
 *   returns a verdict nor changes anything. Retry after CLOCK_SKEWED, as another node may succeed.
 *   After STORE_NOT_BOUND, every node rejects the call until an operator acts.
 * - The metadata `x-request-id` (1 to 128 visible ASCII characters) and `traceparent` (W3C Trace
 *   Context) are used as supplied, generated if missing or invalid, and returned.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class SessionServiceGrpc {

  private SessionServiceGrpc() {}

  public static final java.lang.String SERVICE_NAME = "session.v1.SessionService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.CreateRequest,
      dev.sessionauthority.session.v1.CreateResponse> getCreateMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Create",
      requestType = dev.sessionauthority.session.v1.CreateRequest.class,
      responseType = dev.sessionauthority.session.v1.CreateResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.CreateRequest,
      dev.sessionauthority.session.v1.CreateResponse> getCreateMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.CreateRequest, dev.sessionauthority.session.v1.CreateResponse> getCreateMethod;
    if ((getCreateMethod = SessionServiceGrpc.getCreateMethod) == null) {
      synchronized (SessionServiceGrpc.class) {
        if ((getCreateMethod = SessionServiceGrpc.getCreateMethod) == null) {
          SessionServiceGrpc.getCreateMethod = getCreateMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.CreateRequest, dev.sessionauthority.session.v1.CreateResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Create"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.CreateRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.CreateResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionServiceMethodDescriptorSupplier("Create"))
              .build();
        }
      }
    }
    return getCreateMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ValidateRequest,
      dev.sessionauthority.session.v1.ValidateResponse> getValidateMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Validate",
      requestType = dev.sessionauthority.session.v1.ValidateRequest.class,
      responseType = dev.sessionauthority.session.v1.ValidateResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ValidateRequest,
      dev.sessionauthority.session.v1.ValidateResponse> getValidateMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ValidateRequest, dev.sessionauthority.session.v1.ValidateResponse> getValidateMethod;
    if ((getValidateMethod = SessionServiceGrpc.getValidateMethod) == null) {
      synchronized (SessionServiceGrpc.class) {
        if ((getValidateMethod = SessionServiceGrpc.getValidateMethod) == null) {
          SessionServiceGrpc.getValidateMethod = getValidateMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.ValidateRequest, dev.sessionauthority.session.v1.ValidateResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Validate"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ValidateRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ValidateResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionServiceMethodDescriptorSupplier("Validate"))
              .build();
        }
      }
    }
    return getValidateMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ValidateStreamRequest,
      dev.sessionauthority.session.v1.ValidateStreamResponse> getValidateStreamMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ValidateStream",
      requestType = dev.sessionauthority.session.v1.ValidateStreamRequest.class,
      responseType = dev.sessionauthority.session.v1.ValidateStreamResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.BIDI_STREAMING)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ValidateStreamRequest,
      dev.sessionauthority.session.v1.ValidateStreamResponse> getValidateStreamMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ValidateStreamRequest, dev.sessionauthority.session.v1.ValidateStreamResponse> getValidateStreamMethod;
    if ((getValidateStreamMethod = SessionServiceGrpc.getValidateStreamMethod) == null) {
      synchronized (SessionServiceGrpc.class) {
        if ((getValidateStreamMethod = SessionServiceGrpc.getValidateStreamMethod) == null) {
          SessionServiceGrpc.getValidateStreamMethod = getValidateStreamMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.ValidateStreamRequest, dev.sessionauthority.session.v1.ValidateStreamResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.BIDI_STREAMING)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ValidateStream"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ValidateStreamRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ValidateStreamResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionServiceMethodDescriptorSupplier("ValidateStream"))
              .build();
        }
      }
    }
    return getValidateStreamMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.UpdateRequest,
      dev.sessionauthority.session.v1.UpdateResponse> getUpdateMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Update",
      requestType = dev.sessionauthority.session.v1.UpdateRequest.class,
      responseType = dev.sessionauthority.session.v1.UpdateResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.UpdateRequest,
      dev.sessionauthority.session.v1.UpdateResponse> getUpdateMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.UpdateRequest, dev.sessionauthority.session.v1.UpdateResponse> getUpdateMethod;
    if ((getUpdateMethod = SessionServiceGrpc.getUpdateMethod) == null) {
      synchronized (SessionServiceGrpc.class) {
        if ((getUpdateMethod = SessionServiceGrpc.getUpdateMethod) == null) {
          SessionServiceGrpc.getUpdateMethod = getUpdateMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.UpdateRequest, dev.sessionauthority.session.v1.UpdateResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Update"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.UpdateRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.UpdateResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionServiceMethodDescriptorSupplier("Update"))
              .build();
        }
      }
    }
    return getUpdateMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.RotateRequest,
      dev.sessionauthority.session.v1.RotateResponse> getRotateMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Rotate",
      requestType = dev.sessionauthority.session.v1.RotateRequest.class,
      responseType = dev.sessionauthority.session.v1.RotateResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.RotateRequest,
      dev.sessionauthority.session.v1.RotateResponse> getRotateMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.RotateRequest, dev.sessionauthority.session.v1.RotateResponse> getRotateMethod;
    if ((getRotateMethod = SessionServiceGrpc.getRotateMethod) == null) {
      synchronized (SessionServiceGrpc.class) {
        if ((getRotateMethod = SessionServiceGrpc.getRotateMethod) == null) {
          SessionServiceGrpc.getRotateMethod = getRotateMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.RotateRequest, dev.sessionauthority.session.v1.RotateResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Rotate"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.RotateRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.RotateResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionServiceMethodDescriptorSupplier("Rotate"))
              .build();
        }
      }
    }
    return getRotateMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.GetRequest,
      dev.sessionauthority.session.v1.GetResponse> getGetMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Get",
      requestType = dev.sessionauthority.session.v1.GetRequest.class,
      responseType = dev.sessionauthority.session.v1.GetResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.GetRequest,
      dev.sessionauthority.session.v1.GetResponse> getGetMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.GetRequest, dev.sessionauthority.session.v1.GetResponse> getGetMethod;
    if ((getGetMethod = SessionServiceGrpc.getGetMethod) == null) {
      synchronized (SessionServiceGrpc.class) {
        if ((getGetMethod = SessionServiceGrpc.getGetMethod) == null) {
          SessionServiceGrpc.getGetMethod = getGetMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.GetRequest, dev.sessionauthority.session.v1.GetResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Get"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.GetRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.GetResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionServiceMethodDescriptorSupplier("Get"))
              .build();
        }
      }
    }
    return getGetMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.TouchRequest,
      dev.sessionauthority.session.v1.TouchResponse> getTouchMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Touch",
      requestType = dev.sessionauthority.session.v1.TouchRequest.class,
      responseType = dev.sessionauthority.session.v1.TouchResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.TouchRequest,
      dev.sessionauthority.session.v1.TouchResponse> getTouchMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.TouchRequest, dev.sessionauthority.session.v1.TouchResponse> getTouchMethod;
    if ((getTouchMethod = SessionServiceGrpc.getTouchMethod) == null) {
      synchronized (SessionServiceGrpc.class) {
        if ((getTouchMethod = SessionServiceGrpc.getTouchMethod) == null) {
          SessionServiceGrpc.getTouchMethod = getTouchMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.TouchRequest, dev.sessionauthority.session.v1.TouchResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Touch"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.TouchRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.TouchResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionServiceMethodDescriptorSupplier("Touch"))
              .build();
        }
      }
    }
    return getTouchMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListRequest,
      dev.sessionauthority.session.v1.ListResponse> getListMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "List",
      requestType = dev.sessionauthority.session.v1.ListRequest.class,
      responseType = dev.sessionauthority.session.v1.ListResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListRequest,
      dev.sessionauthority.session.v1.ListResponse> getListMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListRequest, dev.sessionauthority.session.v1.ListResponse> getListMethod;
    if ((getListMethod = SessionServiceGrpc.getListMethod) == null) {
      synchronized (SessionServiceGrpc.class) {
        if ((getListMethod = SessionServiceGrpc.getListMethod) == null) {
          SessionServiceGrpc.getListMethod = getListMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.ListRequest, dev.sessionauthority.session.v1.ListResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "List"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ListRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ListResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionServiceMethodDescriptorSupplier("List"))
              .build();
        }
      }
    }
    return getListMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.RevokeRequest,
      dev.sessionauthority.session.v1.RevokeResponse> getRevokeMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Revoke",
      requestType = dev.sessionauthority.session.v1.RevokeRequest.class,
      responseType = dev.sessionauthority.session.v1.RevokeResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.RevokeRequest,
      dev.sessionauthority.session.v1.RevokeResponse> getRevokeMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.RevokeRequest, dev.sessionauthority.session.v1.RevokeResponse> getRevokeMethod;
    if ((getRevokeMethod = SessionServiceGrpc.getRevokeMethod) == null) {
      synchronized (SessionServiceGrpc.class) {
        if ((getRevokeMethod = SessionServiceGrpc.getRevokeMethod) == null) {
          SessionServiceGrpc.getRevokeMethod = getRevokeMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.RevokeRequest, dev.sessionauthority.session.v1.RevokeResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Revoke"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.RevokeRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.RevokeResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionServiceMethodDescriptorSupplier("Revoke"))
              .build();
        }
      }
    }
    return getRevokeMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.RevokeAllRequest,
      dev.sessionauthority.session.v1.RevokeAllResponse> getRevokeAllMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "RevokeAll",
      requestType = dev.sessionauthority.session.v1.RevokeAllRequest.class,
      responseType = dev.sessionauthority.session.v1.RevokeAllResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.RevokeAllRequest,
      dev.sessionauthority.session.v1.RevokeAllResponse> getRevokeAllMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.RevokeAllRequest, dev.sessionauthority.session.v1.RevokeAllResponse> getRevokeAllMethod;
    if ((getRevokeAllMethod = SessionServiceGrpc.getRevokeAllMethod) == null) {
      synchronized (SessionServiceGrpc.class) {
        if ((getRevokeAllMethod = SessionServiceGrpc.getRevokeAllMethod) == null) {
          SessionServiceGrpc.getRevokeAllMethod = getRevokeAllMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.RevokeAllRequest, dev.sessionauthority.session.v1.RevokeAllResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "RevokeAll"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.RevokeAllRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.RevokeAllResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionServiceMethodDescriptorSupplier("RevokeAll"))
              .build();
        }
      }
    }
    return getRevokeAllMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ReportAuthEventRequest,
      dev.sessionauthority.session.v1.ReportAuthEventResponse> getReportAuthEventMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ReportAuthEvent",
      requestType = dev.sessionauthority.session.v1.ReportAuthEventRequest.class,
      responseType = dev.sessionauthority.session.v1.ReportAuthEventResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ReportAuthEventRequest,
      dev.sessionauthority.session.v1.ReportAuthEventResponse> getReportAuthEventMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ReportAuthEventRequest, dev.sessionauthority.session.v1.ReportAuthEventResponse> getReportAuthEventMethod;
    if ((getReportAuthEventMethod = SessionServiceGrpc.getReportAuthEventMethod) == null) {
      synchronized (SessionServiceGrpc.class) {
        if ((getReportAuthEventMethod = SessionServiceGrpc.getReportAuthEventMethod) == null) {
          SessionServiceGrpc.getReportAuthEventMethod = getReportAuthEventMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.ReportAuthEventRequest, dev.sessionauthority.session.v1.ReportAuthEventResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ReportAuthEvent"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ReportAuthEventRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ReportAuthEventResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionServiceMethodDescriptorSupplier("ReportAuthEvent"))
              .build();
        }
      }
    }
    return getReportAuthEventMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.StreamAlertsRequest,
      dev.sessionauthority.session.v1.StreamAlertsResponse> getStreamAlertsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "StreamAlerts",
      requestType = dev.sessionauthority.session.v1.StreamAlertsRequest.class,
      responseType = dev.sessionauthority.session.v1.StreamAlertsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.StreamAlertsRequest,
      dev.sessionauthority.session.v1.StreamAlertsResponse> getStreamAlertsMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.StreamAlertsRequest, dev.sessionauthority.session.v1.StreamAlertsResponse> getStreamAlertsMethod;
    if ((getStreamAlertsMethod = SessionServiceGrpc.getStreamAlertsMethod) == null) {
      synchronized (SessionServiceGrpc.class) {
        if ((getStreamAlertsMethod = SessionServiceGrpc.getStreamAlertsMethod) == null) {
          SessionServiceGrpc.getStreamAlertsMethod = getStreamAlertsMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.StreamAlertsRequest, dev.sessionauthority.session.v1.StreamAlertsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "StreamAlerts"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.StreamAlertsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.StreamAlertsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionServiceMethodDescriptorSupplier("StreamAlerts"))
              .build();
        }
      }
    }
    return getStreamAlertsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.AckAlertRequest,
      dev.sessionauthority.session.v1.AckAlertResponse> getAckAlertMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "AckAlert",
      requestType = dev.sessionauthority.session.v1.AckAlertRequest.class,
      responseType = dev.sessionauthority.session.v1.AckAlertResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.AckAlertRequest,
      dev.sessionauthority.session.v1.AckAlertResponse> getAckAlertMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.AckAlertRequest, dev.sessionauthority.session.v1.AckAlertResponse> getAckAlertMethod;
    if ((getAckAlertMethod = SessionServiceGrpc.getAckAlertMethod) == null) {
      synchronized (SessionServiceGrpc.class) {
        if ((getAckAlertMethod = SessionServiceGrpc.getAckAlertMethod) == null) {
          SessionServiceGrpc.getAckAlertMethod = getAckAlertMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.AckAlertRequest, dev.sessionauthority.session.v1.AckAlertResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "AckAlert"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.AckAlertRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.AckAlertResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionServiceMethodDescriptorSupplier("AckAlert"))
              .build();
        }
      }
    }
    return getAckAlertMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static SessionServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<SessionServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<SessionServiceStub>() {
        @java.lang.Override
        public SessionServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new SessionServiceStub(channel, callOptions);
        }
      };
    return SessionServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports all types of calls on the service
   */
  public static SessionServiceBlockingV2Stub newBlockingV2Stub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<SessionServiceBlockingV2Stub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<SessionServiceBlockingV2Stub>() {
        @java.lang.Override
        public SessionServiceBlockingV2Stub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new SessionServiceBlockingV2Stub(channel, callOptions);
        }
      };
    return SessionServiceBlockingV2Stub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static SessionServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<SessionServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<SessionServiceBlockingStub>() {
        @java.lang.Override
        public SessionServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new SessionServiceBlockingStub(channel, callOptions);
        }
      };
    return SessionServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static SessionServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<SessionServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<SessionServiceFutureStub>() {
        @java.lang.Override
        public SessionServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new SessionServiceFutureStub(channel, callOptions);
        }
      };
    return SessionServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * Creates, validates and ends sessions. A login service checks credentials and calls Create. A
   * service that receives the resulting token with a request calls Validate.
   * Rules of all services in this package:
   * - Every call authenticates its caller, by an API key in the metadata `authorization: Bearer KEY` or
   *   by the client certificate of the connection. A caller's role (issuer, validator, backend, admin,
   *   alerts, metrics) determines the methods that it may call. Its tenants determine the data that it
   *   may access: a request for another tenant is PERMISSION_DENIED, and a session of another tenant is
   *   treated as nonexistent.
   * - An empty `tenant_id` means the tenant `default`. In a filter it means every tenant that the
   *   caller may access.
   * - Strings are UTF-8 without control characters; their limits are in bytes. Input beyond a limit
   *   is INVALID_ARGUMENT, with every invalid field listed and nothing changed, unless the field is
   *   documented as truncated. A request of more than 64 KiB is rejected as OUT_OF_RANGE before it is
   *   read.
   * - Times are from the server's clock, in whole milliseconds. Finer parts of times in requests are
   *   discarded.
   * - Enum values that a request may not use, including unknown ones, are INVALID_ARGUMENT. New
   *   values may be added to responses: treat an unknown value like the unspecified one.
   * - Every error has one of the reasons of ErrorReason. Each method lists its own. Any method may
   *   also fail as UNAUTHENTICATED (CALLER_UNAUTHENTICATED), PERMISSION_DENIED (CALLER_NOT_ALLOWED),
   *   INVALID_ARGUMENT (MALFORMED_REQUEST, and INVALID_FIELD for `grpc-timeout`), OUT_OF_RANGE
   *   (MESSAGE_TOO_LARGE), RESOURCE_EXHAUSTED (OVERLOADED, CALLER_SHARE_USED), UNAVAILABLE
   *   (SHUTTING_DOWN), UNIMPLEMENTED (METHOD_NOT_SERVED, COMPRESSION_NOT_SUPPORTED) and INTERNAL
   *   (INTERNAL). It ends as DEADLINE_EXCEEDED or CANCELLED if its caller stops waiting, and as
   *   DEADLINE_EXCEEDED (REQUEST_NOT_RECEIVED) if its message does not follow its headers.
   * - A method that lists UNAVAILABLE (STORE_UNAVAILABLE) may also fail as UNAVAILABLE (CLOCK_SKEWED)
   *   or UNAVAILABLE (STORE_NOT_BOUND): the node does not trust its clock, or the store, and neither
   *   returns a verdict nor changes anything. Retry after CLOCK_SKEWED, as another node may succeed.
   *   After STORE_NOT_BOUND, every node rejects the call until an operator acts.
   * - The metadata `x-request-id` (1 to 128 visible ASCII characters) and `traceparent` (W3C Trace
   *   Context) are used as supplied, generated if missing or invalid, and returned.
   * </pre>
   */
  public interface AsyncService {

    /**
     * <pre>
     * Creates a session for a user whose credentials the caller has checked, and returns its token.
     * The token cannot be retrieved later.
     * If `client.device_id` is set, an active session of the same user with the same device ID is
     * replaced. If the user then has as many sessions as the policy allows, the policy determines
     * whether the least recently active ones are evicted or the call is rejected. The limit holds for
     * any number of concurrent calls.
     * - Atomicity: replacement, eviction, the new session, its audit events and its alerts are one
     *   step.
     * - Idempotency: a repeated call by the same caller with the same `request_id` and an equal body
     *   returns the same token and session and creates none. `client` is not compared, because a
     *   retry may come from another network; the session keeps the one of the first call. Without
     *   `request_id` every call creates a session.
     * - Nothing matched: not applicable; users need not be known.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); ALREADY_EXISTS (REQUEST_ID_REUSED);
     *   FAILED_PRECONDITION (SESSION_LIMIT_REACHED, AUTHENTICATION_REVOKED, REQUEST_SESSION_ENDED);
     *   RESOURCE_EXHAUSTED (AUDIT_BACKLOG_FULL; LOGIN_QUEUE_FULL while one sign-in of the user is in
     *   progress and four wait); UNAVAILABLE (STORE_UNAVAILABLE).
     * - Callers: issuer.
     * </pre>
     */
    default void create(dev.sessionauthority.session.v1.CreateRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.CreateResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getCreateMethod(), responseObserver);
    }

    /**
     * <pre>
     * Validates a token. The verdict is in the response: `session` or `rejection`. An error means
     * that there is no verdict: never treat it as "signed out", nor as "signed in".
     * - Atomicity: reads one session. With TOUCH it also sets the session's last activity to now; of
     *   concurrent touches, the latest counts. A touch never revives a session that has ended.
     * - Idempotency: safe to repeat.
     * - Nothing matched: OK with a rejection, MALFORMED or UNKNOWN.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), never for `token`; UNAVAILABLE (STORE_UNAVAILABLE,
     *   TOKEN_KEY_MISSING).
     * - Callers: issuer, validator, backend.
     * </pre>
     */
    default void validate(dev.sessionauthority.session.v1.ValidateRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ValidateResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getValidateMethod(), responseObserver);
    }

    /**
     * <pre>
     * Validates many tokens over one call. Each request has exactly one response, with the tag of the
     * request; responses arrive in any order. After the client closes its side, the remaining
     * responses follow, then the status OK. The server accepts a limited number of requests in flight
     * (128 by default) and then stops reading: read responses while you send, and do not send many
     * more requests than that ahead. Each validation has the time limit of Validate; the stream has
     * no deadline other than the client's.
     * - Atomicity: each request by itself, as with Validate.
     * - Idempotency: safe to repeat, as with Validate.
     * - Nothing matched: a response with a rejection, as with Validate.
     * - Errors: those of Validate are responses with `failure` and leave the stream open. The stream
     *   itself ends with the errors of any method, and with RESOURCE_EXHAUSTED (SLOW_CONSUMER) if its
     *   client reads no response for some time, 10 seconds by default. Requests without a response
     *   then have no verdict.
     * - Callers: issuer, validator, backend.
     * </pre>
     */
    default io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ValidateStreamRequest> validateStream(
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ValidateStreamResponse> responseObserver) {
      return io.grpc.stub.ServerCalls.asyncUnimplementedStreamingCall(getValidateStreamMethod(), responseObserver);
    }

    /**
     * <pre>
     * Updates fields of an active session. After the call has returned, the next Validate on this
     * node uses the new values, and on any other node after its staleness bound, as with Revoke.
     * Set `rotate` when you raise privileges or the user has authenticated again, so that the token
     * changes with them in the same step (OWASP ASVS 5.0 requirement 7.2.4). The old token is then not
     * accepted any more, and Rotate does not exchange it: both return TOKEN_ROTATED. As with Rotate,
     * it ends the session as TOKEN_REUSED if it is presented after the grace period, once the new
     * token was presented.
     * - Atomicity: all fields of the mask, the token and the audit event change in one step, or none.
     * - Idempotency: a repeated call sets the same values, increments `revision` again and is audited
     *   again. With `if_revision`, a repeat of a call that succeeded is ABORTED. With `rotate`, each
     *   call returns another token, and only the last one opens the session. If the response is lost,
     *   repeat the call.
     * - Nothing matched: NOT_FOUND. A session that has ended is not found and never revived.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); NOT_FOUND (SESSION_NOT_FOUND); ABORTED
     *   (REVISION_CONFLICT); RESOURCE_EXHAUSTED (AUDIT_BACKLOG_FULL); UNAVAILABLE
     *   (STORE_UNAVAILABLE); PERMISSION_DENIED (CALLER_NOT_ALLOWED) for a change that the caller's
     *   role may not make.
     * - Callers: issuer and admin; backend only for `email` and `data`, because it serves the user's
     *   own pages and users must not change their own rights. Only issuer may raise
     *   `assurance_level`, set `authenticated_at` to a later time, and set `rotate`, because only it
     *   has checked credentials.
     * </pre>
     */
    default void update(dev.sessionauthority.session.v1.UpdateRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.UpdateResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getUpdateMethod(), responseObserver);
    }

    /**
     * <pre>
     * Replaces the token of a session. The session, its ID and its deadlines do not change; the call
     * counts as activity. The old token remains valid for a grace period (10 seconds by default, set
     * by the policy), so that requests in flight succeed.
     * A token that was rotated out ends the session as TOKEN_REUSED if it is presented to any method,
     * and raises the alert ROTATED_TOKEN_REUSE: two parties hold tokens, and the thief cannot be
     * distinguished from the user (RFC 9700 section 4.14.2). This applies to the previous token, once
     * its grace period has passed and the new token was presented, and to every older one at once.
     * Therefore do not rotate again within the grace period.
     * - Atomicity: the new token and the audit event are one step. So are the end of a session whose
     *   token was rotated out, its audit event and the alert.
     * - Idempotency: repeated and concurrent calls with the old token return the same new token, also
     *   after the grace period until the new token is presented. If the response is lost, retry. If
     *   the policy has `rotation.lost_answer = "refuse"`, a retry after the grace period is rejected
     *   as TOKEN_ROTATED.
     * - Nothing matched: OK with a rejection and no token, as with Validate.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), never for `token`; RESOURCE_EXHAUSTED
     *   (AUDIT_BACKLOG_FULL); UNAVAILABLE (STORE_UNAVAILABLE, TOKEN_KEY_MISSING).
     * - Callers: issuer, backend.
     * </pre>
     */
    default void rotate(dev.sessionauthority.session.v1.RotateRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.RotateResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getRotateMethod(), responseObserver);
    }

    /**
     * <pre>
     * Returns one active session, by its ID.
     * - Atomicity: reads one session, with every change acknowledged before.
     * - Idempotency: safe to repeat; does not count as activity.
     * - Nothing matched: NOT_FOUND. The session has ended, does not exist, or is not of the given user
     *   or tenant.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); NOT_FOUND (SESSION_NOT_FOUND); UNAVAILABLE
     *   (STORE_UNAVAILABLE).
     * - Callers: issuer, backend, admin.
     * </pre>
     */
    default void get(dev.sessionauthority.session.v1.GetRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.GetResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetMethod(), responseObserver);
    }

    /**
     * <pre>
     * Records activity of sessions, by their IDs. For callers that keep sessions or verdicts of their
     * own and report the use of them later, many at a time. A caller that validates a token with each
     * use needs no Touch.
     * The last activity of a session moves forward to the given time, never back, and never beyond
     * now. It never moves the absolute deadline. Activity of a session that has ended is not recorded,
     * even if it was used before: it never becomes active again.
     * - Atomicity: each session by itself. After an error, some may have been recorded.
     * - Idempotency: safe to repeat.
     * - Nothing matched: OK, with `active` false for the session. It has ended, does not exist, or is
     *   of a tenant that the caller may not access.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE).
     * - Callers: issuer, validator, backend.
     * </pre>
     */
    default void touch(dev.sessionauthority.session.v1.TouchRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.TouchResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getTouchMethod(), responseObserver);
    }

    /**
     * <pre>
     * Lists all active sessions of one user, most recently active first. A user has at most 256, and
     * the response stays below 4 MiB.
     * - Atomicity: one read of the store. The response has every session that was active at that
     *   time, and no other.
     * - Idempotency: safe to repeat; does not count as activity.
     * - Nothing matched: an empty list. An unknown user has no sessions.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE).
     * - Callers: issuer, backend, admin.
     * </pre>
     */
    default void list(dev.sessionauthority.session.v1.ListRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListMethod(), responseObserver);
    }

    /**
     * <pre>
     * Ends one session, by ID or token, or the sessions of one device of a user. After the call has
     * returned, this node accepts none of them. No other node accepts them after its staleness bound
     * (250 ms by default, normally within a millisecond).
     * - Atomicity: all matching sessions end, with their audit events, in one step.
     * - Idempotency: a repeated call matches no more sessions. The reason of the first ending
     *   remains.
     * - Nothing matched: OK with `revoked` false. The session has ended, does not exist, or is not of
     *   the given user or tenant, or the token opens no session.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), never for `token`; UNAVAILABLE (STORE_UNAVAILABLE,
     *   TOKEN_KEY_MISSING).
     * - Callers: issuer, backend, admin.
     * </pre>
     */
    default void revoke(dev.sessionauthority.session.v1.RevokeRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.RevokeResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getRevokeMethod(), responseObserver);
    }

    /**
     * <pre>
     * Ends all sessions of a user, of a tenant or of everyone. It takes effect on other nodes as with
     * Revoke, for any number of sessions.
     * Afterwards Create rejects older authentications of that user, that tenant or everyone: see
     * `CreateRequest.authenticated_at`.
     * - Atomicity: the sessions of a user end, with their audit events, in one step. For a tenant or
     *   everyone the call returns when every partition of the store rejects the sessions. One audit
     *   event records the revocation. The audit database ends each session by that event, as if every
     *   session had an event of its own. If only some partitions could be reached, the call fails
     *   with UNAVAILABLE (PARTLY_APPLIED): the reached partitions stay revoked, and the service
     *   completes the rest by itself. A retry with the same `operation_id` succeeds when it is
     *   complete.
     * - Idempotency: for 24 hours, a repeated call by the same caller with the same `operation_id`
     *   and an equal body returns the first outcome and ends no session that started later. After
     *   that time, with another body, or from another caller, it is a new operation; without
     *   `operation_id`, every call is.
     * - Nothing matched: OK with `revoked_count` 0. Older authentications of the user are rejected
     *   all the same.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE, PARTLY_APPLIED,
     *   TOKEN_KEY_MISSING); RESOURCE_EXHAUSTED (OVERLOADED) if a caller revokes the same tenant, or
     *   everyone, more often than a burst of ten calls and then one a second: nothing was changed.
     * - Callers: issuer, backend, admin for a user; only admin for a tenant and for everyone, the
     *   latter only if it may access every tenant.
     * </pre>
     */
    default void revokeAll(dev.sessionauthority.session.v1.RevokeAllRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.RevokeAllResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getRevokeAllMethod(), responseObserver);
    }

    /**
     * <pre>
     * Reports a failed sign-in or an MFA prompt that was not accepted. Failures are counted for the
     * user and for the client's network, and raise alerts if they look like an attack. Report only
     * failures: Create reports success.
     * - Atomicity: the counter of the user and the audit event are one step, the counter of the
     *   network is another. Alerts follow in a step of their own.
     * - Idempotency: none; a repeated call counts again.
     * - Nothing matched: not applicable; users need not be known.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE). Do not reject a
     *   sign-in because of an error.
     * - Callers: issuer.
     * </pre>
     */
    default void reportAuthEvent(dev.sessionauthority.session.v1.ReportAuthEventRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ReportAuthEventResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getReportAuthEventMethod(), responseObserver);
    }

    /**
     * <pre>
     * Streams alerts as they are raised, on any node, in the order of their cursors. An alert exists
     * if and only if the change that caused it does, and is stored before it is sent. Each alert is
     * delivered at least once; identify a repeat by `alert_id`. The first message is a Heartbeat;
     * more follow at least every 15 seconds. Store the latest cursor that you received, of an alert
     * or a heartbeat, to resume.
     * - Atomicity: reads only.
     * - Idempotency: safe to repeat; a call that resumes from a cursor misses nothing. Alerts that
     *   can no longer be delivered are reported by a Gap, never omitted silently.
     * - Nothing matched: only heartbeats, until an alert matches.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a cursor that this service did not create;
     *   RESOURCE_EXHAUSTED (SLOW_CONSUMER), after a Gap, if the client fell too far behind or read
     *   nothing for some time, 10 seconds by default; UNAVAILABLE (STORE_UNAVAILABLE,
     *   AUDIT_UNAVAILABLE); UNAUTHENTICATED (CALLER_UNAUTHENTICATED) also when the caller's
     *   credential expires. When a stream ends, resume from the latest cursor.
     * - Callers: alerts, admin.
     * </pre>
     */
    default void streamAlerts(dev.sessionauthority.session.v1.StreamAlertsRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.StreamAlertsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getStreamAlertsMethod(), responseObserver);
    }

    /**
     * <pre>
     * Records the answer to an alert: the user did what it is about (`WAS_ME`), or somebody else did (`WAS_NOT_ME`).
     * If it was the user, the country, device and network of the sign-in are known to detection for 30
     * days from now. If it was not, the session of the alert ends, or with `revoke_all` every session
     * of the user, detection forgets what the sign-in introduced, and alerts about the user that would
     * count as repeats are raised again. Either way the alert is raised again with
     * `Alert.acknowledgement`.
     * An alert can be answered about a second after it was raised, for as long as it is retained in
     * the session store or the audit database. The answer is remembered for 90 days, and the latest 16
     * of each user.
     * - Atomicity: everything happens in one step.
     * - Idempotency: a repeated answer changes nothing and returns the sessions that the first one
     *   ended. `revoke_all` can be added to WAS_NOT_ME later.
     * - Nothing matched: if the session has already ended, the answer is recorded with no
     *   `session_ids`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); NOT_FOUND (ALERT_NOT_FOUND); FAILED_PRECONDITION
     *   (ALERT_WITHOUT_USER, ALERT_ALREADY_ANSWERED); UNAVAILABLE (STORE_UNAVAILABLE,
     *   AUDIT_UNAVAILABLE, AUDIT_WENT_BACK).
     * - Callers: backend, alerts, admin.
     * </pre>
     */
    default void ackAlert(dev.sessionauthority.session.v1.AckAlertRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.AckAlertResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getAckAlertMethod(), responseObserver);
    }
  }

  /**
   * Base class for the server implementation of the service SessionService.
   * <pre>
   * Creates, validates and ends sessions. A login service checks credentials and calls Create. A
   * service that receives the resulting token with a request calls Validate.
   * Rules of all services in this package:
   * - Every call authenticates its caller, by an API key in the metadata `authorization: Bearer KEY` or
   *   by the client certificate of the connection. A caller's role (issuer, validator, backend, admin,
   *   alerts, metrics) determines the methods that it may call. Its tenants determine the data that it
   *   may access: a request for another tenant is PERMISSION_DENIED, and a session of another tenant is
   *   treated as nonexistent.
   * - An empty `tenant_id` means the tenant `default`. In a filter it means every tenant that the
   *   caller may access.
   * - Strings are UTF-8 without control characters; their limits are in bytes. Input beyond a limit
   *   is INVALID_ARGUMENT, with every invalid field listed and nothing changed, unless the field is
   *   documented as truncated. A request of more than 64 KiB is rejected as OUT_OF_RANGE before it is
   *   read.
   * - Times are from the server's clock, in whole milliseconds. Finer parts of times in requests are
   *   discarded.
   * - Enum values that a request may not use, including unknown ones, are INVALID_ARGUMENT. New
   *   values may be added to responses: treat an unknown value like the unspecified one.
   * - Every error has one of the reasons of ErrorReason. Each method lists its own. Any method may
   *   also fail as UNAUTHENTICATED (CALLER_UNAUTHENTICATED), PERMISSION_DENIED (CALLER_NOT_ALLOWED),
   *   INVALID_ARGUMENT (MALFORMED_REQUEST, and INVALID_FIELD for `grpc-timeout`), OUT_OF_RANGE
   *   (MESSAGE_TOO_LARGE), RESOURCE_EXHAUSTED (OVERLOADED, CALLER_SHARE_USED), UNAVAILABLE
   *   (SHUTTING_DOWN), UNIMPLEMENTED (METHOD_NOT_SERVED, COMPRESSION_NOT_SUPPORTED) and INTERNAL
   *   (INTERNAL). It ends as DEADLINE_EXCEEDED or CANCELLED if its caller stops waiting, and as
   *   DEADLINE_EXCEEDED (REQUEST_NOT_RECEIVED) if its message does not follow its headers.
   * - A method that lists UNAVAILABLE (STORE_UNAVAILABLE) may also fail as UNAVAILABLE (CLOCK_SKEWED)
   *   or UNAVAILABLE (STORE_NOT_BOUND): the node does not trust its clock, or the store, and neither
   *   returns a verdict nor changes anything. Retry after CLOCK_SKEWED, as another node may succeed.
   *   After STORE_NOT_BOUND, every node rejects the call until an operator acts.
   * - The metadata `x-request-id` (1 to 128 visible ASCII characters) and `traceparent` (W3C Trace
   *   Context) are used as supplied, generated if missing or invalid, and returned.
   * </pre>
   */
  public static abstract class SessionServiceImplBase
      implements io.grpc.BindableService, AsyncService {

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return SessionServiceGrpc.bindService(this);
    }
  }

  /**
   * A stub to allow clients to do asynchronous rpc calls to service SessionService.
   * <pre>
   * Creates, validates and ends sessions. A login service checks credentials and calls Create. A
   * service that receives the resulting token with a request calls Validate.
   * Rules of all services in this package:
   * - Every call authenticates its caller, by an API key in the metadata `authorization: Bearer KEY` or
   *   by the client certificate of the connection. A caller's role (issuer, validator, backend, admin,
   *   alerts, metrics) determines the methods that it may call. Its tenants determine the data that it
   *   may access: a request for another tenant is PERMISSION_DENIED, and a session of another tenant is
   *   treated as nonexistent.
   * - An empty `tenant_id` means the tenant `default`. In a filter it means every tenant that the
   *   caller may access.
   * - Strings are UTF-8 without control characters; their limits are in bytes. Input beyond a limit
   *   is INVALID_ARGUMENT, with every invalid field listed and nothing changed, unless the field is
   *   documented as truncated. A request of more than 64 KiB is rejected as OUT_OF_RANGE before it is
   *   read.
   * - Times are from the server's clock, in whole milliseconds. Finer parts of times in requests are
   *   discarded.
   * - Enum values that a request may not use, including unknown ones, are INVALID_ARGUMENT. New
   *   values may be added to responses: treat an unknown value like the unspecified one.
   * - Every error has one of the reasons of ErrorReason. Each method lists its own. Any method may
   *   also fail as UNAUTHENTICATED (CALLER_UNAUTHENTICATED), PERMISSION_DENIED (CALLER_NOT_ALLOWED),
   *   INVALID_ARGUMENT (MALFORMED_REQUEST, and INVALID_FIELD for `grpc-timeout`), OUT_OF_RANGE
   *   (MESSAGE_TOO_LARGE), RESOURCE_EXHAUSTED (OVERLOADED, CALLER_SHARE_USED), UNAVAILABLE
   *   (SHUTTING_DOWN), UNIMPLEMENTED (METHOD_NOT_SERVED, COMPRESSION_NOT_SUPPORTED) and INTERNAL
   *   (INTERNAL). It ends as DEADLINE_EXCEEDED or CANCELLED if its caller stops waiting, and as
   *   DEADLINE_EXCEEDED (REQUEST_NOT_RECEIVED) if its message does not follow its headers.
   * - A method that lists UNAVAILABLE (STORE_UNAVAILABLE) may also fail as UNAVAILABLE (CLOCK_SKEWED)
   *   or UNAVAILABLE (STORE_NOT_BOUND): the node does not trust its clock, or the store, and neither
   *   returns a verdict nor changes anything. Retry after CLOCK_SKEWED, as another node may succeed.
   *   After STORE_NOT_BOUND, every node rejects the call until an operator acts.
   * - The metadata `x-request-id` (1 to 128 visible ASCII characters) and `traceparent` (W3C Trace
   *   Context) are used as supplied, generated if missing or invalid, and returned.
   * </pre>
   */
  public static final class SessionServiceStub
      extends io.grpc.stub.AbstractAsyncStub<SessionServiceStub> {
    private SessionServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected SessionServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new SessionServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Creates a session for a user whose credentials the caller has checked, and returns its token.
     * The token cannot be retrieved later.
     * If `client.device_id` is set, an active session of the same user with the same device ID is
     * replaced. If the user then has as many sessions as the policy allows, the policy determines
     * whether the least recently active ones are evicted or the call is rejected. The limit holds for
     * any number of concurrent calls.
     * - Atomicity: replacement, eviction, the new session, its audit events and its alerts are one
     *   step.
     * - Idempotency: a repeated call by the same caller with the same `request_id` and an equal body
     *   returns the same token and session and creates none. `client` is not compared, because a
     *   retry may come from another network; the session keeps the one of the first call. Without
     *   `request_id` every call creates a session.
     * - Nothing matched: not applicable; users need not be known.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); ALREADY_EXISTS (REQUEST_ID_REUSED);
     *   FAILED_PRECONDITION (SESSION_LIMIT_REACHED, AUTHENTICATION_REVOKED, REQUEST_SESSION_ENDED);
     *   RESOURCE_EXHAUSTED (AUDIT_BACKLOG_FULL; LOGIN_QUEUE_FULL while one sign-in of the user is in
     *   progress and four wait); UNAVAILABLE (STORE_UNAVAILABLE).
     * - Callers: issuer.
     * </pre>
     */
    public void create(dev.sessionauthority.session.v1.CreateRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.CreateResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getCreateMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Validates a token. The verdict is in the response: `session` or `rejection`. An error means
     * that there is no verdict: never treat it as "signed out", nor as "signed in".
     * - Atomicity: reads one session. With TOUCH it also sets the session's last activity to now; of
     *   concurrent touches, the latest counts. A touch never revives a session that has ended.
     * - Idempotency: safe to repeat.
     * - Nothing matched: OK with a rejection, MALFORMED or UNKNOWN.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), never for `token`; UNAVAILABLE (STORE_UNAVAILABLE,
     *   TOKEN_KEY_MISSING).
     * - Callers: issuer, validator, backend.
     * </pre>
     */
    public void validate(dev.sessionauthority.session.v1.ValidateRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ValidateResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getValidateMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Validates many tokens over one call. Each request has exactly one response, with the tag of the
     * request; responses arrive in any order. After the client closes its side, the remaining
     * responses follow, then the status OK. The server accepts a limited number of requests in flight
     * (128 by default) and then stops reading: read responses while you send, and do not send many
     * more requests than that ahead. Each validation has the time limit of Validate; the stream has
     * no deadline other than the client's.
     * - Atomicity: each request by itself, as with Validate.
     * - Idempotency: safe to repeat, as with Validate.
     * - Nothing matched: a response with a rejection, as with Validate.
     * - Errors: those of Validate are responses with `failure` and leave the stream open. The stream
     *   itself ends with the errors of any method, and with RESOURCE_EXHAUSTED (SLOW_CONSUMER) if its
     *   client reads no response for some time, 10 seconds by default. Requests without a response
     *   then have no verdict.
     * - Callers: issuer, validator, backend.
     * </pre>
     */
    public io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ValidateStreamRequest> validateStream(
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ValidateStreamResponse> responseObserver) {
      return io.grpc.stub.ClientCalls.asyncBidiStreamingCall(
          getChannel().newCall(getValidateStreamMethod(), getCallOptions()), responseObserver);
    }

    /**
     * <pre>
     * Updates fields of an active session. After the call has returned, the next Validate on this
     * node uses the new values, and on any other node after its staleness bound, as with Revoke.
     * Set `rotate` when you raise privileges or the user has authenticated again, so that the token
     * changes with them in the same step (OWASP ASVS 5.0 requirement 7.2.4). The old token is then not
     * accepted any more, and Rotate does not exchange it: both return TOKEN_ROTATED. As with Rotate,
     * it ends the session as TOKEN_REUSED if it is presented after the grace period, once the new
     * token was presented.
     * - Atomicity: all fields of the mask, the token and the audit event change in one step, or none.
     * - Idempotency: a repeated call sets the same values, increments `revision` again and is audited
     *   again. With `if_revision`, a repeat of a call that succeeded is ABORTED. With `rotate`, each
     *   call returns another token, and only the last one opens the session. If the response is lost,
     *   repeat the call.
     * - Nothing matched: NOT_FOUND. A session that has ended is not found and never revived.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); NOT_FOUND (SESSION_NOT_FOUND); ABORTED
     *   (REVISION_CONFLICT); RESOURCE_EXHAUSTED (AUDIT_BACKLOG_FULL); UNAVAILABLE
     *   (STORE_UNAVAILABLE); PERMISSION_DENIED (CALLER_NOT_ALLOWED) for a change that the caller's
     *   role may not make.
     * - Callers: issuer and admin; backend only for `email` and `data`, because it serves the user's
     *   own pages and users must not change their own rights. Only issuer may raise
     *   `assurance_level`, set `authenticated_at` to a later time, and set `rotate`, because only it
     *   has checked credentials.
     * </pre>
     */
    public void update(dev.sessionauthority.session.v1.UpdateRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.UpdateResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getUpdateMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Replaces the token of a session. The session, its ID and its deadlines do not change; the call
     * counts as activity. The old token remains valid for a grace period (10 seconds by default, set
     * by the policy), so that requests in flight succeed.
     * A token that was rotated out ends the session as TOKEN_REUSED if it is presented to any method,
     * and raises the alert ROTATED_TOKEN_REUSE: two parties hold tokens, and the thief cannot be
     * distinguished from the user (RFC 9700 section 4.14.2). This applies to the previous token, once
     * its grace period has passed and the new token was presented, and to every older one at once.
     * Therefore do not rotate again within the grace period.
     * - Atomicity: the new token and the audit event are one step. So are the end of a session whose
     *   token was rotated out, its audit event and the alert.
     * - Idempotency: repeated and concurrent calls with the old token return the same new token, also
     *   after the grace period until the new token is presented. If the response is lost, retry. If
     *   the policy has `rotation.lost_answer = "refuse"`, a retry after the grace period is rejected
     *   as TOKEN_ROTATED.
     * - Nothing matched: OK with a rejection and no token, as with Validate.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), never for `token`; RESOURCE_EXHAUSTED
     *   (AUDIT_BACKLOG_FULL); UNAVAILABLE (STORE_UNAVAILABLE, TOKEN_KEY_MISSING).
     * - Callers: issuer, backend.
     * </pre>
     */
    public void rotate(dev.sessionauthority.session.v1.RotateRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.RotateResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getRotateMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Returns one active session, by its ID.
     * - Atomicity: reads one session, with every change acknowledged before.
     * - Idempotency: safe to repeat; does not count as activity.
     * - Nothing matched: NOT_FOUND. The session has ended, does not exist, or is not of the given user
     *   or tenant.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); NOT_FOUND (SESSION_NOT_FOUND); UNAVAILABLE
     *   (STORE_UNAVAILABLE).
     * - Callers: issuer, backend, admin.
     * </pre>
     */
    public void get(dev.sessionauthority.session.v1.GetRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.GetResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Records activity of sessions, by their IDs. For callers that keep sessions or verdicts of their
     * own and report the use of them later, many at a time. A caller that validates a token with each
     * use needs no Touch.
     * The last activity of a session moves forward to the given time, never back, and never beyond
     * now. It never moves the absolute deadline. Activity of a session that has ended is not recorded,
     * even if it was used before: it never becomes active again.
     * - Atomicity: each session by itself. After an error, some may have been recorded.
     * - Idempotency: safe to repeat.
     * - Nothing matched: OK, with `active` false for the session. It has ended, does not exist, or is
     *   of a tenant that the caller may not access.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE).
     * - Callers: issuer, validator, backend.
     * </pre>
     */
    public void touch(dev.sessionauthority.session.v1.TouchRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.TouchResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getTouchMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Lists all active sessions of one user, most recently active first. A user has at most 256, and
     * the response stays below 4 MiB.
     * - Atomicity: one read of the store. The response has every session that was active at that
     *   time, and no other.
     * - Idempotency: safe to repeat; does not count as activity.
     * - Nothing matched: an empty list. An unknown user has no sessions.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE).
     * - Callers: issuer, backend, admin.
     * </pre>
     */
    public void list(dev.sessionauthority.session.v1.ListRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Ends one session, by ID or token, or the sessions of one device of a user. After the call has
     * returned, this node accepts none of them. No other node accepts them after its staleness bound
     * (250 ms by default, normally within a millisecond).
     * - Atomicity: all matching sessions end, with their audit events, in one step.
     * - Idempotency: a repeated call matches no more sessions. The reason of the first ending
     *   remains.
     * - Nothing matched: OK with `revoked` false. The session has ended, does not exist, or is not of
     *   the given user or tenant, or the token opens no session.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), never for `token`; UNAVAILABLE (STORE_UNAVAILABLE,
     *   TOKEN_KEY_MISSING).
     * - Callers: issuer, backend, admin.
     * </pre>
     */
    public void revoke(dev.sessionauthority.session.v1.RevokeRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.RevokeResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getRevokeMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Ends all sessions of a user, of a tenant or of everyone. It takes effect on other nodes as with
     * Revoke, for any number of sessions.
     * Afterwards Create rejects older authentications of that user, that tenant or everyone: see
     * `CreateRequest.authenticated_at`.
     * - Atomicity: the sessions of a user end, with their audit events, in one step. For a tenant or
     *   everyone the call returns when every partition of the store rejects the sessions. One audit
     *   event records the revocation. The audit database ends each session by that event, as if every
     *   session had an event of its own. If only some partitions could be reached, the call fails
     *   with UNAVAILABLE (PARTLY_APPLIED): the reached partitions stay revoked, and the service
     *   completes the rest by itself. A retry with the same `operation_id` succeeds when it is
     *   complete.
     * - Idempotency: for 24 hours, a repeated call by the same caller with the same `operation_id`
     *   and an equal body returns the first outcome and ends no session that started later. After
     *   that time, with another body, or from another caller, it is a new operation; without
     *   `operation_id`, every call is.
     * - Nothing matched: OK with `revoked_count` 0. Older authentications of the user are rejected
     *   all the same.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE, PARTLY_APPLIED,
     *   TOKEN_KEY_MISSING); RESOURCE_EXHAUSTED (OVERLOADED) if a caller revokes the same tenant, or
     *   everyone, more often than a burst of ten calls and then one a second: nothing was changed.
     * - Callers: issuer, backend, admin for a user; only admin for a tenant and for everyone, the
     *   latter only if it may access every tenant.
     * </pre>
     */
    public void revokeAll(dev.sessionauthority.session.v1.RevokeAllRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.RevokeAllResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getRevokeAllMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Reports a failed sign-in or an MFA prompt that was not accepted. Failures are counted for the
     * user and for the client's network, and raise alerts if they look like an attack. Report only
     * failures: Create reports success.
     * - Atomicity: the counter of the user and the audit event are one step, the counter of the
     *   network is another. Alerts follow in a step of their own.
     * - Idempotency: none; a repeated call counts again.
     * - Nothing matched: not applicable; users need not be known.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE). Do not reject a
     *   sign-in because of an error.
     * - Callers: issuer.
     * </pre>
     */
    public void reportAuthEvent(dev.sessionauthority.session.v1.ReportAuthEventRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ReportAuthEventResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getReportAuthEventMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Streams alerts as they are raised, on any node, in the order of their cursors. An alert exists
     * if and only if the change that caused it does, and is stored before it is sent. Each alert is
     * delivered at least once; identify a repeat by `alert_id`. The first message is a Heartbeat;
     * more follow at least every 15 seconds. Store the latest cursor that you received, of an alert
     * or a heartbeat, to resume.
     * - Atomicity: reads only.
     * - Idempotency: safe to repeat; a call that resumes from a cursor misses nothing. Alerts that
     *   can no longer be delivered are reported by a Gap, never omitted silently.
     * - Nothing matched: only heartbeats, until an alert matches.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a cursor that this service did not create;
     *   RESOURCE_EXHAUSTED (SLOW_CONSUMER), after a Gap, if the client fell too far behind or read
     *   nothing for some time, 10 seconds by default; UNAVAILABLE (STORE_UNAVAILABLE,
     *   AUDIT_UNAVAILABLE); UNAUTHENTICATED (CALLER_UNAUTHENTICATED) also when the caller's
     *   credential expires. When a stream ends, resume from the latest cursor.
     * - Callers: alerts, admin.
     * </pre>
     */
    public void streamAlerts(dev.sessionauthority.session.v1.StreamAlertsRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.StreamAlertsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncServerStreamingCall(
          getChannel().newCall(getStreamAlertsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Records the answer to an alert: the user did what it is about (`WAS_ME`), or somebody else did (`WAS_NOT_ME`).
     * If it was the user, the country, device and network of the sign-in are known to detection for 30
     * days from now. If it was not, the session of the alert ends, or with `revoke_all` every session
     * of the user, detection forgets what the sign-in introduced, and alerts about the user that would
     * count as repeats are raised again. Either way the alert is raised again with
     * `Alert.acknowledgement`.
     * An alert can be answered about a second after it was raised, for as long as it is retained in
     * the session store or the audit database. The answer is remembered for 90 days, and the latest 16
     * of each user.
     * - Atomicity: everything happens in one step.
     * - Idempotency: a repeated answer changes nothing and returns the sessions that the first one
     *   ended. `revoke_all` can be added to WAS_NOT_ME later.
     * - Nothing matched: if the session has already ended, the answer is recorded with no
     *   `session_ids`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); NOT_FOUND (ALERT_NOT_FOUND); FAILED_PRECONDITION
     *   (ALERT_WITHOUT_USER, ALERT_ALREADY_ANSWERED); UNAVAILABLE (STORE_UNAVAILABLE,
     *   AUDIT_UNAVAILABLE, AUDIT_WENT_BACK).
     * - Callers: backend, alerts, admin.
     * </pre>
     */
    public void ackAlert(dev.sessionauthority.session.v1.AckAlertRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.AckAlertResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getAckAlertMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * A stub to allow clients to do synchronous rpc calls to service SessionService.
   * <pre>
   * Creates, validates and ends sessions. A login service checks credentials and calls Create. A
   * service that receives the resulting token with a request calls Validate.
   * Rules of all services in this package:
   * - Every call authenticates its caller, by an API key in the metadata `authorization: Bearer KEY` or
   *   by the client certificate of the connection. A caller's role (issuer, validator, backend, admin,
   *   alerts, metrics) determines the methods that it may call. Its tenants determine the data that it
   *   may access: a request for another tenant is PERMISSION_DENIED, and a session of another tenant is
   *   treated as nonexistent.
   * - An empty `tenant_id` means the tenant `default`. In a filter it means every tenant that the
   *   caller may access.
   * - Strings are UTF-8 without control characters; their limits are in bytes. Input beyond a limit
   *   is INVALID_ARGUMENT, with every invalid field listed and nothing changed, unless the field is
   *   documented as truncated. A request of more than 64 KiB is rejected as OUT_OF_RANGE before it is
   *   read.
   * - Times are from the server's clock, in whole milliseconds. Finer parts of times in requests are
   *   discarded.
   * - Enum values that a request may not use, including unknown ones, are INVALID_ARGUMENT. New
   *   values may be added to responses: treat an unknown value like the unspecified one.
   * - Every error has one of the reasons of ErrorReason. Each method lists its own. Any method may
   *   also fail as UNAUTHENTICATED (CALLER_UNAUTHENTICATED), PERMISSION_DENIED (CALLER_NOT_ALLOWED),
   *   INVALID_ARGUMENT (MALFORMED_REQUEST, and INVALID_FIELD for `grpc-timeout`), OUT_OF_RANGE
   *   (MESSAGE_TOO_LARGE), RESOURCE_EXHAUSTED (OVERLOADED, CALLER_SHARE_USED), UNAVAILABLE
   *   (SHUTTING_DOWN), UNIMPLEMENTED (METHOD_NOT_SERVED, COMPRESSION_NOT_SUPPORTED) and INTERNAL
   *   (INTERNAL). It ends as DEADLINE_EXCEEDED or CANCELLED if its caller stops waiting, and as
   *   DEADLINE_EXCEEDED (REQUEST_NOT_RECEIVED) if its message does not follow its headers.
   * - A method that lists UNAVAILABLE (STORE_UNAVAILABLE) may also fail as UNAVAILABLE (CLOCK_SKEWED)
   *   or UNAVAILABLE (STORE_NOT_BOUND): the node does not trust its clock, or the store, and neither
   *   returns a verdict nor changes anything. Retry after CLOCK_SKEWED, as another node may succeed.
   *   After STORE_NOT_BOUND, every node rejects the call until an operator acts.
   * - The metadata `x-request-id` (1 to 128 visible ASCII characters) and `traceparent` (W3C Trace
   *   Context) are used as supplied, generated if missing or invalid, and returned.
   * </pre>
   */
  public static final class SessionServiceBlockingV2Stub
      extends io.grpc.stub.AbstractBlockingStub<SessionServiceBlockingV2Stub> {
    private SessionServiceBlockingV2Stub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected SessionServiceBlockingV2Stub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new SessionServiceBlockingV2Stub(channel, callOptions);
    }

    /**
     * <pre>
     * Creates a session for a user whose credentials the caller has checked, and returns its token.
     * The token cannot be retrieved later.
     * If `client.device_id` is set, an active session of the same user with the same device ID is
     * replaced. If the user then has as many sessions as the policy allows, the policy determines
     * whether the least recently active ones are evicted or the call is rejected. The limit holds for
     * any number of concurrent calls.
     * - Atomicity: replacement, eviction, the new session, its audit events and its alerts are one
     *   step.
     * - Idempotency: a repeated call by the same caller with the same `request_id` and an equal body
     *   returns the same token and session and creates none. `client` is not compared, because a
     *   retry may come from another network; the session keeps the one of the first call. Without
     *   `request_id` every call creates a session.
     * - Nothing matched: not applicable; users need not be known.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); ALREADY_EXISTS (REQUEST_ID_REUSED);
     *   FAILED_PRECONDITION (SESSION_LIMIT_REACHED, AUTHENTICATION_REVOKED, REQUEST_SESSION_ENDED);
     *   RESOURCE_EXHAUSTED (AUDIT_BACKLOG_FULL; LOGIN_QUEUE_FULL while one sign-in of the user is in
     *   progress and four wait); UNAVAILABLE (STORE_UNAVAILABLE).
     * - Callers: issuer.
     * </pre>
     */
    public dev.sessionauthority.session.v1.CreateResponse create(dev.sessionauthority.session.v1.CreateRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getCreateMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Validates a token. The verdict is in the response: `session` or `rejection`. An error means
     * that there is no verdict: never treat it as "signed out", nor as "signed in".
     * - Atomicity: reads one session. With TOUCH it also sets the session's last activity to now; of
     *   concurrent touches, the latest counts. A touch never revives a session that has ended.
     * - Idempotency: safe to repeat.
     * - Nothing matched: OK with a rejection, MALFORMED or UNKNOWN.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), never for `token`; UNAVAILABLE (STORE_UNAVAILABLE,
     *   TOKEN_KEY_MISSING).
     * - Callers: issuer, validator, backend.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ValidateResponse validate(dev.sessionauthority.session.v1.ValidateRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getValidateMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Validates many tokens over one call. Each request has exactly one response, with the tag of the
     * request; responses arrive in any order. After the client closes its side, the remaining
     * responses follow, then the status OK. The server accepts a limited number of requests in flight
     * (128 by default) and then stops reading: read responses while you send, and do not send many
     * more requests than that ahead. Each validation has the time limit of Validate; the stream has
     * no deadline other than the client's.
     * - Atomicity: each request by itself, as with Validate.
     * - Idempotency: safe to repeat, as with Validate.
     * - Nothing matched: a response with a rejection, as with Validate.
     * - Errors: those of Validate are responses with `failure` and leave the stream open. The stream
     *   itself ends with the errors of any method, and with RESOURCE_EXHAUSTED (SLOW_CONSUMER) if its
     *   client reads no response for some time, 10 seconds by default. Requests without a response
     *   then have no verdict.
     * - Callers: issuer, validator, backend.
     * </pre>
     */
    @io.grpc.ExperimentalApi("https://github.com/grpc/grpc-java/issues/10918")
    public io.grpc.stub.BlockingClientCall<dev.sessionauthority.session.v1.ValidateStreamRequest, dev.sessionauthority.session.v1.ValidateStreamResponse>
        validateStream() {
      return io.grpc.stub.ClientCalls.blockingBidiStreamingCall(
          getChannel(), getValidateStreamMethod(), getCallOptions());
    }

    /**
     * <pre>
     * Updates fields of an active session. After the call has returned, the next Validate on this
     * node uses the new values, and on any other node after its staleness bound, as with Revoke.
     * Set `rotate` when you raise privileges or the user has authenticated again, so that the token
     * changes with them in the same step (OWASP ASVS 5.0 requirement 7.2.4). The old token is then not
     * accepted any more, and Rotate does not exchange it: both return TOKEN_ROTATED. As with Rotate,
     * it ends the session as TOKEN_REUSED if it is presented after the grace period, once the new
     * token was presented.
     * - Atomicity: all fields of the mask, the token and the audit event change in one step, or none.
     * - Idempotency: a repeated call sets the same values, increments `revision` again and is audited
     *   again. With `if_revision`, a repeat of a call that succeeded is ABORTED. With `rotate`, each
     *   call returns another token, and only the last one opens the session. If the response is lost,
     *   repeat the call.
     * - Nothing matched: NOT_FOUND. A session that has ended is not found and never revived.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); NOT_FOUND (SESSION_NOT_FOUND); ABORTED
     *   (REVISION_CONFLICT); RESOURCE_EXHAUSTED (AUDIT_BACKLOG_FULL); UNAVAILABLE
     *   (STORE_UNAVAILABLE); PERMISSION_DENIED (CALLER_NOT_ALLOWED) for a change that the caller's
     *   role may not make.
     * - Callers: issuer and admin; backend only for `email` and `data`, because it serves the user's
     *   own pages and users must not change their own rights. Only issuer may raise
     *   `assurance_level`, set `authenticated_at` to a later time, and set `rotate`, because only it
     *   has checked credentials.
     * </pre>
     */
    public dev.sessionauthority.session.v1.UpdateResponse update(dev.sessionauthority.session.v1.UpdateRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getUpdateMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Replaces the token of a session. The session, its ID and its deadlines do not change; the call
     * counts as activity. The old token remains valid for a grace period (10 seconds by default, set
     * by the policy), so that requests in flight succeed.
     * A token that was rotated out ends the session as TOKEN_REUSED if it is presented to any method,
     * and raises the alert ROTATED_TOKEN_REUSE: two parties hold tokens, and the thief cannot be
     * distinguished from the user (RFC 9700 section 4.14.2). This applies to the previous token, once
     * its grace period has passed and the new token was presented, and to every older one at once.
     * Therefore do not rotate again within the grace period.
     * - Atomicity: the new token and the audit event are one step. So are the end of a session whose
     *   token was rotated out, its audit event and the alert.
     * - Idempotency: repeated and concurrent calls with the old token return the same new token, also
     *   after the grace period until the new token is presented. If the response is lost, retry. If
     *   the policy has `rotation.lost_answer = "refuse"`, a retry after the grace period is rejected
     *   as TOKEN_ROTATED.
     * - Nothing matched: OK with a rejection and no token, as with Validate.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), never for `token`; RESOURCE_EXHAUSTED
     *   (AUDIT_BACKLOG_FULL); UNAVAILABLE (STORE_UNAVAILABLE, TOKEN_KEY_MISSING).
     * - Callers: issuer, backend.
     * </pre>
     */
    public dev.sessionauthority.session.v1.RotateResponse rotate(dev.sessionauthority.session.v1.RotateRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getRotateMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Returns one active session, by its ID.
     * - Atomicity: reads one session, with every change acknowledged before.
     * - Idempotency: safe to repeat; does not count as activity.
     * - Nothing matched: NOT_FOUND. The session has ended, does not exist, or is not of the given user
     *   or tenant.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); NOT_FOUND (SESSION_NOT_FOUND); UNAVAILABLE
     *   (STORE_UNAVAILABLE).
     * - Callers: issuer, backend, admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.GetResponse get(dev.sessionauthority.session.v1.GetRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGetMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Records activity of sessions, by their IDs. For callers that keep sessions or verdicts of their
     * own and report the use of them later, many at a time. A caller that validates a token with each
     * use needs no Touch.
     * The last activity of a session moves forward to the given time, never back, and never beyond
     * now. It never moves the absolute deadline. Activity of a session that has ended is not recorded,
     * even if it was used before: it never becomes active again.
     * - Atomicity: each session by itself. After an error, some may have been recorded.
     * - Idempotency: safe to repeat.
     * - Nothing matched: OK, with `active` false for the session. It has ended, does not exist, or is
     *   of a tenant that the caller may not access.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE).
     * - Callers: issuer, validator, backend.
     * </pre>
     */
    public dev.sessionauthority.session.v1.TouchResponse touch(dev.sessionauthority.session.v1.TouchRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getTouchMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists all active sessions of one user, most recently active first. A user has at most 256, and
     * the response stays below 4 MiB.
     * - Atomicity: one read of the store. The response has every session that was active at that
     *   time, and no other.
     * - Idempotency: safe to repeat; does not count as activity.
     * - Nothing matched: an empty list. An unknown user has no sessions.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE).
     * - Callers: issuer, backend, admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ListResponse list(dev.sessionauthority.session.v1.ListRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Ends one session, by ID or token, or the sessions of one device of a user. After the call has
     * returned, this node accepts none of them. No other node accepts them after its staleness bound
     * (250 ms by default, normally within a millisecond).
     * - Atomicity: all matching sessions end, with their audit events, in one step.
     * - Idempotency: a repeated call matches no more sessions. The reason of the first ending
     *   remains.
     * - Nothing matched: OK with `revoked` false. The session has ended, does not exist, or is not of
     *   the given user or tenant, or the token opens no session.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), never for `token`; UNAVAILABLE (STORE_UNAVAILABLE,
     *   TOKEN_KEY_MISSING).
     * - Callers: issuer, backend, admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.RevokeResponse revoke(dev.sessionauthority.session.v1.RevokeRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getRevokeMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Ends all sessions of a user, of a tenant or of everyone. It takes effect on other nodes as with
     * Revoke, for any number of sessions.
     * Afterwards Create rejects older authentications of that user, that tenant or everyone: see
     * `CreateRequest.authenticated_at`.
     * - Atomicity: the sessions of a user end, with their audit events, in one step. For a tenant or
     *   everyone the call returns when every partition of the store rejects the sessions. One audit
     *   event records the revocation. The audit database ends each session by that event, as if every
     *   session had an event of its own. If only some partitions could be reached, the call fails
     *   with UNAVAILABLE (PARTLY_APPLIED): the reached partitions stay revoked, and the service
     *   completes the rest by itself. A retry with the same `operation_id` succeeds when it is
     *   complete.
     * - Idempotency: for 24 hours, a repeated call by the same caller with the same `operation_id`
     *   and an equal body returns the first outcome and ends no session that started later. After
     *   that time, with another body, or from another caller, it is a new operation; without
     *   `operation_id`, every call is.
     * - Nothing matched: OK with `revoked_count` 0. Older authentications of the user are rejected
     *   all the same.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE, PARTLY_APPLIED,
     *   TOKEN_KEY_MISSING); RESOURCE_EXHAUSTED (OVERLOADED) if a caller revokes the same tenant, or
     *   everyone, more often than a burst of ten calls and then one a second: nothing was changed.
     * - Callers: issuer, backend, admin for a user; only admin for a tenant and for everyone, the
     *   latter only if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.RevokeAllResponse revokeAll(dev.sessionauthority.session.v1.RevokeAllRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getRevokeAllMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Reports a failed sign-in or an MFA prompt that was not accepted. Failures are counted for the
     * user and for the client's network, and raise alerts if they look like an attack. Report only
     * failures: Create reports success.
     * - Atomicity: the counter of the user and the audit event are one step, the counter of the
     *   network is another. Alerts follow in a step of their own.
     * - Idempotency: none; a repeated call counts again.
     * - Nothing matched: not applicable; users need not be known.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE). Do not reject a
     *   sign-in because of an error.
     * - Callers: issuer.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ReportAuthEventResponse reportAuthEvent(dev.sessionauthority.session.v1.ReportAuthEventRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getReportAuthEventMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Streams alerts as they are raised, on any node, in the order of their cursors. An alert exists
     * if and only if the change that caused it does, and is stored before it is sent. Each alert is
     * delivered at least once; identify a repeat by `alert_id`. The first message is a Heartbeat;
     * more follow at least every 15 seconds. Store the latest cursor that you received, of an alert
     * or a heartbeat, to resume.
     * - Atomicity: reads only.
     * - Idempotency: safe to repeat; a call that resumes from a cursor misses nothing. Alerts that
     *   can no longer be delivered are reported by a Gap, never omitted silently.
     * - Nothing matched: only heartbeats, until an alert matches.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a cursor that this service did not create;
     *   RESOURCE_EXHAUSTED (SLOW_CONSUMER), after a Gap, if the client fell too far behind or read
     *   nothing for some time, 10 seconds by default; UNAVAILABLE (STORE_UNAVAILABLE,
     *   AUDIT_UNAVAILABLE); UNAUTHENTICATED (CALLER_UNAUTHENTICATED) also when the caller's
     *   credential expires. When a stream ends, resume from the latest cursor.
     * - Callers: alerts, admin.
     * </pre>
     */
    @io.grpc.ExperimentalApi("https://github.com/grpc/grpc-java/issues/10918")
    public io.grpc.stub.BlockingClientCall<?, dev.sessionauthority.session.v1.StreamAlertsResponse>
        streamAlerts(dev.sessionauthority.session.v1.StreamAlertsRequest request) {
      return io.grpc.stub.ClientCalls.blockingV2ServerStreamingCall(
          getChannel(), getStreamAlertsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Records the answer to an alert: the user did what it is about (`WAS_ME`), or somebody else did (`WAS_NOT_ME`).
     * If it was the user, the country, device and network of the sign-in are known to detection for 30
     * days from now. If it was not, the session of the alert ends, or with `revoke_all` every session
     * of the user, detection forgets what the sign-in introduced, and alerts about the user that would
     * count as repeats are raised again. Either way the alert is raised again with
     * `Alert.acknowledgement`.
     * An alert can be answered about a second after it was raised, for as long as it is retained in
     * the session store or the audit database. The answer is remembered for 90 days, and the latest 16
     * of each user.
     * - Atomicity: everything happens in one step.
     * - Idempotency: a repeated answer changes nothing and returns the sessions that the first one
     *   ended. `revoke_all` can be added to WAS_NOT_ME later.
     * - Nothing matched: if the session has already ended, the answer is recorded with no
     *   `session_ids`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); NOT_FOUND (ALERT_NOT_FOUND); FAILED_PRECONDITION
     *   (ALERT_WITHOUT_USER, ALERT_ALREADY_ANSWERED); UNAVAILABLE (STORE_UNAVAILABLE,
     *   AUDIT_UNAVAILABLE, AUDIT_WENT_BACK).
     * - Callers: backend, alerts, admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.AckAlertResponse ackAlert(dev.sessionauthority.session.v1.AckAlertRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getAckAlertMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do limited synchronous rpc calls to service SessionService.
   * <pre>
   * Creates, validates and ends sessions. A login service checks credentials and calls Create. A
   * service that receives the resulting token with a request calls Validate.
   * Rules of all services in this package:
   * - Every call authenticates its caller, by an API key in the metadata `authorization: Bearer KEY` or
   *   by the client certificate of the connection. A caller's role (issuer, validator, backend, admin,
   *   alerts, metrics) determines the methods that it may call. Its tenants determine the data that it
   *   may access: a request for another tenant is PERMISSION_DENIED, and a session of another tenant is
   *   treated as nonexistent.
   * - An empty `tenant_id` means the tenant `default`. In a filter it means every tenant that the
   *   caller may access.
   * - Strings are UTF-8 without control characters; their limits are in bytes. Input beyond a limit
   *   is INVALID_ARGUMENT, with every invalid field listed and nothing changed, unless the field is
   *   documented as truncated. A request of more than 64 KiB is rejected as OUT_OF_RANGE before it is
   *   read.
   * - Times are from the server's clock, in whole milliseconds. Finer parts of times in requests are
   *   discarded.
   * - Enum values that a request may not use, including unknown ones, are INVALID_ARGUMENT. New
   *   values may be added to responses: treat an unknown value like the unspecified one.
   * - Every error has one of the reasons of ErrorReason. Each method lists its own. Any method may
   *   also fail as UNAUTHENTICATED (CALLER_UNAUTHENTICATED), PERMISSION_DENIED (CALLER_NOT_ALLOWED),
   *   INVALID_ARGUMENT (MALFORMED_REQUEST, and INVALID_FIELD for `grpc-timeout`), OUT_OF_RANGE
   *   (MESSAGE_TOO_LARGE), RESOURCE_EXHAUSTED (OVERLOADED, CALLER_SHARE_USED), UNAVAILABLE
   *   (SHUTTING_DOWN), UNIMPLEMENTED (METHOD_NOT_SERVED, COMPRESSION_NOT_SUPPORTED) and INTERNAL
   *   (INTERNAL). It ends as DEADLINE_EXCEEDED or CANCELLED if its caller stops waiting, and as
   *   DEADLINE_EXCEEDED (REQUEST_NOT_RECEIVED) if its message does not follow its headers.
   * - A method that lists UNAVAILABLE (STORE_UNAVAILABLE) may also fail as UNAVAILABLE (CLOCK_SKEWED)
   *   or UNAVAILABLE (STORE_NOT_BOUND): the node does not trust its clock, or the store, and neither
   *   returns a verdict nor changes anything. Retry after CLOCK_SKEWED, as another node may succeed.
   *   After STORE_NOT_BOUND, every node rejects the call until an operator acts.
   * - The metadata `x-request-id` (1 to 128 visible ASCII characters) and `traceparent` (W3C Trace
   *   Context) are used as supplied, generated if missing or invalid, and returned.
   * </pre>
   */
  public static final class SessionServiceBlockingStub
      extends io.grpc.stub.AbstractBlockingStub<SessionServiceBlockingStub> {
    private SessionServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected SessionServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new SessionServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Creates a session for a user whose credentials the caller has checked, and returns its token.
     * The token cannot be retrieved later.
     * If `client.device_id` is set, an active session of the same user with the same device ID is
     * replaced. If the user then has as many sessions as the policy allows, the policy determines
     * whether the least recently active ones are evicted or the call is rejected. The limit holds for
     * any number of concurrent calls.
     * - Atomicity: replacement, eviction, the new session, its audit events and its alerts are one
     *   step.
     * - Idempotency: a repeated call by the same caller with the same `request_id` and an equal body
     *   returns the same token and session and creates none. `client` is not compared, because a
     *   retry may come from another network; the session keeps the one of the first call. Without
     *   `request_id` every call creates a session.
     * - Nothing matched: not applicable; users need not be known.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); ALREADY_EXISTS (REQUEST_ID_REUSED);
     *   FAILED_PRECONDITION (SESSION_LIMIT_REACHED, AUTHENTICATION_REVOKED, REQUEST_SESSION_ENDED);
     *   RESOURCE_EXHAUSTED (AUDIT_BACKLOG_FULL; LOGIN_QUEUE_FULL while one sign-in of the user is in
     *   progress and four wait); UNAVAILABLE (STORE_UNAVAILABLE).
     * - Callers: issuer.
     * </pre>
     */
    public dev.sessionauthority.session.v1.CreateResponse create(dev.sessionauthority.session.v1.CreateRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getCreateMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Validates a token. The verdict is in the response: `session` or `rejection`. An error means
     * that there is no verdict: never treat it as "signed out", nor as "signed in".
     * - Atomicity: reads one session. With TOUCH it also sets the session's last activity to now; of
     *   concurrent touches, the latest counts. A touch never revives a session that has ended.
     * - Idempotency: safe to repeat.
     * - Nothing matched: OK with a rejection, MALFORMED or UNKNOWN.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), never for `token`; UNAVAILABLE (STORE_UNAVAILABLE,
     *   TOKEN_KEY_MISSING).
     * - Callers: issuer, validator, backend.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ValidateResponse validate(dev.sessionauthority.session.v1.ValidateRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getValidateMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Updates fields of an active session. After the call has returned, the next Validate on this
     * node uses the new values, and on any other node after its staleness bound, as with Revoke.
     * Set `rotate` when you raise privileges or the user has authenticated again, so that the token
     * changes with them in the same step (OWASP ASVS 5.0 requirement 7.2.4). The old token is then not
     * accepted any more, and Rotate does not exchange it: both return TOKEN_ROTATED. As with Rotate,
     * it ends the session as TOKEN_REUSED if it is presented after the grace period, once the new
     * token was presented.
     * - Atomicity: all fields of the mask, the token and the audit event change in one step, or none.
     * - Idempotency: a repeated call sets the same values, increments `revision` again and is audited
     *   again. With `if_revision`, a repeat of a call that succeeded is ABORTED. With `rotate`, each
     *   call returns another token, and only the last one opens the session. If the response is lost,
     *   repeat the call.
     * - Nothing matched: NOT_FOUND. A session that has ended is not found and never revived.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); NOT_FOUND (SESSION_NOT_FOUND); ABORTED
     *   (REVISION_CONFLICT); RESOURCE_EXHAUSTED (AUDIT_BACKLOG_FULL); UNAVAILABLE
     *   (STORE_UNAVAILABLE); PERMISSION_DENIED (CALLER_NOT_ALLOWED) for a change that the caller's
     *   role may not make.
     * - Callers: issuer and admin; backend only for `email` and `data`, because it serves the user's
     *   own pages and users must not change their own rights. Only issuer may raise
     *   `assurance_level`, set `authenticated_at` to a later time, and set `rotate`, because only it
     *   has checked credentials.
     * </pre>
     */
    public dev.sessionauthority.session.v1.UpdateResponse update(dev.sessionauthority.session.v1.UpdateRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getUpdateMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Replaces the token of a session. The session, its ID and its deadlines do not change; the call
     * counts as activity. The old token remains valid for a grace period (10 seconds by default, set
     * by the policy), so that requests in flight succeed.
     * A token that was rotated out ends the session as TOKEN_REUSED if it is presented to any method,
     * and raises the alert ROTATED_TOKEN_REUSE: two parties hold tokens, and the thief cannot be
     * distinguished from the user (RFC 9700 section 4.14.2). This applies to the previous token, once
     * its grace period has passed and the new token was presented, and to every older one at once.
     * Therefore do not rotate again within the grace period.
     * - Atomicity: the new token and the audit event are one step. So are the end of a session whose
     *   token was rotated out, its audit event and the alert.
     * - Idempotency: repeated and concurrent calls with the old token return the same new token, also
     *   after the grace period until the new token is presented. If the response is lost, retry. If
     *   the policy has `rotation.lost_answer = "refuse"`, a retry after the grace period is rejected
     *   as TOKEN_ROTATED.
     * - Nothing matched: OK with a rejection and no token, as with Validate.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), never for `token`; RESOURCE_EXHAUSTED
     *   (AUDIT_BACKLOG_FULL); UNAVAILABLE (STORE_UNAVAILABLE, TOKEN_KEY_MISSING).
     * - Callers: issuer, backend.
     * </pre>
     */
    public dev.sessionauthority.session.v1.RotateResponse rotate(dev.sessionauthority.session.v1.RotateRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getRotateMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Returns one active session, by its ID.
     * - Atomicity: reads one session, with every change acknowledged before.
     * - Idempotency: safe to repeat; does not count as activity.
     * - Nothing matched: NOT_FOUND. The session has ended, does not exist, or is not of the given user
     *   or tenant.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); NOT_FOUND (SESSION_NOT_FOUND); UNAVAILABLE
     *   (STORE_UNAVAILABLE).
     * - Callers: issuer, backend, admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.GetResponse get(dev.sessionauthority.session.v1.GetRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Records activity of sessions, by their IDs. For callers that keep sessions or verdicts of their
     * own and report the use of them later, many at a time. A caller that validates a token with each
     * use needs no Touch.
     * The last activity of a session moves forward to the given time, never back, and never beyond
     * now. It never moves the absolute deadline. Activity of a session that has ended is not recorded,
     * even if it was used before: it never becomes active again.
     * - Atomicity: each session by itself. After an error, some may have been recorded.
     * - Idempotency: safe to repeat.
     * - Nothing matched: OK, with `active` false for the session. It has ended, does not exist, or is
     *   of a tenant that the caller may not access.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE).
     * - Callers: issuer, validator, backend.
     * </pre>
     */
    public dev.sessionauthority.session.v1.TouchResponse touch(dev.sessionauthority.session.v1.TouchRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getTouchMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists all active sessions of one user, most recently active first. A user has at most 256, and
     * the response stays below 4 MiB.
     * - Atomicity: one read of the store. The response has every session that was active at that
     *   time, and no other.
     * - Idempotency: safe to repeat; does not count as activity.
     * - Nothing matched: an empty list. An unknown user has no sessions.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE).
     * - Callers: issuer, backend, admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ListResponse list(dev.sessionauthority.session.v1.ListRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Ends one session, by ID or token, or the sessions of one device of a user. After the call has
     * returned, this node accepts none of them. No other node accepts them after its staleness bound
     * (250 ms by default, normally within a millisecond).
     * - Atomicity: all matching sessions end, with their audit events, in one step.
     * - Idempotency: a repeated call matches no more sessions. The reason of the first ending
     *   remains.
     * - Nothing matched: OK with `revoked` false. The session has ended, does not exist, or is not of
     *   the given user or tenant, or the token opens no session.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), never for `token`; UNAVAILABLE (STORE_UNAVAILABLE,
     *   TOKEN_KEY_MISSING).
     * - Callers: issuer, backend, admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.RevokeResponse revoke(dev.sessionauthority.session.v1.RevokeRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getRevokeMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Ends all sessions of a user, of a tenant or of everyone. It takes effect on other nodes as with
     * Revoke, for any number of sessions.
     * Afterwards Create rejects older authentications of that user, that tenant or everyone: see
     * `CreateRequest.authenticated_at`.
     * - Atomicity: the sessions of a user end, with their audit events, in one step. For a tenant or
     *   everyone the call returns when every partition of the store rejects the sessions. One audit
     *   event records the revocation. The audit database ends each session by that event, as if every
     *   session had an event of its own. If only some partitions could be reached, the call fails
     *   with UNAVAILABLE (PARTLY_APPLIED): the reached partitions stay revoked, and the service
     *   completes the rest by itself. A retry with the same `operation_id` succeeds when it is
     *   complete.
     * - Idempotency: for 24 hours, a repeated call by the same caller with the same `operation_id`
     *   and an equal body returns the first outcome and ends no session that started later. After
     *   that time, with another body, or from another caller, it is a new operation; without
     *   `operation_id`, every call is.
     * - Nothing matched: OK with `revoked_count` 0. Older authentications of the user are rejected
     *   all the same.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE, PARTLY_APPLIED,
     *   TOKEN_KEY_MISSING); RESOURCE_EXHAUSTED (OVERLOADED) if a caller revokes the same tenant, or
     *   everyone, more often than a burst of ten calls and then one a second: nothing was changed.
     * - Callers: issuer, backend, admin for a user; only admin for a tenant and for everyone, the
     *   latter only if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.RevokeAllResponse revokeAll(dev.sessionauthority.session.v1.RevokeAllRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getRevokeAllMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Reports a failed sign-in or an MFA prompt that was not accepted. Failures are counted for the
     * user and for the client's network, and raise alerts if they look like an attack. Report only
     * failures: Create reports success.
     * - Atomicity: the counter of the user and the audit event are one step, the counter of the
     *   network is another. Alerts follow in a step of their own.
     * - Idempotency: none; a repeated call counts again.
     * - Nothing matched: not applicable; users need not be known.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE). Do not reject a
     *   sign-in because of an error.
     * - Callers: issuer.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ReportAuthEventResponse reportAuthEvent(dev.sessionauthority.session.v1.ReportAuthEventRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getReportAuthEventMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Streams alerts as they are raised, on any node, in the order of their cursors. An alert exists
     * if and only if the change that caused it does, and is stored before it is sent. Each alert is
     * delivered at least once; identify a repeat by `alert_id`. The first message is a Heartbeat;
     * more follow at least every 15 seconds. Store the latest cursor that you received, of an alert
     * or a heartbeat, to resume.
     * - Atomicity: reads only.
     * - Idempotency: safe to repeat; a call that resumes from a cursor misses nothing. Alerts that
     *   can no longer be delivered are reported by a Gap, never omitted silently.
     * - Nothing matched: only heartbeats, until an alert matches.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a cursor that this service did not create;
     *   RESOURCE_EXHAUSTED (SLOW_CONSUMER), after a Gap, if the client fell too far behind or read
     *   nothing for some time, 10 seconds by default; UNAVAILABLE (STORE_UNAVAILABLE,
     *   AUDIT_UNAVAILABLE); UNAUTHENTICATED (CALLER_UNAUTHENTICATED) also when the caller's
     *   credential expires. When a stream ends, resume from the latest cursor.
     * - Callers: alerts, admin.
     * </pre>
     */
    public java.util.Iterator<dev.sessionauthority.session.v1.StreamAlertsResponse> streamAlerts(
        dev.sessionauthority.session.v1.StreamAlertsRequest request) {
      return io.grpc.stub.ClientCalls.blockingServerStreamingCall(
          getChannel(), getStreamAlertsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Records the answer to an alert: the user did what it is about (`WAS_ME`), or somebody else did (`WAS_NOT_ME`).
     * If it was the user, the country, device and network of the sign-in are known to detection for 30
     * days from now. If it was not, the session of the alert ends, or with `revoke_all` every session
     * of the user, detection forgets what the sign-in introduced, and alerts about the user that would
     * count as repeats are raised again. Either way the alert is raised again with
     * `Alert.acknowledgement`.
     * An alert can be answered about a second after it was raised, for as long as it is retained in
     * the session store or the audit database. The answer is remembered for 90 days, and the latest 16
     * of each user.
     * - Atomicity: everything happens in one step.
     * - Idempotency: a repeated answer changes nothing and returns the sessions that the first one
     *   ended. `revoke_all` can be added to WAS_NOT_ME later.
     * - Nothing matched: if the session has already ended, the answer is recorded with no
     *   `session_ids`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); NOT_FOUND (ALERT_NOT_FOUND); FAILED_PRECONDITION
     *   (ALERT_WITHOUT_USER, ALERT_ALREADY_ANSWERED); UNAVAILABLE (STORE_UNAVAILABLE,
     *   AUDIT_UNAVAILABLE, AUDIT_WENT_BACK).
     * - Callers: backend, alerts, admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.AckAlertResponse ackAlert(dev.sessionauthority.session.v1.AckAlertRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getAckAlertMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do ListenableFuture-style rpc calls to service SessionService.
   * <pre>
   * Creates, validates and ends sessions. A login service checks credentials and calls Create. A
   * service that receives the resulting token with a request calls Validate.
   * Rules of all services in this package:
   * - Every call authenticates its caller, by an API key in the metadata `authorization: Bearer KEY` or
   *   by the client certificate of the connection. A caller's role (issuer, validator, backend, admin,
   *   alerts, metrics) determines the methods that it may call. Its tenants determine the data that it
   *   may access: a request for another tenant is PERMISSION_DENIED, and a session of another tenant is
   *   treated as nonexistent.
   * - An empty `tenant_id` means the tenant `default`. In a filter it means every tenant that the
   *   caller may access.
   * - Strings are UTF-8 without control characters; their limits are in bytes. Input beyond a limit
   *   is INVALID_ARGUMENT, with every invalid field listed and nothing changed, unless the field is
   *   documented as truncated. A request of more than 64 KiB is rejected as OUT_OF_RANGE before it is
   *   read.
   * - Times are from the server's clock, in whole milliseconds. Finer parts of times in requests are
   *   discarded.
   * - Enum values that a request may not use, including unknown ones, are INVALID_ARGUMENT. New
   *   values may be added to responses: treat an unknown value like the unspecified one.
   * - Every error has one of the reasons of ErrorReason. Each method lists its own. Any method may
   *   also fail as UNAUTHENTICATED (CALLER_UNAUTHENTICATED), PERMISSION_DENIED (CALLER_NOT_ALLOWED),
   *   INVALID_ARGUMENT (MALFORMED_REQUEST, and INVALID_FIELD for `grpc-timeout`), OUT_OF_RANGE
   *   (MESSAGE_TOO_LARGE), RESOURCE_EXHAUSTED (OVERLOADED, CALLER_SHARE_USED), UNAVAILABLE
   *   (SHUTTING_DOWN), UNIMPLEMENTED (METHOD_NOT_SERVED, COMPRESSION_NOT_SUPPORTED) and INTERNAL
   *   (INTERNAL). It ends as DEADLINE_EXCEEDED or CANCELLED if its caller stops waiting, and as
   *   DEADLINE_EXCEEDED (REQUEST_NOT_RECEIVED) if its message does not follow its headers.
   * - A method that lists UNAVAILABLE (STORE_UNAVAILABLE) may also fail as UNAVAILABLE (CLOCK_SKEWED)
   *   or UNAVAILABLE (STORE_NOT_BOUND): the node does not trust its clock, or the store, and neither
   *   returns a verdict nor changes anything. Retry after CLOCK_SKEWED, as another node may succeed.
   *   After STORE_NOT_BOUND, every node rejects the call until an operator acts.
   * - The metadata `x-request-id` (1 to 128 visible ASCII characters) and `traceparent` (W3C Trace
   *   Context) are used as supplied, generated if missing or invalid, and returned.
   * </pre>
   */
  public static final class SessionServiceFutureStub
      extends io.grpc.stub.AbstractFutureStub<SessionServiceFutureStub> {
    private SessionServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected SessionServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new SessionServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * Creates a session for a user whose credentials the caller has checked, and returns its token.
     * The token cannot be retrieved later.
     * If `client.device_id` is set, an active session of the same user with the same device ID is
     * replaced. If the user then has as many sessions as the policy allows, the policy determines
     * whether the least recently active ones are evicted or the call is rejected. The limit holds for
     * any number of concurrent calls.
     * - Atomicity: replacement, eviction, the new session, its audit events and its alerts are one
     *   step.
     * - Idempotency: a repeated call by the same caller with the same `request_id` and an equal body
     *   returns the same token and session and creates none. `client` is not compared, because a
     *   retry may come from another network; the session keeps the one of the first call. Without
     *   `request_id` every call creates a session.
     * - Nothing matched: not applicable; users need not be known.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); ALREADY_EXISTS (REQUEST_ID_REUSED);
     *   FAILED_PRECONDITION (SESSION_LIMIT_REACHED, AUTHENTICATION_REVOKED, REQUEST_SESSION_ENDED);
     *   RESOURCE_EXHAUSTED (AUDIT_BACKLOG_FULL; LOGIN_QUEUE_FULL while one sign-in of the user is in
     *   progress and four wait); UNAVAILABLE (STORE_UNAVAILABLE).
     * - Callers: issuer.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.CreateResponse> create(
        dev.sessionauthority.session.v1.CreateRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getCreateMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Validates a token. The verdict is in the response: `session` or `rejection`. An error means
     * that there is no verdict: never treat it as "signed out", nor as "signed in".
     * - Atomicity: reads one session. With TOUCH it also sets the session's last activity to now; of
     *   concurrent touches, the latest counts. A touch never revives a session that has ended.
     * - Idempotency: safe to repeat.
     * - Nothing matched: OK with a rejection, MALFORMED or UNKNOWN.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), never for `token`; UNAVAILABLE (STORE_UNAVAILABLE,
     *   TOKEN_KEY_MISSING).
     * - Callers: issuer, validator, backend.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.ValidateResponse> validate(
        dev.sessionauthority.session.v1.ValidateRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getValidateMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Updates fields of an active session. After the call has returned, the next Validate on this
     * node uses the new values, and on any other node after its staleness bound, as with Revoke.
     * Set `rotate` when you raise privileges or the user has authenticated again, so that the token
     * changes with them in the same step (OWASP ASVS 5.0 requirement 7.2.4). The old token is then not
     * accepted any more, and Rotate does not exchange it: both return TOKEN_ROTATED. As with Rotate,
     * it ends the session as TOKEN_REUSED if it is presented after the grace period, once the new
     * token was presented.
     * - Atomicity: all fields of the mask, the token and the audit event change in one step, or none.
     * - Idempotency: a repeated call sets the same values, increments `revision` again and is audited
     *   again. With `if_revision`, a repeat of a call that succeeded is ABORTED. With `rotate`, each
     *   call returns another token, and only the last one opens the session. If the response is lost,
     *   repeat the call.
     * - Nothing matched: NOT_FOUND. A session that has ended is not found and never revived.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); NOT_FOUND (SESSION_NOT_FOUND); ABORTED
     *   (REVISION_CONFLICT); RESOURCE_EXHAUSTED (AUDIT_BACKLOG_FULL); UNAVAILABLE
     *   (STORE_UNAVAILABLE); PERMISSION_DENIED (CALLER_NOT_ALLOWED) for a change that the caller's
     *   role may not make.
     * - Callers: issuer and admin; backend only for `email` and `data`, because it serves the user's
     *   own pages and users must not change their own rights. Only issuer may raise
     *   `assurance_level`, set `authenticated_at` to a later time, and set `rotate`, because only it
     *   has checked credentials.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.UpdateResponse> update(
        dev.sessionauthority.session.v1.UpdateRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getUpdateMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Replaces the token of a session. The session, its ID and its deadlines do not change; the call
     * counts as activity. The old token remains valid for a grace period (10 seconds by default, set
     * by the policy), so that requests in flight succeed.
     * A token that was rotated out ends the session as TOKEN_REUSED if it is presented to any method,
     * and raises the alert ROTATED_TOKEN_REUSE: two parties hold tokens, and the thief cannot be
     * distinguished from the user (RFC 9700 section 4.14.2). This applies to the previous token, once
     * its grace period has passed and the new token was presented, and to every older one at once.
     * Therefore do not rotate again within the grace period.
     * - Atomicity: the new token and the audit event are one step. So are the end of a session whose
     *   token was rotated out, its audit event and the alert.
     * - Idempotency: repeated and concurrent calls with the old token return the same new token, also
     *   after the grace period until the new token is presented. If the response is lost, retry. If
     *   the policy has `rotation.lost_answer = "refuse"`, a retry after the grace period is rejected
     *   as TOKEN_ROTATED.
     * - Nothing matched: OK with a rejection and no token, as with Validate.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), never for `token`; RESOURCE_EXHAUSTED
     *   (AUDIT_BACKLOG_FULL); UNAVAILABLE (STORE_UNAVAILABLE, TOKEN_KEY_MISSING).
     * - Callers: issuer, backend.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.RotateResponse> rotate(
        dev.sessionauthority.session.v1.RotateRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getRotateMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Returns one active session, by its ID.
     * - Atomicity: reads one session, with every change acknowledged before.
     * - Idempotency: safe to repeat; does not count as activity.
     * - Nothing matched: NOT_FOUND. The session has ended, does not exist, or is not of the given user
     *   or tenant.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); NOT_FOUND (SESSION_NOT_FOUND); UNAVAILABLE
     *   (STORE_UNAVAILABLE).
     * - Callers: issuer, backend, admin.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.GetResponse> get(
        dev.sessionauthority.session.v1.GetRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Records activity of sessions, by their IDs. For callers that keep sessions or verdicts of their
     * own and report the use of them later, many at a time. A caller that validates a token with each
     * use needs no Touch.
     * The last activity of a session moves forward to the given time, never back, and never beyond
     * now. It never moves the absolute deadline. Activity of a session that has ended is not recorded,
     * even if it was used before: it never becomes active again.
     * - Atomicity: each session by itself. After an error, some may have been recorded.
     * - Idempotency: safe to repeat.
     * - Nothing matched: OK, with `active` false for the session. It has ended, does not exist, or is
     *   of a tenant that the caller may not access.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE).
     * - Callers: issuer, validator, backend.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.TouchResponse> touch(
        dev.sessionauthority.session.v1.TouchRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getTouchMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Lists all active sessions of one user, most recently active first. A user has at most 256, and
     * the response stays below 4 MiB.
     * - Atomicity: one read of the store. The response has every session that was active at that
     *   time, and no other.
     * - Idempotency: safe to repeat; does not count as activity.
     * - Nothing matched: an empty list. An unknown user has no sessions.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE).
     * - Callers: issuer, backend, admin.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.ListResponse> list(
        dev.sessionauthority.session.v1.ListRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Ends one session, by ID or token, or the sessions of one device of a user. After the call has
     * returned, this node accepts none of them. No other node accepts them after its staleness bound
     * (250 ms by default, normally within a millisecond).
     * - Atomicity: all matching sessions end, with their audit events, in one step.
     * - Idempotency: a repeated call matches no more sessions. The reason of the first ending
     *   remains.
     * - Nothing matched: OK with `revoked` false. The session has ended, does not exist, or is not of
     *   the given user or tenant, or the token opens no session.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), never for `token`; UNAVAILABLE (STORE_UNAVAILABLE,
     *   TOKEN_KEY_MISSING).
     * - Callers: issuer, backend, admin.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.RevokeResponse> revoke(
        dev.sessionauthority.session.v1.RevokeRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getRevokeMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Ends all sessions of a user, of a tenant or of everyone. It takes effect on other nodes as with
     * Revoke, for any number of sessions.
     * Afterwards Create rejects older authentications of that user, that tenant or everyone: see
     * `CreateRequest.authenticated_at`.
     * - Atomicity: the sessions of a user end, with their audit events, in one step. For a tenant or
     *   everyone the call returns when every partition of the store rejects the sessions. One audit
     *   event records the revocation. The audit database ends each session by that event, as if every
     *   session had an event of its own. If only some partitions could be reached, the call fails
     *   with UNAVAILABLE (PARTLY_APPLIED): the reached partitions stay revoked, and the service
     *   completes the rest by itself. A retry with the same `operation_id` succeeds when it is
     *   complete.
     * - Idempotency: for 24 hours, a repeated call by the same caller with the same `operation_id`
     *   and an equal body returns the first outcome and ends no session that started later. After
     *   that time, with another body, or from another caller, it is a new operation; without
     *   `operation_id`, every call is.
     * - Nothing matched: OK with `revoked_count` 0. Older authentications of the user are rejected
     *   all the same.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE, PARTLY_APPLIED,
     *   TOKEN_KEY_MISSING); RESOURCE_EXHAUSTED (OVERLOADED) if a caller revokes the same tenant, or
     *   everyone, more often than a burst of ten calls and then one a second: nothing was changed.
     * - Callers: issuer, backend, admin for a user; only admin for a tenant and for everyone, the
     *   latter only if it may access every tenant.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.RevokeAllResponse> revokeAll(
        dev.sessionauthority.session.v1.RevokeAllRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getRevokeAllMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Reports a failed sign-in or an MFA prompt that was not accepted. Failures are counted for the
     * user and for the client's network, and raise alerts if they look like an attack. Report only
     * failures: Create reports success.
     * - Atomicity: the counter of the user and the audit event are one step, the counter of the
     *   network is another. Alerts follow in a step of their own.
     * - Idempotency: none; a repeated call counts again.
     * - Nothing matched: not applicable; users need not be known.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE). Do not reject a
     *   sign-in because of an error.
     * - Callers: issuer.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.ReportAuthEventResponse> reportAuthEvent(
        dev.sessionauthority.session.v1.ReportAuthEventRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getReportAuthEventMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Records the answer to an alert: the user did what it is about (`WAS_ME`), or somebody else did (`WAS_NOT_ME`).
     * If it was the user, the country, device and network of the sign-in are known to detection for 30
     * days from now. If it was not, the session of the alert ends, or with `revoke_all` every session
     * of the user, detection forgets what the sign-in introduced, and alerts about the user that would
     * count as repeats are raised again. Either way the alert is raised again with
     * `Alert.acknowledgement`.
     * An alert can be answered about a second after it was raised, for as long as it is retained in
     * the session store or the audit database. The answer is remembered for 90 days, and the latest 16
     * of each user.
     * - Atomicity: everything happens in one step.
     * - Idempotency: a repeated answer changes nothing and returns the sessions that the first one
     *   ended. `revoke_all` can be added to WAS_NOT_ME later.
     * - Nothing matched: if the session has already ended, the answer is recorded with no
     *   `session_ids`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); NOT_FOUND (ALERT_NOT_FOUND); FAILED_PRECONDITION
     *   (ALERT_WITHOUT_USER, ALERT_ALREADY_ANSWERED); UNAVAILABLE (STORE_UNAVAILABLE,
     *   AUDIT_UNAVAILABLE, AUDIT_WENT_BACK).
     * - Callers: backend, alerts, admin.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.AckAlertResponse> ackAlert(
        dev.sessionauthority.session.v1.AckAlertRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getAckAlertMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_CREATE = 0;
  private static final int METHODID_VALIDATE = 1;
  private static final int METHODID_UPDATE = 2;
  private static final int METHODID_ROTATE = 3;
  private static final int METHODID_GET = 4;
  private static final int METHODID_TOUCH = 5;
  private static final int METHODID_LIST = 6;
  private static final int METHODID_REVOKE = 7;
  private static final int METHODID_REVOKE_ALL = 8;
  private static final int METHODID_REPORT_AUTH_EVENT = 9;
  private static final int METHODID_STREAM_ALERTS = 10;
  private static final int METHODID_ACK_ALERT = 11;
  private static final int METHODID_VALIDATE_STREAM = 12;

  private static final class MethodHandlers<Req, Resp> implements
      io.grpc.stub.ServerCalls.UnaryMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.ServerStreamingMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.ClientStreamingMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.BidiStreamingMethod<Req, Resp> {
    private final AsyncService serviceImpl;
    private final int methodId;

    MethodHandlers(AsyncService serviceImpl, int methodId) {
      this.serviceImpl = serviceImpl;
      this.methodId = methodId;
    }

    @java.lang.Override
    @java.lang.SuppressWarnings("unchecked")
    public void invoke(Req request, io.grpc.stub.StreamObserver<Resp> responseObserver) {
      switch (methodId) {
        case METHODID_CREATE:
          serviceImpl.create((dev.sessionauthority.session.v1.CreateRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.CreateResponse>) responseObserver);
          break;
        case METHODID_VALIDATE:
          serviceImpl.validate((dev.sessionauthority.session.v1.ValidateRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ValidateResponse>) responseObserver);
          break;
        case METHODID_UPDATE:
          serviceImpl.update((dev.sessionauthority.session.v1.UpdateRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.UpdateResponse>) responseObserver);
          break;
        case METHODID_ROTATE:
          serviceImpl.rotate((dev.sessionauthority.session.v1.RotateRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.RotateResponse>) responseObserver);
          break;
        case METHODID_GET:
          serviceImpl.get((dev.sessionauthority.session.v1.GetRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.GetResponse>) responseObserver);
          break;
        case METHODID_TOUCH:
          serviceImpl.touch((dev.sessionauthority.session.v1.TouchRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.TouchResponse>) responseObserver);
          break;
        case METHODID_LIST:
          serviceImpl.list((dev.sessionauthority.session.v1.ListRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListResponse>) responseObserver);
          break;
        case METHODID_REVOKE:
          serviceImpl.revoke((dev.sessionauthority.session.v1.RevokeRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.RevokeResponse>) responseObserver);
          break;
        case METHODID_REVOKE_ALL:
          serviceImpl.revokeAll((dev.sessionauthority.session.v1.RevokeAllRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.RevokeAllResponse>) responseObserver);
          break;
        case METHODID_REPORT_AUTH_EVENT:
          serviceImpl.reportAuthEvent((dev.sessionauthority.session.v1.ReportAuthEventRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ReportAuthEventResponse>) responseObserver);
          break;
        case METHODID_STREAM_ALERTS:
          serviceImpl.streamAlerts((dev.sessionauthority.session.v1.StreamAlertsRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.StreamAlertsResponse>) responseObserver);
          break;
        case METHODID_ACK_ALERT:
          serviceImpl.ackAlert((dev.sessionauthority.session.v1.AckAlertRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.AckAlertResponse>) responseObserver);
          break;
        default:
          throw new AssertionError();
      }
    }

    @java.lang.Override
    @java.lang.SuppressWarnings("unchecked")
    public io.grpc.stub.StreamObserver<Req> invoke(
        io.grpc.stub.StreamObserver<Resp> responseObserver) {
      switch (methodId) {
        case METHODID_VALIDATE_STREAM:
          return (io.grpc.stub.StreamObserver<Req>) serviceImpl.validateStream(
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ValidateStreamResponse>) responseObserver);
        default:
          throw new AssertionError();
      }
    }
  }

  public static final io.grpc.ServerServiceDefinition bindService(AsyncService service) {
    return io.grpc.ServerServiceDefinition.builder(getServiceDescriptor())
        .addMethod(
          getCreateMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.CreateRequest,
              dev.sessionauthority.session.v1.CreateResponse>(
                service, METHODID_CREATE)))
        .addMethod(
          getValidateMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.ValidateRequest,
              dev.sessionauthority.session.v1.ValidateResponse>(
                service, METHODID_VALIDATE)))
        .addMethod(
          getValidateStreamMethod(),
          io.grpc.stub.ServerCalls.asyncBidiStreamingCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.ValidateStreamRequest,
              dev.sessionauthority.session.v1.ValidateStreamResponse>(
                service, METHODID_VALIDATE_STREAM)))
        .addMethod(
          getUpdateMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.UpdateRequest,
              dev.sessionauthority.session.v1.UpdateResponse>(
                service, METHODID_UPDATE)))
        .addMethod(
          getRotateMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.RotateRequest,
              dev.sessionauthority.session.v1.RotateResponse>(
                service, METHODID_ROTATE)))
        .addMethod(
          getGetMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.GetRequest,
              dev.sessionauthority.session.v1.GetResponse>(
                service, METHODID_GET)))
        .addMethod(
          getTouchMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.TouchRequest,
              dev.sessionauthority.session.v1.TouchResponse>(
                service, METHODID_TOUCH)))
        .addMethod(
          getListMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.ListRequest,
              dev.sessionauthority.session.v1.ListResponse>(
                service, METHODID_LIST)))
        .addMethod(
          getRevokeMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.RevokeRequest,
              dev.sessionauthority.session.v1.RevokeResponse>(
                service, METHODID_REVOKE)))
        .addMethod(
          getRevokeAllMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.RevokeAllRequest,
              dev.sessionauthority.session.v1.RevokeAllResponse>(
                service, METHODID_REVOKE_ALL)))
        .addMethod(
          getReportAuthEventMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.ReportAuthEventRequest,
              dev.sessionauthority.session.v1.ReportAuthEventResponse>(
                service, METHODID_REPORT_AUTH_EVENT)))
        .addMethod(
          getStreamAlertsMethod(),
          io.grpc.stub.ServerCalls.asyncServerStreamingCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.StreamAlertsRequest,
              dev.sessionauthority.session.v1.StreamAlertsResponse>(
                service, METHODID_STREAM_ALERTS)))
        .addMethod(
          getAckAlertMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.AckAlertRequest,
              dev.sessionauthority.session.v1.AckAlertResponse>(
                service, METHODID_ACK_ALERT)))
        .build();
  }

  private static abstract class SessionServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    SessionServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return dev.sessionauthority.session.v1.SessionServiceProto.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("SessionService");
    }
  }

  private static final class SessionServiceFileDescriptorSupplier
      extends SessionServiceBaseDescriptorSupplier {
    SessionServiceFileDescriptorSupplier() {}
  }

  private static final class SessionServiceMethodDescriptorSupplier
      extends SessionServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final java.lang.String methodName;

    SessionServiceMethodDescriptorSupplier(java.lang.String methodName) {
      this.methodName = methodName;
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.MethodDescriptor getMethodDescriptor() {
      return getServiceDescriptor().findMethodByName(methodName);
    }
  }

  private static volatile io.grpc.ServiceDescriptor serviceDescriptor;

  public static io.grpc.ServiceDescriptor getServiceDescriptor() {
    io.grpc.ServiceDescriptor result = serviceDescriptor;
    if (result == null) {
      synchronized (SessionServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new SessionServiceFileDescriptorSupplier())
              .addMethod(getCreateMethod())
              .addMethod(getValidateMethod())
              .addMethod(getValidateStreamMethod())
              .addMethod(getUpdateMethod())
              .addMethod(getRotateMethod())
              .addMethod(getGetMethod())
              .addMethod(getTouchMethod())
              .addMethod(getListMethod())
              .addMethod(getRevokeMethod())
              .addMethod(getRevokeAllMethod())
              .addMethod(getReportAuthEventMethod())
              .addMethod(getStreamAlertsMethod())
              .addMethod(getAckAlertMethod())
              .build();
        }
      }
    }
    return result;
  }
}
