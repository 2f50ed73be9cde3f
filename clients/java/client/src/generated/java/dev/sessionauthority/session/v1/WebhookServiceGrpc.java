package dev.sessionauthority.session.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * Manages endpoints that receive events and alerts over HTTPS, by Standard Webhooks 1.0.0. Endpoints
 * of the configuration are listed and can be tested, enabled and replayed; only endpoints that were
 * added here can be updated and removed. Every change is an audit event. The state is in the audit
 * database, and all nodes follow a change within seconds. The rules of SessionService apply.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class WebhookServiceGrpc {

  private WebhookServiceGrpc() {}

  public static final java.lang.String SERVICE_NAME = "session.v1.WebhookService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListWebhooksRequest,
      dev.sessionauthority.session.v1.ListWebhooksResponse> getListWebhooksMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListWebhooks",
      requestType = dev.sessionauthority.session.v1.ListWebhooksRequest.class,
      responseType = dev.sessionauthority.session.v1.ListWebhooksResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListWebhooksRequest,
      dev.sessionauthority.session.v1.ListWebhooksResponse> getListWebhooksMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListWebhooksRequest, dev.sessionauthority.session.v1.ListWebhooksResponse> getListWebhooksMethod;
    if ((getListWebhooksMethod = WebhookServiceGrpc.getListWebhooksMethod) == null) {
      synchronized (WebhookServiceGrpc.class) {
        if ((getListWebhooksMethod = WebhookServiceGrpc.getListWebhooksMethod) == null) {
          WebhookServiceGrpc.getListWebhooksMethod = getListWebhooksMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.ListWebhooksRequest, dev.sessionauthority.session.v1.ListWebhooksResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListWebhooks"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ListWebhooksRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ListWebhooksResponse.getDefaultInstance()))
              .setSchemaDescriptor(new WebhookServiceMethodDescriptorSupplier("ListWebhooks"))
              .build();
        }
      }
    }
    return getListWebhooksMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.AddWebhookRequest,
      dev.sessionauthority.session.v1.AddWebhookResponse> getAddWebhookMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "AddWebhook",
      requestType = dev.sessionauthority.session.v1.AddWebhookRequest.class,
      responseType = dev.sessionauthority.session.v1.AddWebhookResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.AddWebhookRequest,
      dev.sessionauthority.session.v1.AddWebhookResponse> getAddWebhookMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.AddWebhookRequest, dev.sessionauthority.session.v1.AddWebhookResponse> getAddWebhookMethod;
    if ((getAddWebhookMethod = WebhookServiceGrpc.getAddWebhookMethod) == null) {
      synchronized (WebhookServiceGrpc.class) {
        if ((getAddWebhookMethod = WebhookServiceGrpc.getAddWebhookMethod) == null) {
          WebhookServiceGrpc.getAddWebhookMethod = getAddWebhookMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.AddWebhookRequest, dev.sessionauthority.session.v1.AddWebhookResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "AddWebhook"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.AddWebhookRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.AddWebhookResponse.getDefaultInstance()))
              .setSchemaDescriptor(new WebhookServiceMethodDescriptorSupplier("AddWebhook"))
              .build();
        }
      }
    }
    return getAddWebhookMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.UpdateWebhookRequest,
      dev.sessionauthority.session.v1.UpdateWebhookResponse> getUpdateWebhookMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "UpdateWebhook",
      requestType = dev.sessionauthority.session.v1.UpdateWebhookRequest.class,
      responseType = dev.sessionauthority.session.v1.UpdateWebhookResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.UpdateWebhookRequest,
      dev.sessionauthority.session.v1.UpdateWebhookResponse> getUpdateWebhookMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.UpdateWebhookRequest, dev.sessionauthority.session.v1.UpdateWebhookResponse> getUpdateWebhookMethod;
    if ((getUpdateWebhookMethod = WebhookServiceGrpc.getUpdateWebhookMethod) == null) {
      synchronized (WebhookServiceGrpc.class) {
        if ((getUpdateWebhookMethod = WebhookServiceGrpc.getUpdateWebhookMethod) == null) {
          WebhookServiceGrpc.getUpdateWebhookMethod = getUpdateWebhookMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.UpdateWebhookRequest, dev.sessionauthority.session.v1.UpdateWebhookResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "UpdateWebhook"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.UpdateWebhookRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.UpdateWebhookResponse.getDefaultInstance()))
              .setSchemaDescriptor(new WebhookServiceMethodDescriptorSupplier("UpdateWebhook"))
              .build();
        }
      }
    }
    return getUpdateWebhookMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.RemoveWebhookRequest,
      dev.sessionauthority.session.v1.RemoveWebhookResponse> getRemoveWebhookMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "RemoveWebhook",
      requestType = dev.sessionauthority.session.v1.RemoveWebhookRequest.class,
      responseType = dev.sessionauthority.session.v1.RemoveWebhookResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.RemoveWebhookRequest,
      dev.sessionauthority.session.v1.RemoveWebhookResponse> getRemoveWebhookMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.RemoveWebhookRequest, dev.sessionauthority.session.v1.RemoveWebhookResponse> getRemoveWebhookMethod;
    if ((getRemoveWebhookMethod = WebhookServiceGrpc.getRemoveWebhookMethod) == null) {
      synchronized (WebhookServiceGrpc.class) {
        if ((getRemoveWebhookMethod = WebhookServiceGrpc.getRemoveWebhookMethod) == null) {
          WebhookServiceGrpc.getRemoveWebhookMethod = getRemoveWebhookMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.RemoveWebhookRequest, dev.sessionauthority.session.v1.RemoveWebhookResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "RemoveWebhook"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.RemoveWebhookRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.RemoveWebhookResponse.getDefaultInstance()))
              .setSchemaDescriptor(new WebhookServiceMethodDescriptorSupplier("RemoveWebhook"))
              .build();
        }
      }
    }
    return getRemoveWebhookMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.TestWebhookRequest,
      dev.sessionauthority.session.v1.TestWebhookResponse> getTestWebhookMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "TestWebhook",
      requestType = dev.sessionauthority.session.v1.TestWebhookRequest.class,
      responseType = dev.sessionauthority.session.v1.TestWebhookResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.TestWebhookRequest,
      dev.sessionauthority.session.v1.TestWebhookResponse> getTestWebhookMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.TestWebhookRequest, dev.sessionauthority.session.v1.TestWebhookResponse> getTestWebhookMethod;
    if ((getTestWebhookMethod = WebhookServiceGrpc.getTestWebhookMethod) == null) {
      synchronized (WebhookServiceGrpc.class) {
        if ((getTestWebhookMethod = WebhookServiceGrpc.getTestWebhookMethod) == null) {
          WebhookServiceGrpc.getTestWebhookMethod = getTestWebhookMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.TestWebhookRequest, dev.sessionauthority.session.v1.TestWebhookResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "TestWebhook"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.TestWebhookRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.TestWebhookResponse.getDefaultInstance()))
              .setSchemaDescriptor(new WebhookServiceMethodDescriptorSupplier("TestWebhook"))
              .build();
        }
      }
    }
    return getTestWebhookMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.EnableWebhookRequest,
      dev.sessionauthority.session.v1.EnableWebhookResponse> getEnableWebhookMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "EnableWebhook",
      requestType = dev.sessionauthority.session.v1.EnableWebhookRequest.class,
      responseType = dev.sessionauthority.session.v1.EnableWebhookResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.EnableWebhookRequest,
      dev.sessionauthority.session.v1.EnableWebhookResponse> getEnableWebhookMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.EnableWebhookRequest, dev.sessionauthority.session.v1.EnableWebhookResponse> getEnableWebhookMethod;
    if ((getEnableWebhookMethod = WebhookServiceGrpc.getEnableWebhookMethod) == null) {
      synchronized (WebhookServiceGrpc.class) {
        if ((getEnableWebhookMethod = WebhookServiceGrpc.getEnableWebhookMethod) == null) {
          WebhookServiceGrpc.getEnableWebhookMethod = getEnableWebhookMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.EnableWebhookRequest, dev.sessionauthority.session.v1.EnableWebhookResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "EnableWebhook"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.EnableWebhookRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.EnableWebhookResponse.getDefaultInstance()))
              .setSchemaDescriptor(new WebhookServiceMethodDescriptorSupplier("EnableWebhook"))
              .build();
        }
      }
    }
    return getEnableWebhookMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListDeadLettersRequest,
      dev.sessionauthority.session.v1.ListDeadLettersResponse> getListDeadLettersMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListDeadLetters",
      requestType = dev.sessionauthority.session.v1.ListDeadLettersRequest.class,
      responseType = dev.sessionauthority.session.v1.ListDeadLettersResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListDeadLettersRequest,
      dev.sessionauthority.session.v1.ListDeadLettersResponse> getListDeadLettersMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListDeadLettersRequest, dev.sessionauthority.session.v1.ListDeadLettersResponse> getListDeadLettersMethod;
    if ((getListDeadLettersMethod = WebhookServiceGrpc.getListDeadLettersMethod) == null) {
      synchronized (WebhookServiceGrpc.class) {
        if ((getListDeadLettersMethod = WebhookServiceGrpc.getListDeadLettersMethod) == null) {
          WebhookServiceGrpc.getListDeadLettersMethod = getListDeadLettersMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.ListDeadLettersRequest, dev.sessionauthority.session.v1.ListDeadLettersResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListDeadLetters"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ListDeadLettersRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ListDeadLettersResponse.getDefaultInstance()))
              .setSchemaDescriptor(new WebhookServiceMethodDescriptorSupplier("ListDeadLetters"))
              .build();
        }
      }
    }
    return getListDeadLettersMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ReplayWebhookRequest,
      dev.sessionauthority.session.v1.ReplayWebhookResponse> getReplayWebhookMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ReplayWebhook",
      requestType = dev.sessionauthority.session.v1.ReplayWebhookRequest.class,
      responseType = dev.sessionauthority.session.v1.ReplayWebhookResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ReplayWebhookRequest,
      dev.sessionauthority.session.v1.ReplayWebhookResponse> getReplayWebhookMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ReplayWebhookRequest, dev.sessionauthority.session.v1.ReplayWebhookResponse> getReplayWebhookMethod;
    if ((getReplayWebhookMethod = WebhookServiceGrpc.getReplayWebhookMethod) == null) {
      synchronized (WebhookServiceGrpc.class) {
        if ((getReplayWebhookMethod = WebhookServiceGrpc.getReplayWebhookMethod) == null) {
          WebhookServiceGrpc.getReplayWebhookMethod = getReplayWebhookMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.ReplayWebhookRequest, dev.sessionauthority.session.v1.ReplayWebhookResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ReplayWebhook"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ReplayWebhookRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ReplayWebhookResponse.getDefaultInstance()))
              .setSchemaDescriptor(new WebhookServiceMethodDescriptorSupplier("ReplayWebhook"))
              .build();
        }
      }
    }
    return getReplayWebhookMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static WebhookServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<WebhookServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<WebhookServiceStub>() {
        @java.lang.Override
        public WebhookServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new WebhookServiceStub(channel, callOptions);
        }
      };
    return WebhookServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports all types of calls on the service
   */
  public static WebhookServiceBlockingV2Stub newBlockingV2Stub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<WebhookServiceBlockingV2Stub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<WebhookServiceBlockingV2Stub>() {
        @java.lang.Override
        public WebhookServiceBlockingV2Stub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new WebhookServiceBlockingV2Stub(channel, callOptions);
        }
      };
    return WebhookServiceBlockingV2Stub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static WebhookServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<WebhookServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<WebhookServiceBlockingStub>() {
        @java.lang.Override
        public WebhookServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new WebhookServiceBlockingStub(channel, callOptions);
        }
      };
    return WebhookServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static WebhookServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<WebhookServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<WebhookServiceFutureStub>() {
        @java.lang.Override
        public WebhookServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new WebhookServiceFutureStub(channel, callOptions);
        }
      };
    return WebhookServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * Manages endpoints that receive events and alerts over HTTPS, by Standard Webhooks 1.0.0. Endpoints
   * of the configuration are listed and can be tested, enabled and replayed; only endpoints that were
   * added here can be updated and removed. Every change is an audit event. The state is in the audit
   * database, and all nodes follow a change within seconds. The rules of SessionService apply.
   * </pre>
   */
  public interface AsyncService {

    /**
     * <pre>
     * Lists all endpoints with their progress, by name. There are at most 50.
     * - Atomicity: one read of the endpoints, and one of their progress.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty list.
     * - Errors: FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    default void listWebhooks(dev.sessionauthority.session.v1.ListWebhooksRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListWebhooksResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListWebhooksMethod(), responseObserver);
    }

    /**
     * <pre>
     * Adds an endpoint. It receives what is recorded from now on. The service generates the secret that
     * signs its messages and returns it only once.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: a repeated call fails with WEBHOOK_ALREADY_EXISTS. If the response was lost, remove
     *   the endpoint and add it again, or let UpdateWebhook generate another secret.
     * - Nothing matched: not applicable.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); ALREADY_EXISTS (WEBHOOK_ALREADY_EXISTS), also for the
     *   name of an endpoint of the configuration; FAILED_PRECONDITION (TOO_MANY_WEBHOOKS,
     *   AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    default void addWebhook(dev.sessionauthority.session.v1.AddWebhookRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.AddWebhookResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getAddWebhookMethod(), responseObserver);
    }

    /**
     * <pre>
     * Replaces the settings of an endpoint, and generates another secret on request. Its progress and
     * its queued messages stay.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: safe to repeat, except that each call with `rotate_secret` generates another secret.
     * - Nothing matched: NOT_FOUND (WEBHOOK_NOT_FOUND).
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (WEBHOOK_IN_CONFIGURATION,
     *   AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    default void updateWebhook(dev.sessionauthority.session.v1.UpdateWebhookRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.UpdateWebhookResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getUpdateWebhookMethod(), responseObserver);
    }

    /**
     * <pre>
     * Removes an endpoint with its secret, its progress and its queued messages. A message that is being
     * sent may still arrive.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: a repeated call fails with WEBHOOK_NOT_FOUND.
     * - Nothing matched: NOT_FOUND (WEBHOOK_NOT_FOUND).
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (WEBHOOK_IN_CONFIGURATION,
     *   AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    default void removeWebhook(dev.sessionauthority.session.v1.RemoveWebhookRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.RemoveWebhookResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getRemoveWebhookMethod(), responseObserver);
    }

    /**
     * <pre>
     * Sends a message of type `webhook.test` to an endpoint now, once, from the node that responds, even
     * if the endpoint is disabled or paused. It changes nothing.
     * - Atomicity: not applicable.
     * - Idempotency: each call sends another message.
     * - Nothing matched: NOT_FOUND (WEBHOOK_NOT_FOUND).
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (AUDIT_UNAVAILABLE). A failed delivery is
     *   no error: see `TestWebhookResponse.delivered`.
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    default void testWebhook(dev.sessionauthority.session.v1.TestWebhookRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.TestWebhookResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getTestWebhookMethod(), responseObserver);
    }

    /**
     * <pre>
     * Ends the disablement or the pause of an endpoint. What was recorded meanwhile is delivered.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: safe to repeat; each call is an audit event.
     * - Nothing matched: NOT_FOUND (WEBHOOK_NOT_FOUND).
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE
     *   (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    default void enableWebhook(dev.sessionauthority.session.v1.EnableWebhookRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.EnableWebhookResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getEnableWebhookMethod(), responseObserver);
    }

    /**
     * <pre>
     * Lists messages that were given up after the last attempt, by endpoint and ID.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE
     *   (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    default void listDeadLetters(dev.sessionauthority.session.v1.ListDeadLettersRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListDeadLettersResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListDeadLettersMethod(), responseObserver);
    }

    /**
     * <pre>
     * Sends messages of an endpoint again, with the same IDs and a new schedule of attempts: dead letters,
     * or with `recorded_since` everything since a time, for a receiver that has lost messages. The latter
     * runs in the background and does not delay new messages.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: a repeated call finds only messages that were given up again. With
     *   `recorded_since`, it replaces a replay that is running, and so starts again.
     * - Nothing matched: OK with `replayed_count` 0, without an audit event. With `recorded_since`,
     *   NOT_FOUND (WEBHOOK_NOT_FOUND) if there is no such endpoint.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE
     *   (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    default void replayWebhook(dev.sessionauthority.session.v1.ReplayWebhookRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ReplayWebhookResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getReplayWebhookMethod(), responseObserver);
    }
  }

  /**
   * Base class for the server implementation of the service WebhookService.
   * <pre>
   * Manages endpoints that receive events and alerts over HTTPS, by Standard Webhooks 1.0.0. Endpoints
   * of the configuration are listed and can be tested, enabled and replayed; only endpoints that were
   * added here can be updated and removed. Every change is an audit event. The state is in the audit
   * database, and all nodes follow a change within seconds. The rules of SessionService apply.
   * </pre>
   */
  public static abstract class WebhookServiceImplBase
      implements io.grpc.BindableService, AsyncService {

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return WebhookServiceGrpc.bindService(this);
    }
  }

  /**
   * A stub to allow clients to do asynchronous rpc calls to service WebhookService.
   * <pre>
   * Manages endpoints that receive events and alerts over HTTPS, by Standard Webhooks 1.0.0. Endpoints
   * of the configuration are listed and can be tested, enabled and replayed; only endpoints that were
   * added here can be updated and removed. Every change is an audit event. The state is in the audit
   * database, and all nodes follow a change within seconds. The rules of SessionService apply.
   * </pre>
   */
  public static final class WebhookServiceStub
      extends io.grpc.stub.AbstractAsyncStub<WebhookServiceStub> {
    private WebhookServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected WebhookServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new WebhookServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Lists all endpoints with their progress, by name. There are at most 50.
     * - Atomicity: one read of the endpoints, and one of their progress.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty list.
     * - Errors: FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public void listWebhooks(dev.sessionauthority.session.v1.ListWebhooksRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListWebhooksResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListWebhooksMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Adds an endpoint. It receives what is recorded from now on. The service generates the secret that
     * signs its messages and returns it only once.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: a repeated call fails with WEBHOOK_ALREADY_EXISTS. If the response was lost, remove
     *   the endpoint and add it again, or let UpdateWebhook generate another secret.
     * - Nothing matched: not applicable.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); ALREADY_EXISTS (WEBHOOK_ALREADY_EXISTS), also for the
     *   name of an endpoint of the configuration; FAILED_PRECONDITION (TOO_MANY_WEBHOOKS,
     *   AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public void addWebhook(dev.sessionauthority.session.v1.AddWebhookRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.AddWebhookResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getAddWebhookMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Replaces the settings of an endpoint, and generates another secret on request. Its progress and
     * its queued messages stay.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: safe to repeat, except that each call with `rotate_secret` generates another secret.
     * - Nothing matched: NOT_FOUND (WEBHOOK_NOT_FOUND).
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (WEBHOOK_IN_CONFIGURATION,
     *   AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public void updateWebhook(dev.sessionauthority.session.v1.UpdateWebhookRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.UpdateWebhookResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getUpdateWebhookMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Removes an endpoint with its secret, its progress and its queued messages. A message that is being
     * sent may still arrive.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: a repeated call fails with WEBHOOK_NOT_FOUND.
     * - Nothing matched: NOT_FOUND (WEBHOOK_NOT_FOUND).
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (WEBHOOK_IN_CONFIGURATION,
     *   AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public void removeWebhook(dev.sessionauthority.session.v1.RemoveWebhookRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.RemoveWebhookResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getRemoveWebhookMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Sends a message of type `webhook.test` to an endpoint now, once, from the node that responds, even
     * if the endpoint is disabled or paused. It changes nothing.
     * - Atomicity: not applicable.
     * - Idempotency: each call sends another message.
     * - Nothing matched: NOT_FOUND (WEBHOOK_NOT_FOUND).
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (AUDIT_UNAVAILABLE). A failed delivery is
     *   no error: see `TestWebhookResponse.delivered`.
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public void testWebhook(dev.sessionauthority.session.v1.TestWebhookRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.TestWebhookResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getTestWebhookMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Ends the disablement or the pause of an endpoint. What was recorded meanwhile is delivered.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: safe to repeat; each call is an audit event.
     * - Nothing matched: NOT_FOUND (WEBHOOK_NOT_FOUND).
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE
     *   (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public void enableWebhook(dev.sessionauthority.session.v1.EnableWebhookRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.EnableWebhookResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getEnableWebhookMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Lists messages that were given up after the last attempt, by endpoint and ID.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE
     *   (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public void listDeadLetters(dev.sessionauthority.session.v1.ListDeadLettersRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListDeadLettersResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListDeadLettersMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Sends messages of an endpoint again, with the same IDs and a new schedule of attempts: dead letters,
     * or with `recorded_since` everything since a time, for a receiver that has lost messages. The latter
     * runs in the background and does not delay new messages.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: a repeated call finds only messages that were given up again. With
     *   `recorded_since`, it replaces a replay that is running, and so starts again.
     * - Nothing matched: OK with `replayed_count` 0, without an audit event. With `recorded_since`,
     *   NOT_FOUND (WEBHOOK_NOT_FOUND) if there is no such endpoint.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE
     *   (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public void replayWebhook(dev.sessionauthority.session.v1.ReplayWebhookRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ReplayWebhookResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getReplayWebhookMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * A stub to allow clients to do synchronous rpc calls to service WebhookService.
   * <pre>
   * Manages endpoints that receive events and alerts over HTTPS, by Standard Webhooks 1.0.0. Endpoints
   * of the configuration are listed and can be tested, enabled and replayed; only endpoints that were
   * added here can be updated and removed. Every change is an audit event. The state is in the audit
   * database, and all nodes follow a change within seconds. The rules of SessionService apply.
   * </pre>
   */
  public static final class WebhookServiceBlockingV2Stub
      extends io.grpc.stub.AbstractBlockingStub<WebhookServiceBlockingV2Stub> {
    private WebhookServiceBlockingV2Stub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected WebhookServiceBlockingV2Stub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new WebhookServiceBlockingV2Stub(channel, callOptions);
    }

    /**
     * <pre>
     * Lists all endpoints with their progress, by name. There are at most 50.
     * - Atomicity: one read of the endpoints, and one of their progress.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty list.
     * - Errors: FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ListWebhooksResponse listWebhooks(dev.sessionauthority.session.v1.ListWebhooksRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListWebhooksMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Adds an endpoint. It receives what is recorded from now on. The service generates the secret that
     * signs its messages and returns it only once.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: a repeated call fails with WEBHOOK_ALREADY_EXISTS. If the response was lost, remove
     *   the endpoint and add it again, or let UpdateWebhook generate another secret.
     * - Nothing matched: not applicable.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); ALREADY_EXISTS (WEBHOOK_ALREADY_EXISTS), also for the
     *   name of an endpoint of the configuration; FAILED_PRECONDITION (TOO_MANY_WEBHOOKS,
     *   AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.AddWebhookResponse addWebhook(dev.sessionauthority.session.v1.AddWebhookRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getAddWebhookMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Replaces the settings of an endpoint, and generates another secret on request. Its progress and
     * its queued messages stay.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: safe to repeat, except that each call with `rotate_secret` generates another secret.
     * - Nothing matched: NOT_FOUND (WEBHOOK_NOT_FOUND).
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (WEBHOOK_IN_CONFIGURATION,
     *   AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.UpdateWebhookResponse updateWebhook(dev.sessionauthority.session.v1.UpdateWebhookRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getUpdateWebhookMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Removes an endpoint with its secret, its progress and its queued messages. A message that is being
     * sent may still arrive.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: a repeated call fails with WEBHOOK_NOT_FOUND.
     * - Nothing matched: NOT_FOUND (WEBHOOK_NOT_FOUND).
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (WEBHOOK_IN_CONFIGURATION,
     *   AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.RemoveWebhookResponse removeWebhook(dev.sessionauthority.session.v1.RemoveWebhookRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getRemoveWebhookMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Sends a message of type `webhook.test` to an endpoint now, once, from the node that responds, even
     * if the endpoint is disabled or paused. It changes nothing.
     * - Atomicity: not applicable.
     * - Idempotency: each call sends another message.
     * - Nothing matched: NOT_FOUND (WEBHOOK_NOT_FOUND).
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (AUDIT_UNAVAILABLE). A failed delivery is
     *   no error: see `TestWebhookResponse.delivered`.
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.TestWebhookResponse testWebhook(dev.sessionauthority.session.v1.TestWebhookRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getTestWebhookMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Ends the disablement or the pause of an endpoint. What was recorded meanwhile is delivered.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: safe to repeat; each call is an audit event.
     * - Nothing matched: NOT_FOUND (WEBHOOK_NOT_FOUND).
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE
     *   (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.EnableWebhookResponse enableWebhook(dev.sessionauthority.session.v1.EnableWebhookRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getEnableWebhookMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists messages that were given up after the last attempt, by endpoint and ID.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE
     *   (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ListDeadLettersResponse listDeadLetters(dev.sessionauthority.session.v1.ListDeadLettersRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListDeadLettersMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Sends messages of an endpoint again, with the same IDs and a new schedule of attempts: dead letters,
     * or with `recorded_since` everything since a time, for a receiver that has lost messages. The latter
     * runs in the background and does not delay new messages.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: a repeated call finds only messages that were given up again. With
     *   `recorded_since`, it replaces a replay that is running, and so starts again.
     * - Nothing matched: OK with `replayed_count` 0, without an audit event. With `recorded_since`,
     *   NOT_FOUND (WEBHOOK_NOT_FOUND) if there is no such endpoint.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE
     *   (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ReplayWebhookResponse replayWebhook(dev.sessionauthority.session.v1.ReplayWebhookRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getReplayWebhookMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do limited synchronous rpc calls to service WebhookService.
   * <pre>
   * Manages endpoints that receive events and alerts over HTTPS, by Standard Webhooks 1.0.0. Endpoints
   * of the configuration are listed and can be tested, enabled and replayed; only endpoints that were
   * added here can be updated and removed. Every change is an audit event. The state is in the audit
   * database, and all nodes follow a change within seconds. The rules of SessionService apply.
   * </pre>
   */
  public static final class WebhookServiceBlockingStub
      extends io.grpc.stub.AbstractBlockingStub<WebhookServiceBlockingStub> {
    private WebhookServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected WebhookServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new WebhookServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Lists all endpoints with their progress, by name. There are at most 50.
     * - Atomicity: one read of the endpoints, and one of their progress.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty list.
     * - Errors: FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ListWebhooksResponse listWebhooks(dev.sessionauthority.session.v1.ListWebhooksRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListWebhooksMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Adds an endpoint. It receives what is recorded from now on. The service generates the secret that
     * signs its messages and returns it only once.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: a repeated call fails with WEBHOOK_ALREADY_EXISTS. If the response was lost, remove
     *   the endpoint and add it again, or let UpdateWebhook generate another secret.
     * - Nothing matched: not applicable.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); ALREADY_EXISTS (WEBHOOK_ALREADY_EXISTS), also for the
     *   name of an endpoint of the configuration; FAILED_PRECONDITION (TOO_MANY_WEBHOOKS,
     *   AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.AddWebhookResponse addWebhook(dev.sessionauthority.session.v1.AddWebhookRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getAddWebhookMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Replaces the settings of an endpoint, and generates another secret on request. Its progress and
     * its queued messages stay.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: safe to repeat, except that each call with `rotate_secret` generates another secret.
     * - Nothing matched: NOT_FOUND (WEBHOOK_NOT_FOUND).
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (WEBHOOK_IN_CONFIGURATION,
     *   AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.UpdateWebhookResponse updateWebhook(dev.sessionauthority.session.v1.UpdateWebhookRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getUpdateWebhookMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Removes an endpoint with its secret, its progress and its queued messages. A message that is being
     * sent may still arrive.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: a repeated call fails with WEBHOOK_NOT_FOUND.
     * - Nothing matched: NOT_FOUND (WEBHOOK_NOT_FOUND).
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (WEBHOOK_IN_CONFIGURATION,
     *   AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.RemoveWebhookResponse removeWebhook(dev.sessionauthority.session.v1.RemoveWebhookRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getRemoveWebhookMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Sends a message of type `webhook.test` to an endpoint now, once, from the node that responds, even
     * if the endpoint is disabled or paused. It changes nothing.
     * - Atomicity: not applicable.
     * - Idempotency: each call sends another message.
     * - Nothing matched: NOT_FOUND (WEBHOOK_NOT_FOUND).
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (AUDIT_UNAVAILABLE). A failed delivery is
     *   no error: see `TestWebhookResponse.delivered`.
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.TestWebhookResponse testWebhook(dev.sessionauthority.session.v1.TestWebhookRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getTestWebhookMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Ends the disablement or the pause of an endpoint. What was recorded meanwhile is delivered.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: safe to repeat; each call is an audit event.
     * - Nothing matched: NOT_FOUND (WEBHOOK_NOT_FOUND).
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE
     *   (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.EnableWebhookResponse enableWebhook(dev.sessionauthority.session.v1.EnableWebhookRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getEnableWebhookMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists messages that were given up after the last attempt, by endpoint and ID.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE
     *   (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ListDeadLettersResponse listDeadLetters(dev.sessionauthority.session.v1.ListDeadLettersRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListDeadLettersMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Sends messages of an endpoint again, with the same IDs and a new schedule of attempts: dead letters,
     * or with `recorded_since` everything since a time, for a receiver that has lost messages. The latter
     * runs in the background and does not delay new messages.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: a repeated call finds only messages that were given up again. With
     *   `recorded_since`, it replaces a replay that is running, and so starts again.
     * - Nothing matched: OK with `replayed_count` 0, without an audit event. With `recorded_since`,
     *   NOT_FOUND (WEBHOOK_NOT_FOUND) if there is no such endpoint.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE
     *   (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ReplayWebhookResponse replayWebhook(dev.sessionauthority.session.v1.ReplayWebhookRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getReplayWebhookMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do ListenableFuture-style rpc calls to service WebhookService.
   * <pre>
   * Manages endpoints that receive events and alerts over HTTPS, by Standard Webhooks 1.0.0. Endpoints
   * of the configuration are listed and can be tested, enabled and replayed; only endpoints that were
   * added here can be updated and removed. Every change is an audit event. The state is in the audit
   * database, and all nodes follow a change within seconds. The rules of SessionService apply.
   * </pre>
   */
  public static final class WebhookServiceFutureStub
      extends io.grpc.stub.AbstractFutureStub<WebhookServiceFutureStub> {
    private WebhookServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected WebhookServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new WebhookServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * Lists all endpoints with their progress, by name. There are at most 50.
     * - Atomicity: one read of the endpoints, and one of their progress.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty list.
     * - Errors: FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.ListWebhooksResponse> listWebhooks(
        dev.sessionauthority.session.v1.ListWebhooksRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListWebhooksMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Adds an endpoint. It receives what is recorded from now on. The service generates the secret that
     * signs its messages and returns it only once.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: a repeated call fails with WEBHOOK_ALREADY_EXISTS. If the response was lost, remove
     *   the endpoint and add it again, or let UpdateWebhook generate another secret.
     * - Nothing matched: not applicable.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); ALREADY_EXISTS (WEBHOOK_ALREADY_EXISTS), also for the
     *   name of an endpoint of the configuration; FAILED_PRECONDITION (TOO_MANY_WEBHOOKS,
     *   AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.AddWebhookResponse> addWebhook(
        dev.sessionauthority.session.v1.AddWebhookRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getAddWebhookMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Replaces the settings of an endpoint, and generates another secret on request. Its progress and
     * its queued messages stay.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: safe to repeat, except that each call with `rotate_secret` generates another secret.
     * - Nothing matched: NOT_FOUND (WEBHOOK_NOT_FOUND).
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (WEBHOOK_IN_CONFIGURATION,
     *   AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.UpdateWebhookResponse> updateWebhook(
        dev.sessionauthority.session.v1.UpdateWebhookRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getUpdateWebhookMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Removes an endpoint with its secret, its progress and its queued messages. A message that is being
     * sent may still arrive.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: a repeated call fails with WEBHOOK_NOT_FOUND.
     * - Nothing matched: NOT_FOUND (WEBHOOK_NOT_FOUND).
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (WEBHOOK_IN_CONFIGURATION,
     *   AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.RemoveWebhookResponse> removeWebhook(
        dev.sessionauthority.session.v1.RemoveWebhookRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getRemoveWebhookMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Sends a message of type `webhook.test` to an endpoint now, once, from the node that responds, even
     * if the endpoint is disabled or paused. It changes nothing.
     * - Atomicity: not applicable.
     * - Idempotency: each call sends another message.
     * - Nothing matched: NOT_FOUND (WEBHOOK_NOT_FOUND).
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (AUDIT_UNAVAILABLE). A failed delivery is
     *   no error: see `TestWebhookResponse.delivered`.
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.TestWebhookResponse> testWebhook(
        dev.sessionauthority.session.v1.TestWebhookRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getTestWebhookMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Ends the disablement or the pause of an endpoint. What was recorded meanwhile is delivered.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: safe to repeat; each call is an audit event.
     * - Nothing matched: NOT_FOUND (WEBHOOK_NOT_FOUND).
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE
     *   (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.EnableWebhookResponse> enableWebhook(
        dev.sessionauthority.session.v1.EnableWebhookRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getEnableWebhookMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Lists messages that were given up after the last attempt, by endpoint and ID.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE
     *   (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.ListDeadLettersResponse> listDeadLetters(
        dev.sessionauthority.session.v1.ListDeadLettersRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListDeadLettersMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Sends messages of an endpoint again, with the same IDs and a new schedule of attempts: dead letters,
     * or with `recorded_since` everything since a time, for a receiver that has lost messages. The latter
     * runs in the background and does not delay new messages.
     * - Atomicity: one step, with its audit event.
     * - Idempotency: a repeated call finds only messages that were given up again. With
     *   `recorded_since`, it replaces a replay that is running, and so starts again.
     * - Nothing matched: OK with `replayed_count` 0, without an audit event. With `recorded_since`,
     *   NOT_FOUND (WEBHOOK_NOT_FOUND) if there is no such endpoint.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE
     *   (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.ReplayWebhookResponse> replayWebhook(
        dev.sessionauthority.session.v1.ReplayWebhookRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getReplayWebhookMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_LIST_WEBHOOKS = 0;
  private static final int METHODID_ADD_WEBHOOK = 1;
  private static final int METHODID_UPDATE_WEBHOOK = 2;
  private static final int METHODID_REMOVE_WEBHOOK = 3;
  private static final int METHODID_TEST_WEBHOOK = 4;
  private static final int METHODID_ENABLE_WEBHOOK = 5;
  private static final int METHODID_LIST_DEAD_LETTERS = 6;
  private static final int METHODID_REPLAY_WEBHOOK = 7;

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
        case METHODID_LIST_WEBHOOKS:
          serviceImpl.listWebhooks((dev.sessionauthority.session.v1.ListWebhooksRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListWebhooksResponse>) responseObserver);
          break;
        case METHODID_ADD_WEBHOOK:
          serviceImpl.addWebhook((dev.sessionauthority.session.v1.AddWebhookRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.AddWebhookResponse>) responseObserver);
          break;
        case METHODID_UPDATE_WEBHOOK:
          serviceImpl.updateWebhook((dev.sessionauthority.session.v1.UpdateWebhookRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.UpdateWebhookResponse>) responseObserver);
          break;
        case METHODID_REMOVE_WEBHOOK:
          serviceImpl.removeWebhook((dev.sessionauthority.session.v1.RemoveWebhookRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.RemoveWebhookResponse>) responseObserver);
          break;
        case METHODID_TEST_WEBHOOK:
          serviceImpl.testWebhook((dev.sessionauthority.session.v1.TestWebhookRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.TestWebhookResponse>) responseObserver);
          break;
        case METHODID_ENABLE_WEBHOOK:
          serviceImpl.enableWebhook((dev.sessionauthority.session.v1.EnableWebhookRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.EnableWebhookResponse>) responseObserver);
          break;
        case METHODID_LIST_DEAD_LETTERS:
          serviceImpl.listDeadLetters((dev.sessionauthority.session.v1.ListDeadLettersRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListDeadLettersResponse>) responseObserver);
          break;
        case METHODID_REPLAY_WEBHOOK:
          serviceImpl.replayWebhook((dev.sessionauthority.session.v1.ReplayWebhookRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ReplayWebhookResponse>) responseObserver);
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
        default:
          throw new AssertionError();
      }
    }
  }

  public static final io.grpc.ServerServiceDefinition bindService(AsyncService service) {
    return io.grpc.ServerServiceDefinition.builder(getServiceDescriptor())
        .addMethod(
          getListWebhooksMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.ListWebhooksRequest,
              dev.sessionauthority.session.v1.ListWebhooksResponse>(
                service, METHODID_LIST_WEBHOOKS)))
        .addMethod(
          getAddWebhookMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.AddWebhookRequest,
              dev.sessionauthority.session.v1.AddWebhookResponse>(
                service, METHODID_ADD_WEBHOOK)))
        .addMethod(
          getUpdateWebhookMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.UpdateWebhookRequest,
              dev.sessionauthority.session.v1.UpdateWebhookResponse>(
                service, METHODID_UPDATE_WEBHOOK)))
        .addMethod(
          getRemoveWebhookMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.RemoveWebhookRequest,
              dev.sessionauthority.session.v1.RemoveWebhookResponse>(
                service, METHODID_REMOVE_WEBHOOK)))
        .addMethod(
          getTestWebhookMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.TestWebhookRequest,
              dev.sessionauthority.session.v1.TestWebhookResponse>(
                service, METHODID_TEST_WEBHOOK)))
        .addMethod(
          getEnableWebhookMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.EnableWebhookRequest,
              dev.sessionauthority.session.v1.EnableWebhookResponse>(
                service, METHODID_ENABLE_WEBHOOK)))
        .addMethod(
          getListDeadLettersMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.ListDeadLettersRequest,
              dev.sessionauthority.session.v1.ListDeadLettersResponse>(
                service, METHODID_LIST_DEAD_LETTERS)))
        .addMethod(
          getReplayWebhookMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.ReplayWebhookRequest,
              dev.sessionauthority.session.v1.ReplayWebhookResponse>(
                service, METHODID_REPLAY_WEBHOOK)))
        .build();
  }

  private static abstract class WebhookServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    WebhookServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return dev.sessionauthority.session.v1.WebhookServiceProto.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("WebhookService");
    }
  }

  private static final class WebhookServiceFileDescriptorSupplier
      extends WebhookServiceBaseDescriptorSupplier {
    WebhookServiceFileDescriptorSupplier() {}
  }

  private static final class WebhookServiceMethodDescriptorSupplier
      extends WebhookServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final java.lang.String methodName;

    WebhookServiceMethodDescriptorSupplier(java.lang.String methodName) {
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
      synchronized (WebhookServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new WebhookServiceFileDescriptorSupplier())
              .addMethod(getListWebhooksMethod())
              .addMethod(getAddWebhookMethod())
              .addMethod(getUpdateWebhookMethod())
              .addMethod(getRemoveWebhookMethod())
              .addMethod(getTestWebhookMethod())
              .addMethod(getEnableWebhookMethod())
              .addMethod(getListDeadLettersMethod())
              .addMethod(getReplayWebhookMethod())
              .build();
        }
      }
    }
    return result;
  }
}
