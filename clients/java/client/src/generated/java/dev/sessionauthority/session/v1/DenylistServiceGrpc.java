package dev.sessionauthority.session.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * Stores the IDs (claim `jti`, RFC 7519 section 4.1.7) of JWTs that must no longer be accepted,
 * each until its JWT expires. It is for installations that issue JWTs in addition to sessions: a
 * service that accepts them verifies signature and expiry, and calls Check. The JWTs themselves are
 * never sent to this service. Each tenant has its own IDs. The rules of SessionService apply.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class DenylistServiceGrpc {

  private DenylistServiceGrpc() {}

  public static final java.lang.String SERVICE_NAME = "session.v1.DenylistService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.DenyRequest,
      dev.sessionauthority.session.v1.DenyResponse> getDenyMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Deny",
      requestType = dev.sessionauthority.session.v1.DenyRequest.class,
      responseType = dev.sessionauthority.session.v1.DenyResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.DenyRequest,
      dev.sessionauthority.session.v1.DenyResponse> getDenyMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.DenyRequest, dev.sessionauthority.session.v1.DenyResponse> getDenyMethod;
    if ((getDenyMethod = DenylistServiceGrpc.getDenyMethod) == null) {
      synchronized (DenylistServiceGrpc.class) {
        if ((getDenyMethod = DenylistServiceGrpc.getDenyMethod) == null) {
          DenylistServiceGrpc.getDenyMethod = getDenyMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.DenyRequest, dev.sessionauthority.session.v1.DenyResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Deny"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.DenyRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.DenyResponse.getDefaultInstance()))
              .setSchemaDescriptor(new DenylistServiceMethodDescriptorSupplier("Deny"))
              .build();
        }
      }
    }
    return getDenyMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.CheckRequest,
      dev.sessionauthority.session.v1.CheckResponse> getCheckMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Check",
      requestType = dev.sessionauthority.session.v1.CheckRequest.class,
      responseType = dev.sessionauthority.session.v1.CheckResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.CheckRequest,
      dev.sessionauthority.session.v1.CheckResponse> getCheckMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.CheckRequest, dev.sessionauthority.session.v1.CheckResponse> getCheckMethod;
    if ((getCheckMethod = DenylistServiceGrpc.getCheckMethod) == null) {
      synchronized (DenylistServiceGrpc.class) {
        if ((getCheckMethod = DenylistServiceGrpc.getCheckMethod) == null) {
          DenylistServiceGrpc.getCheckMethod = getCheckMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.CheckRequest, dev.sessionauthority.session.v1.CheckResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Check"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.CheckRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.CheckResponse.getDefaultInstance()))
              .setSchemaDescriptor(new DenylistServiceMethodDescriptorSupplier("Check"))
              .build();
        }
      }
    }
    return getCheckMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static DenylistServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<DenylistServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<DenylistServiceStub>() {
        @java.lang.Override
        public DenylistServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new DenylistServiceStub(channel, callOptions);
        }
      };
    return DenylistServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports all types of calls on the service
   */
  public static DenylistServiceBlockingV2Stub newBlockingV2Stub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<DenylistServiceBlockingV2Stub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<DenylistServiceBlockingV2Stub>() {
        @java.lang.Override
        public DenylistServiceBlockingV2Stub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new DenylistServiceBlockingV2Stub(channel, callOptions);
        }
      };
    return DenylistServiceBlockingV2Stub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static DenylistServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<DenylistServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<DenylistServiceBlockingStub>() {
        @java.lang.Override
        public DenylistServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new DenylistServiceBlockingStub(channel, callOptions);
        }
      };
    return DenylistServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static DenylistServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<DenylistServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<DenylistServiceFutureStub>() {
        @java.lang.Override
        public DenylistServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new DenylistServiceFutureStub(channel, callOptions);
        }
      };
    return DenylistServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * Stores the IDs (claim `jti`, RFC 7519 section 4.1.7) of JWTs that must no longer be accepted,
   * each until its JWT expires. It is for installations that issue JWTs in addition to sessions: a
   * service that accepts them verifies signature and expiry, and calls Check. The JWTs themselves are
   * never sent to this service. Each tenant has its own IDs. The rules of SessionService apply.
   * </pre>
   */
  public interface AsyncService {

    /**
     * <pre>
     * Denies JWTs by their IDs. A denial cannot be withdrawn.
     * - Atomicity: each ID is one step. After the call has returned, every Check with STRONG sees all
     *   of them, and every other Check within the staleness bound. After an error some may be denied:
     *   retry the call. The audit event is recorded with the first step.
     * - Idempotency: a repeated call changes nothing and records no event. A later `expires_at` extends
     *   the denial; an earlier one has no effect.
     * - Nothing matched: not applicable; IDs need not be known. An ID whose JWT has already expired
     *   is only counted.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), in which case no ID of the call is denied;
     *   RESOURCE_EXHAUSTED (DENYLIST_FULL); UNAVAILABLE (STORE_UNAVAILABLE, PARTLY_APPLIED).
     * - Callers: issuer, backend, admin.
     * </pre>
     */
    default void deny(dev.sessionauthority.session.v1.DenyRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.DenyResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getDenyMethod(), responseObserver);
    }

    /**
     * <pre>
     * Returns whether JWTs are denied. Served from memory: a node keeps the denied IDs that it was
     * asked about, together with the others of their partition of the store.
     * - Atomicity: each ID is looked up by itself, within the staleness bound. With STRONG it is looked
     *   up in the store.
     * - Idempotency: safe to repeat.
     * - Nothing matched: OK, with `denied` false for every ID that is not denied.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE): there is no
     *   verdict, which must never be treated as "not denied".
     * - Callers: issuer, validator, backend.
     * </pre>
     */
    default void check(dev.sessionauthority.session.v1.CheckRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.CheckResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getCheckMethod(), responseObserver);
    }
  }

  /**
   * Base class for the server implementation of the service DenylistService.
   * <pre>
   * Stores the IDs (claim `jti`, RFC 7519 section 4.1.7) of JWTs that must no longer be accepted,
   * each until its JWT expires. It is for installations that issue JWTs in addition to sessions: a
   * service that accepts them verifies signature and expiry, and calls Check. The JWTs themselves are
   * never sent to this service. Each tenant has its own IDs. The rules of SessionService apply.
   * </pre>
   */
  public static abstract class DenylistServiceImplBase
      implements io.grpc.BindableService, AsyncService {

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return DenylistServiceGrpc.bindService(this);
    }
  }

  /**
   * A stub to allow clients to do asynchronous rpc calls to service DenylistService.
   * <pre>
   * Stores the IDs (claim `jti`, RFC 7519 section 4.1.7) of JWTs that must no longer be accepted,
   * each until its JWT expires. It is for installations that issue JWTs in addition to sessions: a
   * service that accepts them verifies signature and expiry, and calls Check. The JWTs themselves are
   * never sent to this service. Each tenant has its own IDs. The rules of SessionService apply.
   * </pre>
   */
  public static final class DenylistServiceStub
      extends io.grpc.stub.AbstractAsyncStub<DenylistServiceStub> {
    private DenylistServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected DenylistServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new DenylistServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Denies JWTs by their IDs. A denial cannot be withdrawn.
     * - Atomicity: each ID is one step. After the call has returned, every Check with STRONG sees all
     *   of them, and every other Check within the staleness bound. After an error some may be denied:
     *   retry the call. The audit event is recorded with the first step.
     * - Idempotency: a repeated call changes nothing and records no event. A later `expires_at` extends
     *   the denial; an earlier one has no effect.
     * - Nothing matched: not applicable; IDs need not be known. An ID whose JWT has already expired
     *   is only counted.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), in which case no ID of the call is denied;
     *   RESOURCE_EXHAUSTED (DENYLIST_FULL); UNAVAILABLE (STORE_UNAVAILABLE, PARTLY_APPLIED).
     * - Callers: issuer, backend, admin.
     * </pre>
     */
    public void deny(dev.sessionauthority.session.v1.DenyRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.DenyResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getDenyMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Returns whether JWTs are denied. Served from memory: a node keeps the denied IDs that it was
     * asked about, together with the others of their partition of the store.
     * - Atomicity: each ID is looked up by itself, within the staleness bound. With STRONG it is looked
     *   up in the store.
     * - Idempotency: safe to repeat.
     * - Nothing matched: OK, with `denied` false for every ID that is not denied.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE): there is no
     *   verdict, which must never be treated as "not denied".
     * - Callers: issuer, validator, backend.
     * </pre>
     */
    public void check(dev.sessionauthority.session.v1.CheckRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.CheckResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getCheckMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * A stub to allow clients to do synchronous rpc calls to service DenylistService.
   * <pre>
   * Stores the IDs (claim `jti`, RFC 7519 section 4.1.7) of JWTs that must no longer be accepted,
   * each until its JWT expires. It is for installations that issue JWTs in addition to sessions: a
   * service that accepts them verifies signature and expiry, and calls Check. The JWTs themselves are
   * never sent to this service. Each tenant has its own IDs. The rules of SessionService apply.
   * </pre>
   */
  public static final class DenylistServiceBlockingV2Stub
      extends io.grpc.stub.AbstractBlockingStub<DenylistServiceBlockingV2Stub> {
    private DenylistServiceBlockingV2Stub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected DenylistServiceBlockingV2Stub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new DenylistServiceBlockingV2Stub(channel, callOptions);
    }

    /**
     * <pre>
     * Denies JWTs by their IDs. A denial cannot be withdrawn.
     * - Atomicity: each ID is one step. After the call has returned, every Check with STRONG sees all
     *   of them, and every other Check within the staleness bound. After an error some may be denied:
     *   retry the call. The audit event is recorded with the first step.
     * - Idempotency: a repeated call changes nothing and records no event. A later `expires_at` extends
     *   the denial; an earlier one has no effect.
     * - Nothing matched: not applicable; IDs need not be known. An ID whose JWT has already expired
     *   is only counted.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), in which case no ID of the call is denied;
     *   RESOURCE_EXHAUSTED (DENYLIST_FULL); UNAVAILABLE (STORE_UNAVAILABLE, PARTLY_APPLIED).
     * - Callers: issuer, backend, admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.DenyResponse deny(dev.sessionauthority.session.v1.DenyRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getDenyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Returns whether JWTs are denied. Served from memory: a node keeps the denied IDs that it was
     * asked about, together with the others of their partition of the store.
     * - Atomicity: each ID is looked up by itself, within the staleness bound. With STRONG it is looked
     *   up in the store.
     * - Idempotency: safe to repeat.
     * - Nothing matched: OK, with `denied` false for every ID that is not denied.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE): there is no
     *   verdict, which must never be treated as "not denied".
     * - Callers: issuer, validator, backend.
     * </pre>
     */
    public dev.sessionauthority.session.v1.CheckResponse check(dev.sessionauthority.session.v1.CheckRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getCheckMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do limited synchronous rpc calls to service DenylistService.
   * <pre>
   * Stores the IDs (claim `jti`, RFC 7519 section 4.1.7) of JWTs that must no longer be accepted,
   * each until its JWT expires. It is for installations that issue JWTs in addition to sessions: a
   * service that accepts them verifies signature and expiry, and calls Check. The JWTs themselves are
   * never sent to this service. Each tenant has its own IDs. The rules of SessionService apply.
   * </pre>
   */
  public static final class DenylistServiceBlockingStub
      extends io.grpc.stub.AbstractBlockingStub<DenylistServiceBlockingStub> {
    private DenylistServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected DenylistServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new DenylistServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Denies JWTs by their IDs. A denial cannot be withdrawn.
     * - Atomicity: each ID is one step. After the call has returned, every Check with STRONG sees all
     *   of them, and every other Check within the staleness bound. After an error some may be denied:
     *   retry the call. The audit event is recorded with the first step.
     * - Idempotency: a repeated call changes nothing and records no event. A later `expires_at` extends
     *   the denial; an earlier one has no effect.
     * - Nothing matched: not applicable; IDs need not be known. An ID whose JWT has already expired
     *   is only counted.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), in which case no ID of the call is denied;
     *   RESOURCE_EXHAUSTED (DENYLIST_FULL); UNAVAILABLE (STORE_UNAVAILABLE, PARTLY_APPLIED).
     * - Callers: issuer, backend, admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.DenyResponse deny(dev.sessionauthority.session.v1.DenyRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getDenyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Returns whether JWTs are denied. Served from memory: a node keeps the denied IDs that it was
     * asked about, together with the others of their partition of the store.
     * - Atomicity: each ID is looked up by itself, within the staleness bound. With STRONG it is looked
     *   up in the store.
     * - Idempotency: safe to repeat.
     * - Nothing matched: OK, with `denied` false for every ID that is not denied.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE): there is no
     *   verdict, which must never be treated as "not denied".
     * - Callers: issuer, validator, backend.
     * </pre>
     */
    public dev.sessionauthority.session.v1.CheckResponse check(dev.sessionauthority.session.v1.CheckRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getCheckMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do ListenableFuture-style rpc calls to service DenylistService.
   * <pre>
   * Stores the IDs (claim `jti`, RFC 7519 section 4.1.7) of JWTs that must no longer be accepted,
   * each until its JWT expires. It is for installations that issue JWTs in addition to sessions: a
   * service that accepts them verifies signature and expiry, and calls Check. The JWTs themselves are
   * never sent to this service. Each tenant has its own IDs. The rules of SessionService apply.
   * </pre>
   */
  public static final class DenylistServiceFutureStub
      extends io.grpc.stub.AbstractFutureStub<DenylistServiceFutureStub> {
    private DenylistServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected DenylistServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new DenylistServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * Denies JWTs by their IDs. A denial cannot be withdrawn.
     * - Atomicity: each ID is one step. After the call has returned, every Check with STRONG sees all
     *   of them, and every other Check within the staleness bound. After an error some may be denied:
     *   retry the call. The audit event is recorded with the first step.
     * - Idempotency: a repeated call changes nothing and records no event. A later `expires_at` extends
     *   the denial; an earlier one has no effect.
     * - Nothing matched: not applicable; IDs need not be known. An ID whose JWT has already expired
     *   is only counted.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), in which case no ID of the call is denied;
     *   RESOURCE_EXHAUSTED (DENYLIST_FULL); UNAVAILABLE (STORE_UNAVAILABLE, PARTLY_APPLIED).
     * - Callers: issuer, backend, admin.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.DenyResponse> deny(
        dev.sessionauthority.session.v1.DenyRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getDenyMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Returns whether JWTs are denied. Served from memory: a node keeps the denied IDs that it was
     * asked about, together with the others of their partition of the store.
     * - Atomicity: each ID is looked up by itself, within the staleness bound. With STRONG it is looked
     *   up in the store.
     * - Idempotency: safe to repeat.
     * - Nothing matched: OK, with `denied` false for every ID that is not denied.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE): there is no
     *   verdict, which must never be treated as "not denied".
     * - Callers: issuer, validator, backend.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.CheckResponse> check(
        dev.sessionauthority.session.v1.CheckRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getCheckMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_DENY = 0;
  private static final int METHODID_CHECK = 1;

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
        case METHODID_DENY:
          serviceImpl.deny((dev.sessionauthority.session.v1.DenyRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.DenyResponse>) responseObserver);
          break;
        case METHODID_CHECK:
          serviceImpl.check((dev.sessionauthority.session.v1.CheckRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.CheckResponse>) responseObserver);
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
          getDenyMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.DenyRequest,
              dev.sessionauthority.session.v1.DenyResponse>(
                service, METHODID_DENY)))
        .addMethod(
          getCheckMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.CheckRequest,
              dev.sessionauthority.session.v1.CheckResponse>(
                service, METHODID_CHECK)))
        .build();
  }

  private static abstract class DenylistServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    DenylistServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return dev.sessionauthority.session.v1.DenylistServiceProto.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("DenylistService");
    }
  }

  private static final class DenylistServiceFileDescriptorSupplier
      extends DenylistServiceBaseDescriptorSupplier {
    DenylistServiceFileDescriptorSupplier() {}
  }

  private static final class DenylistServiceMethodDescriptorSupplier
      extends DenylistServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final java.lang.String methodName;

    DenylistServiceMethodDescriptorSupplier(java.lang.String methodName) {
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
      synchronized (DenylistServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new DenylistServiceFileDescriptorSupplier())
              .addMethod(getDenyMethod())
              .addMethod(getCheckMethod())
              .build();
        }
      }
    }
    return result;
  }
}
