package dev.sessionauthority.session.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * Reads, and acts on, many sessions at once. SearchSessions, ListEvents, GetStats and the filter of
 * RevokeWhere read the audit database. It receives every change a moment after the change took
 * effect, or later if it was unavailable. Responses report in `complete_until` how far they are
 * complete; SessionService is always up to date. The rules of SessionService apply.
 * `complete_until` is never later than the last sweep of all sessions (`sessions.sweep_interval`).
 * The sweep finds sessions that timed out and writes them to the audit log with the time at which
 * they ended. Until then SearchSessions and GetStats consider them active. Sessions that a
 * revocation of a tenant or of everyone ended are not considered active once its event is in the
 * audit database, which writes their endings from that event. Purge sweeps all sessions
 * immediately.
 * Paging: a page contains at most `page_size` entries. It may contain fewer or none although more
 * follow; the last page has no `next_page_token`. Reading all pages returns every entry that
 * matched throughout exactly once, while other entries appear and disappear. Page tokens are
 * opaque, at most 1 KiB, and valid only with the same filter.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class AdminServiceGrpc {

  private AdminServiceGrpc() {}

  public static final java.lang.String SERVICE_NAME = "session.v1.AdminService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.SearchSessionsRequest,
      dev.sessionauthority.session.v1.SearchSessionsResponse> getSearchSessionsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "SearchSessions",
      requestType = dev.sessionauthority.session.v1.SearchSessionsRequest.class,
      responseType = dev.sessionauthority.session.v1.SearchSessionsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.SearchSessionsRequest,
      dev.sessionauthority.session.v1.SearchSessionsResponse> getSearchSessionsMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.SearchSessionsRequest, dev.sessionauthority.session.v1.SearchSessionsResponse> getSearchSessionsMethod;
    if ((getSearchSessionsMethod = AdminServiceGrpc.getSearchSessionsMethod) == null) {
      synchronized (AdminServiceGrpc.class) {
        if ((getSearchSessionsMethod = AdminServiceGrpc.getSearchSessionsMethod) == null) {
          AdminServiceGrpc.getSearchSessionsMethod = getSearchSessionsMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.SearchSessionsRequest, dev.sessionauthority.session.v1.SearchSessionsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "SearchSessions"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.SearchSessionsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.SearchSessionsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AdminServiceMethodDescriptorSupplier("SearchSessions"))
              .build();
        }
      }
    }
    return getSearchSessionsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListEventsRequest,
      dev.sessionauthority.session.v1.ListEventsResponse> getListEventsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListEvents",
      requestType = dev.sessionauthority.session.v1.ListEventsRequest.class,
      responseType = dev.sessionauthority.session.v1.ListEventsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListEventsRequest,
      dev.sessionauthority.session.v1.ListEventsResponse> getListEventsMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListEventsRequest, dev.sessionauthority.session.v1.ListEventsResponse> getListEventsMethod;
    if ((getListEventsMethod = AdminServiceGrpc.getListEventsMethod) == null) {
      synchronized (AdminServiceGrpc.class) {
        if ((getListEventsMethod = AdminServiceGrpc.getListEventsMethod) == null) {
          AdminServiceGrpc.getListEventsMethod = getListEventsMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.ListEventsRequest, dev.sessionauthority.session.v1.ListEventsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListEvents"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ListEventsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ListEventsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AdminServiceMethodDescriptorSupplier("ListEvents"))
              .build();
        }
      }
    }
    return getListEventsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListCredentialsRequest,
      dev.sessionauthority.session.v1.ListCredentialsResponse> getListCredentialsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListCredentials",
      requestType = dev.sessionauthority.session.v1.ListCredentialsRequest.class,
      responseType = dev.sessionauthority.session.v1.ListCredentialsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListCredentialsRequest,
      dev.sessionauthority.session.v1.ListCredentialsResponse> getListCredentialsMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListCredentialsRequest, dev.sessionauthority.session.v1.ListCredentialsResponse> getListCredentialsMethod;
    if ((getListCredentialsMethod = AdminServiceGrpc.getListCredentialsMethod) == null) {
      synchronized (AdminServiceGrpc.class) {
        if ((getListCredentialsMethod = AdminServiceGrpc.getListCredentialsMethod) == null) {
          AdminServiceGrpc.getListCredentialsMethod = getListCredentialsMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.ListCredentialsRequest, dev.sessionauthority.session.v1.ListCredentialsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListCredentials"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ListCredentialsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ListCredentialsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AdminServiceMethodDescriptorSupplier("ListCredentials"))
              .build();
        }
      }
    }
    return getListCredentialsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.GetStatsRequest,
      dev.sessionauthority.session.v1.GetStatsResponse> getGetStatsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetStats",
      requestType = dev.sessionauthority.session.v1.GetStatsRequest.class,
      responseType = dev.sessionauthority.session.v1.GetStatsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.GetStatsRequest,
      dev.sessionauthority.session.v1.GetStatsResponse> getGetStatsMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.GetStatsRequest, dev.sessionauthority.session.v1.GetStatsResponse> getGetStatsMethod;
    if ((getGetStatsMethod = AdminServiceGrpc.getGetStatsMethod) == null) {
      synchronized (AdminServiceGrpc.class) {
        if ((getGetStatsMethod = AdminServiceGrpc.getGetStatsMethod) == null) {
          AdminServiceGrpc.getGetStatsMethod = getGetStatsMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.GetStatsRequest, dev.sessionauthority.session.v1.GetStatsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetStats"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.GetStatsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.GetStatsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AdminServiceMethodDescriptorSupplier("GetStats"))
              .build();
        }
      }
    }
    return getGetStatsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListAlertsRequest,
      dev.sessionauthority.session.v1.ListAlertsResponse> getListAlertsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListAlerts",
      requestType = dev.sessionauthority.session.v1.ListAlertsRequest.class,
      responseType = dev.sessionauthority.session.v1.ListAlertsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListAlertsRequest,
      dev.sessionauthority.session.v1.ListAlertsResponse> getListAlertsMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListAlertsRequest, dev.sessionauthority.session.v1.ListAlertsResponse> getListAlertsMethod;
    if ((getListAlertsMethod = AdminServiceGrpc.getListAlertsMethod) == null) {
      synchronized (AdminServiceGrpc.class) {
        if ((getListAlertsMethod = AdminServiceGrpc.getListAlertsMethod) == null) {
          AdminServiceGrpc.getListAlertsMethod = getListAlertsMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.ListAlertsRequest, dev.sessionauthority.session.v1.ListAlertsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListAlerts"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ListAlertsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ListAlertsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AdminServiceMethodDescriptorSupplier("ListAlerts"))
              .build();
        }
      }
    }
    return getListAlertsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListTenantsRequest,
      dev.sessionauthority.session.v1.ListTenantsResponse> getListTenantsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListTenants",
      requestType = dev.sessionauthority.session.v1.ListTenantsRequest.class,
      responseType = dev.sessionauthority.session.v1.ListTenantsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListTenantsRequest,
      dev.sessionauthority.session.v1.ListTenantsResponse> getListTenantsMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListTenantsRequest, dev.sessionauthority.session.v1.ListTenantsResponse> getListTenantsMethod;
    if ((getListTenantsMethod = AdminServiceGrpc.getListTenantsMethod) == null) {
      synchronized (AdminServiceGrpc.class) {
        if ((getListTenantsMethod = AdminServiceGrpc.getListTenantsMethod) == null) {
          AdminServiceGrpc.getListTenantsMethod = getListTenantsMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.ListTenantsRequest, dev.sessionauthority.session.v1.ListTenantsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListTenants"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ListTenantsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ListTenantsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AdminServiceMethodDescriptorSupplier("ListTenants"))
              .build();
        }
      }
    }
    return getListTenantsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListNodesRequest,
      dev.sessionauthority.session.v1.ListNodesResponse> getListNodesMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListNodes",
      requestType = dev.sessionauthority.session.v1.ListNodesRequest.class,
      responseType = dev.sessionauthority.session.v1.ListNodesResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListNodesRequest,
      dev.sessionauthority.session.v1.ListNodesResponse> getListNodesMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ListNodesRequest, dev.sessionauthority.session.v1.ListNodesResponse> getListNodesMethod;
    if ((getListNodesMethod = AdminServiceGrpc.getListNodesMethod) == null) {
      synchronized (AdminServiceGrpc.class) {
        if ((getListNodesMethod = AdminServiceGrpc.getListNodesMethod) == null) {
          AdminServiceGrpc.getListNodesMethod = getListNodesMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.ListNodesRequest, dev.sessionauthority.session.v1.ListNodesResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListNodes"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ListNodesRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ListNodesResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AdminServiceMethodDescriptorSupplier("ListNodes"))
              .build();
        }
      }
    }
    return getListNodesMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.PurgeRequest,
      dev.sessionauthority.session.v1.PurgeResponse> getPurgeMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Purge",
      requestType = dev.sessionauthority.session.v1.PurgeRequest.class,
      responseType = dev.sessionauthority.session.v1.PurgeResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.PurgeRequest,
      dev.sessionauthority.session.v1.PurgeResponse> getPurgeMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.PurgeRequest, dev.sessionauthority.session.v1.PurgeResponse> getPurgeMethod;
    if ((getPurgeMethod = AdminServiceGrpc.getPurgeMethod) == null) {
      synchronized (AdminServiceGrpc.class) {
        if ((getPurgeMethod = AdminServiceGrpc.getPurgeMethod) == null) {
          AdminServiceGrpc.getPurgeMethod = getPurgeMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.PurgeRequest, dev.sessionauthority.session.v1.PurgeResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Purge"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.PurgeRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.PurgeResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AdminServiceMethodDescriptorSupplier("Purge"))
              .build();
        }
      }
    }
    return getPurgeMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.RevokeWhereRequest,
      dev.sessionauthority.session.v1.RevokeWhereResponse> getRevokeWhereMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "RevokeWhere",
      requestType = dev.sessionauthority.session.v1.RevokeWhereRequest.class,
      responseType = dev.sessionauthority.session.v1.RevokeWhereResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.RevokeWhereRequest,
      dev.sessionauthority.session.v1.RevokeWhereResponse> getRevokeWhereMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.RevokeWhereRequest, dev.sessionauthority.session.v1.RevokeWhereResponse> getRevokeWhereMethod;
    if ((getRevokeWhereMethod = AdminServiceGrpc.getRevokeWhereMethod) == null) {
      synchronized (AdminServiceGrpc.class) {
        if ((getRevokeWhereMethod = AdminServiceGrpc.getRevokeWhereMethod) == null) {
          AdminServiceGrpc.getRevokeWhereMethod = getRevokeWhereMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.RevokeWhereRequest, dev.sessionauthority.session.v1.RevokeWhereResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "RevokeWhere"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.RevokeWhereRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.RevokeWhereResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AdminServiceMethodDescriptorSupplier("RevokeWhere"))
              .build();
        }
      }
    }
    return getRevokeWhereMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ForgetUserRequest,
      dev.sessionauthority.session.v1.ForgetUserResponse> getForgetUserMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ForgetUser",
      requestType = dev.sessionauthority.session.v1.ForgetUserRequest.class,
      responseType = dev.sessionauthority.session.v1.ForgetUserResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ForgetUserRequest,
      dev.sessionauthority.session.v1.ForgetUserResponse> getForgetUserMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ForgetUserRequest, dev.sessionauthority.session.v1.ForgetUserResponse> getForgetUserMethod;
    if ((getForgetUserMethod = AdminServiceGrpc.getForgetUserMethod) == null) {
      synchronized (AdminServiceGrpc.class) {
        if ((getForgetUserMethod = AdminServiceGrpc.getForgetUserMethod) == null) {
          AdminServiceGrpc.getForgetUserMethod = getForgetUserMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.ForgetUserRequest, dev.sessionauthority.session.v1.ForgetUserResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ForgetUser"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ForgetUserRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ForgetUserResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AdminServiceMethodDescriptorSupplier("ForgetUser"))
              .build();
        }
      }
    }
    return getForgetUserMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static AdminServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<AdminServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<AdminServiceStub>() {
        @java.lang.Override
        public AdminServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new AdminServiceStub(channel, callOptions);
        }
      };
    return AdminServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports all types of calls on the service
   */
  public static AdminServiceBlockingV2Stub newBlockingV2Stub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<AdminServiceBlockingV2Stub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<AdminServiceBlockingV2Stub>() {
        @java.lang.Override
        public AdminServiceBlockingV2Stub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new AdminServiceBlockingV2Stub(channel, callOptions);
        }
      };
    return AdminServiceBlockingV2Stub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static AdminServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<AdminServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<AdminServiceBlockingStub>() {
        @java.lang.Override
        public AdminServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new AdminServiceBlockingStub(channel, callOptions);
        }
      };
    return AdminServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static AdminServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<AdminServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<AdminServiceFutureStub>() {
        @java.lang.Override
        public AdminServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new AdminServiceFutureStub(channel, callOptions);
        }
      };
    return AdminServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * Reads, and acts on, many sessions at once. SearchSessions, ListEvents, GetStats and the filter of
   * RevokeWhere read the audit database. It receives every change a moment after the change took
   * effect, or later if it was unavailable. Responses report in `complete_until` how far they are
   * complete; SessionService is always up to date. The rules of SessionService apply.
   * `complete_until` is never later than the last sweep of all sessions (`sessions.sweep_interval`).
   * The sweep finds sessions that timed out and writes them to the audit log with the time at which
   * they ended. Until then SearchSessions and GetStats consider them active. Sessions that a
   * revocation of a tenant or of everyone ended are not considered active once its event is in the
   * audit database, which writes their endings from that event. Purge sweeps all sessions
   * immediately.
   * Paging: a page contains at most `page_size` entries. It may contain fewer or none although more
   * follow; the last page has no `next_page_token`. Reading all pages returns every entry that
   * matched throughout exactly once, while other entries appear and disappear. Page tokens are
   * opaque, at most 1 KiB, and valid only with the same filter.
   * </pre>
   */
  public interface AsyncService {

    /**
     * <pre>
     * Searches active and ended sessions, latest start first.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a page token that does not belong to the
     *   filter; FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE,
     *   AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    default void searchSessions(dev.sessionauthority.session.v1.SearchSessionsRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.SearchSessionsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getSearchSessionsMethod(), responseObserver);
    }

    /**
     * <pre>
     * Lists events of the audit log: latest first, or in the order in which they were recorded.
     * A consumer that polls reads in recording order and continues from `resume_token`. It misses no
     * event, not even one that is recorded long after it took effect. A query by effective time is
     * complete only before `complete_until`.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a page token that does not belong to the
     *   filter; FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE,
     *   AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    default void listEvents(dev.sessionauthority.session.v1.ListEventsRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListEventsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListEventsMethod(), responseObserver);
    }

    /**
     * <pre>
     * Lists the credentials of callers that are in effect on the node that responds, in the order of its
     * callers file, and when each was last used on any node. Use it before you revoke an API key that was
     * replaced. At most 10,000 credentials are returned.
     * - Atomicity: one read of the callers in effect, and one of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty list.
     * - Errors: UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    default void listCredentials(dev.sessionauthority.session.v1.ListCredentialsRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListCredentialsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListCredentialsMethod(), responseObserver);
    }

    /**
     * <pre>
     * Returns numbers of sessions, sign-ins, session endings and alerts, now and over a time window.
     * - Atomicity: one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: counts of 0 and empty lists; `series` still has its points.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE
     *   (AUDIT_UNAVAILABLE, AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    default void getStats(dev.sessionauthority.session.v1.GetStatsRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.GetStatsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetStatsMethod(), responseObserver);
    }

    /**
     * <pre>
     * Lists alerts, latest event first, with the answers to them. Unlike StreamAlerts it reads the
     * archive in the audit database, which has an alert about a second after it was raised, and keeps
     * it for `audit.retention`. An alert that was raised again with its answer is not listed: the entry
     * of the first one has the answer.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a page token that does not belong to the
     *   filter; FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE,
     *   AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    default void listAlerts(dev.sessionauthority.session.v1.ListAlertsRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListAlertsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListAlertsMethod(), responseObserver);
    }

    /**
     * <pre>
     * Lists the tenants that have sessions in the audit database, in the order of their names, with
     * the numbers of active sessions, and of sign-ins and alerts since a time.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a page token that does not belong to the
     *   request; FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE,
     *   AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    default void listTenants(dev.sessionauthority.session.v1.ListTenantsRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListTenantsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListTenantsMethod(), responseObserver);
    }

    /**
     * <pre>
     * Lists the live nodes of the installation, this one first, with what each reported in its last
     * heartbeat. Nodes send a heartbeat every 1.5 seconds if they share a session store in Redis; with an
     * embedded store there is one node.
     * - Atomicity: the node that responds knows the others as of its last heartbeat.
     * - Idempotency: safe to repeat.
     * - Nothing matched: does not occur; the node that responds is always listed.
     * - Errors: only those of every call.
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    default void listNodes(dev.sessionauthority.session.v1.ListNodesRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListNodesResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListNodesMethod(), responseObserver);
    }

    /**
     * <pre>
     * Removes sessions that have timed out, immediately. The service also does so continuously by
     * itself, and no verdict depends on it. A call works for about half a second: after a revocation
     * of very many sessions, repeat it until it returns 0, or leave the rest to the service. While
     * more than a quarter of `audit.max_backlog` waits for the audit database, it removes nothing.
     * - Atomicity: a user's sessions end, each with its reason and audit event, in one step; users
     *   are processed one after another. After an error, the removed sessions stay removed and are
     *   not counted in any response.
     * - Idempotency: a repeated call removes the sessions that have timed out since.
     * - Nothing matched: OK with `purged_count` 0.
     * - Errors: UNAVAILABLE (STORE_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    default void purge(dev.sessionauthority.session.v1.PurgeRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.PurgeResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getPurgeMethod(), responseObserver);
    }

    /**
     * <pre>
     * Ends the active sessions that match a filter or, with `dry_run`, only returns their number and
     * a sample. The first response has the number of matching sessions and a sample; one response
     * after every batch reports the progress; the last response has `done`. A dry run has one
     * response. Sessions that start during the call are not affected. Read responses during the call:
     * a batch starts only after the response before it was taken.
     * - Atomicity: each session ends, with its audit event, in one step. After an error, or if the
     *   caller disconnects, the ended sessions stay ended and the others stay active.
     * - Idempotency: a repeated call ends the sessions that match then, so it completes an
     *   interrupted call.
     * - Nothing matched: one response with `matched_count` 0 and `done`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a filter without a criterion besides
     *   `tenant_id`, for which RevokeAll exists; FAILED_PRECONDITION (TOO_MANY_MATCHES,
     *   AUDIT_DISABLED); UNAVAILABLE (STORE_UNAVAILABLE, AUDIT_UNAVAILABLE, AUDIT_WENT_BACK);
     *   RESOURCE_EXHAUSTED (SLOW_CONSUMER) if the client reads no response for some time, 10 seconds
     *   by default, and (AUDIT_BACKLOG_FULL) while too many events wait for the audit database. An
     *   error after the first response has the metadata `revoked_count`.
     * - Callers: admin.
     * </pre>
     */
    default void revokeWhere(dev.sessionauthority.session.v1.RevokeWhereRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.RevokeWhereResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getRevokeWhereMethod(), responseObserver);
    }

    /**
     * <pre>
     * Ends all sessions of a user and erases the personal data of the user: user ID, e-mail address,
     * session data, devices, addresses and locations, in the session store, the audit log and the
     * alerts. This covers everything that happened before the call, even if the audit database has
     * not received it yet. Sign-ins after the call start a new record.
     * Two digests of tenant and user remain and are not listed in the response. One is stored for 90
     * days, with the time that an authentication must be later than. One is stored for 30 days, with
     * the time up to which events that arrive late in the audit database are recorded without the
     * user. Actions of the user on others remain where a caller named the user as `actor` or in a
     * `reason`.
     * - Atomicity: the sessions end in one step, as with RevokeAll; the erasure follows. After an
     *   error the sessions may or may not have ended, and part may be erased: retry the call.
     * - Idempotency: a repeated call finds nothing more, because the retained records do not identify
     *   the user.
     * - Nothing matched: OK with counts of 0.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE, AUDIT_UNAVAILABLE).
     * - Callers: admin.
     * </pre>
     */
    default void forgetUser(dev.sessionauthority.session.v1.ForgetUserRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ForgetUserResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getForgetUserMethod(), responseObserver);
    }
  }

  /**
   * Base class for the server implementation of the service AdminService.
   * <pre>
   * Reads, and acts on, many sessions at once. SearchSessions, ListEvents, GetStats and the filter of
   * RevokeWhere read the audit database. It receives every change a moment after the change took
   * effect, or later if it was unavailable. Responses report in `complete_until` how far they are
   * complete; SessionService is always up to date. The rules of SessionService apply.
   * `complete_until` is never later than the last sweep of all sessions (`sessions.sweep_interval`).
   * The sweep finds sessions that timed out and writes them to the audit log with the time at which
   * they ended. Until then SearchSessions and GetStats consider them active. Sessions that a
   * revocation of a tenant or of everyone ended are not considered active once its event is in the
   * audit database, which writes their endings from that event. Purge sweeps all sessions
   * immediately.
   * Paging: a page contains at most `page_size` entries. It may contain fewer or none although more
   * follow; the last page has no `next_page_token`. Reading all pages returns every entry that
   * matched throughout exactly once, while other entries appear and disappear. Page tokens are
   * opaque, at most 1 KiB, and valid only with the same filter.
   * </pre>
   */
  public static abstract class AdminServiceImplBase
      implements io.grpc.BindableService, AsyncService {

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return AdminServiceGrpc.bindService(this);
    }
  }

  /**
   * A stub to allow clients to do asynchronous rpc calls to service AdminService.
   * <pre>
   * Reads, and acts on, many sessions at once. SearchSessions, ListEvents, GetStats and the filter of
   * RevokeWhere read the audit database. It receives every change a moment after the change took
   * effect, or later if it was unavailable. Responses report in `complete_until` how far they are
   * complete; SessionService is always up to date. The rules of SessionService apply.
   * `complete_until` is never later than the last sweep of all sessions (`sessions.sweep_interval`).
   * The sweep finds sessions that timed out and writes them to the audit log with the time at which
   * they ended. Until then SearchSessions and GetStats consider them active. Sessions that a
   * revocation of a tenant or of everyone ended are not considered active once its event is in the
   * audit database, which writes their endings from that event. Purge sweeps all sessions
   * immediately.
   * Paging: a page contains at most `page_size` entries. It may contain fewer or none although more
   * follow; the last page has no `next_page_token`. Reading all pages returns every entry that
   * matched throughout exactly once, while other entries appear and disappear. Page tokens are
   * opaque, at most 1 KiB, and valid only with the same filter.
   * </pre>
   */
  public static final class AdminServiceStub
      extends io.grpc.stub.AbstractAsyncStub<AdminServiceStub> {
    private AdminServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected AdminServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new AdminServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Searches active and ended sessions, latest start first.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a page token that does not belong to the
     *   filter; FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE,
     *   AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    public void searchSessions(dev.sessionauthority.session.v1.SearchSessionsRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.SearchSessionsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getSearchSessionsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Lists events of the audit log: latest first, or in the order in which they were recorded.
     * A consumer that polls reads in recording order and continues from `resume_token`. It misses no
     * event, not even one that is recorded long after it took effect. A query by effective time is
     * complete only before `complete_until`.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a page token that does not belong to the
     *   filter; FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE,
     *   AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    public void listEvents(dev.sessionauthority.session.v1.ListEventsRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListEventsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListEventsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Lists the credentials of callers that are in effect on the node that responds, in the order of its
     * callers file, and when each was last used on any node. Use it before you revoke an API key that was
     * replaced. At most 10,000 credentials are returned.
     * - Atomicity: one read of the callers in effect, and one of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty list.
     * - Errors: UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public void listCredentials(dev.sessionauthority.session.v1.ListCredentialsRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListCredentialsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListCredentialsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Returns numbers of sessions, sign-ins, session endings and alerts, now and over a time window.
     * - Atomicity: one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: counts of 0 and empty lists; `series` still has its points.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE
     *   (AUDIT_UNAVAILABLE, AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    public void getStats(dev.sessionauthority.session.v1.GetStatsRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.GetStatsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetStatsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Lists alerts, latest event first, with the answers to them. Unlike StreamAlerts it reads the
     * archive in the audit database, which has an alert about a second after it was raised, and keeps
     * it for `audit.retention`. An alert that was raised again with its answer is not listed: the entry
     * of the first one has the answer.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a page token that does not belong to the
     *   filter; FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE,
     *   AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    public void listAlerts(dev.sessionauthority.session.v1.ListAlertsRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListAlertsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListAlertsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Lists the tenants that have sessions in the audit database, in the order of their names, with
     * the numbers of active sessions, and of sign-ins and alerts since a time.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a page token that does not belong to the
     *   request; FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE,
     *   AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    public void listTenants(dev.sessionauthority.session.v1.ListTenantsRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListTenantsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListTenantsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Lists the live nodes of the installation, this one first, with what each reported in its last
     * heartbeat. Nodes send a heartbeat every 1.5 seconds if they share a session store in Redis; with an
     * embedded store there is one node.
     * - Atomicity: the node that responds knows the others as of its last heartbeat.
     * - Idempotency: safe to repeat.
     * - Nothing matched: does not occur; the node that responds is always listed.
     * - Errors: only those of every call.
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public void listNodes(dev.sessionauthority.session.v1.ListNodesRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListNodesResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListNodesMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Removes sessions that have timed out, immediately. The service also does so continuously by
     * itself, and no verdict depends on it. A call works for about half a second: after a revocation
     * of very many sessions, repeat it until it returns 0, or leave the rest to the service. While
     * more than a quarter of `audit.max_backlog` waits for the audit database, it removes nothing.
     * - Atomicity: a user's sessions end, each with its reason and audit event, in one step; users
     *   are processed one after another. After an error, the removed sessions stay removed and are
     *   not counted in any response.
     * - Idempotency: a repeated call removes the sessions that have timed out since.
     * - Nothing matched: OK with `purged_count` 0.
     * - Errors: UNAVAILABLE (STORE_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public void purge(dev.sessionauthority.session.v1.PurgeRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.PurgeResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getPurgeMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Ends the active sessions that match a filter or, with `dry_run`, only returns their number and
     * a sample. The first response has the number of matching sessions and a sample; one response
     * after every batch reports the progress; the last response has `done`. A dry run has one
     * response. Sessions that start during the call are not affected. Read responses during the call:
     * a batch starts only after the response before it was taken.
     * - Atomicity: each session ends, with its audit event, in one step. After an error, or if the
     *   caller disconnects, the ended sessions stay ended and the others stay active.
     * - Idempotency: a repeated call ends the sessions that match then, so it completes an
     *   interrupted call.
     * - Nothing matched: one response with `matched_count` 0 and `done`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a filter without a criterion besides
     *   `tenant_id`, for which RevokeAll exists; FAILED_PRECONDITION (TOO_MANY_MATCHES,
     *   AUDIT_DISABLED); UNAVAILABLE (STORE_UNAVAILABLE, AUDIT_UNAVAILABLE, AUDIT_WENT_BACK);
     *   RESOURCE_EXHAUSTED (SLOW_CONSUMER) if the client reads no response for some time, 10 seconds
     *   by default, and (AUDIT_BACKLOG_FULL) while too many events wait for the audit database. An
     *   error after the first response has the metadata `revoked_count`.
     * - Callers: admin.
     * </pre>
     */
    public void revokeWhere(dev.sessionauthority.session.v1.RevokeWhereRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.RevokeWhereResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncServerStreamingCall(
          getChannel().newCall(getRevokeWhereMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Ends all sessions of a user and erases the personal data of the user: user ID, e-mail address,
     * session data, devices, addresses and locations, in the session store, the audit log and the
     * alerts. This covers everything that happened before the call, even if the audit database has
     * not received it yet. Sign-ins after the call start a new record.
     * Two digests of tenant and user remain and are not listed in the response. One is stored for 90
     * days, with the time that an authentication must be later than. One is stored for 30 days, with
     * the time up to which events that arrive late in the audit database are recorded without the
     * user. Actions of the user on others remain where a caller named the user as `actor` or in a
     * `reason`.
     * - Atomicity: the sessions end in one step, as with RevokeAll; the erasure follows. After an
     *   error the sessions may or may not have ended, and part may be erased: retry the call.
     * - Idempotency: a repeated call finds nothing more, because the retained records do not identify
     *   the user.
     * - Nothing matched: OK with counts of 0.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE, AUDIT_UNAVAILABLE).
     * - Callers: admin.
     * </pre>
     */
    public void forgetUser(dev.sessionauthority.session.v1.ForgetUserRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ForgetUserResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getForgetUserMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * A stub to allow clients to do synchronous rpc calls to service AdminService.
   * <pre>
   * Reads, and acts on, many sessions at once. SearchSessions, ListEvents, GetStats and the filter of
   * RevokeWhere read the audit database. It receives every change a moment after the change took
   * effect, or later if it was unavailable. Responses report in `complete_until` how far they are
   * complete; SessionService is always up to date. The rules of SessionService apply.
   * `complete_until` is never later than the last sweep of all sessions (`sessions.sweep_interval`).
   * The sweep finds sessions that timed out and writes them to the audit log with the time at which
   * they ended. Until then SearchSessions and GetStats consider them active. Sessions that a
   * revocation of a tenant or of everyone ended are not considered active once its event is in the
   * audit database, which writes their endings from that event. Purge sweeps all sessions
   * immediately.
   * Paging: a page contains at most `page_size` entries. It may contain fewer or none although more
   * follow; the last page has no `next_page_token`. Reading all pages returns every entry that
   * matched throughout exactly once, while other entries appear and disappear. Page tokens are
   * opaque, at most 1 KiB, and valid only with the same filter.
   * </pre>
   */
  public static final class AdminServiceBlockingV2Stub
      extends io.grpc.stub.AbstractBlockingStub<AdminServiceBlockingV2Stub> {
    private AdminServiceBlockingV2Stub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected AdminServiceBlockingV2Stub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new AdminServiceBlockingV2Stub(channel, callOptions);
    }

    /**
     * <pre>
     * Searches active and ended sessions, latest start first.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a page token that does not belong to the
     *   filter; FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE,
     *   AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.SearchSessionsResponse searchSessions(dev.sessionauthority.session.v1.SearchSessionsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getSearchSessionsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists events of the audit log: latest first, or in the order in which they were recorded.
     * A consumer that polls reads in recording order and continues from `resume_token`. It misses no
     * event, not even one that is recorded long after it took effect. A query by effective time is
     * complete only before `complete_until`.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a page token that does not belong to the
     *   filter; FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE,
     *   AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ListEventsResponse listEvents(dev.sessionauthority.session.v1.ListEventsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListEventsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists the credentials of callers that are in effect on the node that responds, in the order of its
     * callers file, and when each was last used on any node. Use it before you revoke an API key that was
     * replaced. At most 10,000 credentials are returned.
     * - Atomicity: one read of the callers in effect, and one of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty list.
     * - Errors: UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ListCredentialsResponse listCredentials(dev.sessionauthority.session.v1.ListCredentialsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListCredentialsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Returns numbers of sessions, sign-ins, session endings and alerts, now and over a time window.
     * - Atomicity: one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: counts of 0 and empty lists; `series` still has its points.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE
     *   (AUDIT_UNAVAILABLE, AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.GetStatsResponse getStats(dev.sessionauthority.session.v1.GetStatsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGetStatsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists alerts, latest event first, with the answers to them. Unlike StreamAlerts it reads the
     * archive in the audit database, which has an alert about a second after it was raised, and keeps
     * it for `audit.retention`. An alert that was raised again with its answer is not listed: the entry
     * of the first one has the answer.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a page token that does not belong to the
     *   filter; FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE,
     *   AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ListAlertsResponse listAlerts(dev.sessionauthority.session.v1.ListAlertsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListAlertsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists the tenants that have sessions in the audit database, in the order of their names, with
     * the numbers of active sessions, and of sign-ins and alerts since a time.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a page token that does not belong to the
     *   request; FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE,
     *   AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ListTenantsResponse listTenants(dev.sessionauthority.session.v1.ListTenantsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListTenantsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists the live nodes of the installation, this one first, with what each reported in its last
     * heartbeat. Nodes send a heartbeat every 1.5 seconds if they share a session store in Redis; with an
     * embedded store there is one node.
     * - Atomicity: the node that responds knows the others as of its last heartbeat.
     * - Idempotency: safe to repeat.
     * - Nothing matched: does not occur; the node that responds is always listed.
     * - Errors: only those of every call.
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ListNodesResponse listNodes(dev.sessionauthority.session.v1.ListNodesRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListNodesMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Removes sessions that have timed out, immediately. The service also does so continuously by
     * itself, and no verdict depends on it. A call works for about half a second: after a revocation
     * of very many sessions, repeat it until it returns 0, or leave the rest to the service. While
     * more than a quarter of `audit.max_backlog` waits for the audit database, it removes nothing.
     * - Atomicity: a user's sessions end, each with its reason and audit event, in one step; users
     *   are processed one after another. After an error, the removed sessions stay removed and are
     *   not counted in any response.
     * - Idempotency: a repeated call removes the sessions that have timed out since.
     * - Nothing matched: OK with `purged_count` 0.
     * - Errors: UNAVAILABLE (STORE_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.PurgeResponse purge(dev.sessionauthority.session.v1.PurgeRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getPurgeMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Ends the active sessions that match a filter or, with `dry_run`, only returns their number and
     * a sample. The first response has the number of matching sessions and a sample; one response
     * after every batch reports the progress; the last response has `done`. A dry run has one
     * response. Sessions that start during the call are not affected. Read responses during the call:
     * a batch starts only after the response before it was taken.
     * - Atomicity: each session ends, with its audit event, in one step. After an error, or if the
     *   caller disconnects, the ended sessions stay ended and the others stay active.
     * - Idempotency: a repeated call ends the sessions that match then, so it completes an
     *   interrupted call.
     * - Nothing matched: one response with `matched_count` 0 and `done`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a filter without a criterion besides
     *   `tenant_id`, for which RevokeAll exists; FAILED_PRECONDITION (TOO_MANY_MATCHES,
     *   AUDIT_DISABLED); UNAVAILABLE (STORE_UNAVAILABLE, AUDIT_UNAVAILABLE, AUDIT_WENT_BACK);
     *   RESOURCE_EXHAUSTED (SLOW_CONSUMER) if the client reads no response for some time, 10 seconds
     *   by default, and (AUDIT_BACKLOG_FULL) while too many events wait for the audit database. An
     *   error after the first response has the metadata `revoked_count`.
     * - Callers: admin.
     * </pre>
     */
    @io.grpc.ExperimentalApi("https://github.com/grpc/grpc-java/issues/10918")
    public io.grpc.stub.BlockingClientCall<?, dev.sessionauthority.session.v1.RevokeWhereResponse>
        revokeWhere(dev.sessionauthority.session.v1.RevokeWhereRequest request) {
      return io.grpc.stub.ClientCalls.blockingV2ServerStreamingCall(
          getChannel(), getRevokeWhereMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Ends all sessions of a user and erases the personal data of the user: user ID, e-mail address,
     * session data, devices, addresses and locations, in the session store, the audit log and the
     * alerts. This covers everything that happened before the call, even if the audit database has
     * not received it yet. Sign-ins after the call start a new record.
     * Two digests of tenant and user remain and are not listed in the response. One is stored for 90
     * days, with the time that an authentication must be later than. One is stored for 30 days, with
     * the time up to which events that arrive late in the audit database are recorded without the
     * user. Actions of the user on others remain where a caller named the user as `actor` or in a
     * `reason`.
     * - Atomicity: the sessions end in one step, as with RevokeAll; the erasure follows. After an
     *   error the sessions may or may not have ended, and part may be erased: retry the call.
     * - Idempotency: a repeated call finds nothing more, because the retained records do not identify
     *   the user.
     * - Nothing matched: OK with counts of 0.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE, AUDIT_UNAVAILABLE).
     * - Callers: admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ForgetUserResponse forgetUser(dev.sessionauthority.session.v1.ForgetUserRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getForgetUserMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do limited synchronous rpc calls to service AdminService.
   * <pre>
   * Reads, and acts on, many sessions at once. SearchSessions, ListEvents, GetStats and the filter of
   * RevokeWhere read the audit database. It receives every change a moment after the change took
   * effect, or later if it was unavailable. Responses report in `complete_until` how far they are
   * complete; SessionService is always up to date. The rules of SessionService apply.
   * `complete_until` is never later than the last sweep of all sessions (`sessions.sweep_interval`).
   * The sweep finds sessions that timed out and writes them to the audit log with the time at which
   * they ended. Until then SearchSessions and GetStats consider them active. Sessions that a
   * revocation of a tenant or of everyone ended are not considered active once its event is in the
   * audit database, which writes their endings from that event. Purge sweeps all sessions
   * immediately.
   * Paging: a page contains at most `page_size` entries. It may contain fewer or none although more
   * follow; the last page has no `next_page_token`. Reading all pages returns every entry that
   * matched throughout exactly once, while other entries appear and disappear. Page tokens are
   * opaque, at most 1 KiB, and valid only with the same filter.
   * </pre>
   */
  public static final class AdminServiceBlockingStub
      extends io.grpc.stub.AbstractBlockingStub<AdminServiceBlockingStub> {
    private AdminServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected AdminServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new AdminServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Searches active and ended sessions, latest start first.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a page token that does not belong to the
     *   filter; FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE,
     *   AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.SearchSessionsResponse searchSessions(dev.sessionauthority.session.v1.SearchSessionsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getSearchSessionsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists events of the audit log: latest first, or in the order in which they were recorded.
     * A consumer that polls reads in recording order and continues from `resume_token`. It misses no
     * event, not even one that is recorded long after it took effect. A query by effective time is
     * complete only before `complete_until`.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a page token that does not belong to the
     *   filter; FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE,
     *   AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ListEventsResponse listEvents(dev.sessionauthority.session.v1.ListEventsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListEventsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists the credentials of callers that are in effect on the node that responds, in the order of its
     * callers file, and when each was last used on any node. Use it before you revoke an API key that was
     * replaced. At most 10,000 credentials are returned.
     * - Atomicity: one read of the callers in effect, and one of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty list.
     * - Errors: UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ListCredentialsResponse listCredentials(dev.sessionauthority.session.v1.ListCredentialsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListCredentialsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Returns numbers of sessions, sign-ins, session endings and alerts, now and over a time window.
     * - Atomicity: one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: counts of 0 and empty lists; `series` still has its points.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE
     *   (AUDIT_UNAVAILABLE, AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.GetStatsResponse getStats(dev.sessionauthority.session.v1.GetStatsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetStatsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists alerts, latest event first, with the answers to them. Unlike StreamAlerts it reads the
     * archive in the audit database, which has an alert about a second after it was raised, and keeps
     * it for `audit.retention`. An alert that was raised again with its answer is not listed: the entry
     * of the first one has the answer.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a page token that does not belong to the
     *   filter; FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE,
     *   AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ListAlertsResponse listAlerts(dev.sessionauthority.session.v1.ListAlertsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListAlertsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists the tenants that have sessions in the audit database, in the order of their names, with
     * the numbers of active sessions, and of sign-ins and alerts since a time.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a page token that does not belong to the
     *   request; FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE,
     *   AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ListTenantsResponse listTenants(dev.sessionauthority.session.v1.ListTenantsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListTenantsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists the live nodes of the installation, this one first, with what each reported in its last
     * heartbeat. Nodes send a heartbeat every 1.5 seconds if they share a session store in Redis; with an
     * embedded store there is one node.
     * - Atomicity: the node that responds knows the others as of its last heartbeat.
     * - Idempotency: safe to repeat.
     * - Nothing matched: does not occur; the node that responds is always listed.
     * - Errors: only those of every call.
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ListNodesResponse listNodes(dev.sessionauthority.session.v1.ListNodesRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListNodesMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Removes sessions that have timed out, immediately. The service also does so continuously by
     * itself, and no verdict depends on it. A call works for about half a second: after a revocation
     * of very many sessions, repeat it until it returns 0, or leave the rest to the service. While
     * more than a quarter of `audit.max_backlog` waits for the audit database, it removes nothing.
     * - Atomicity: a user's sessions end, each with its reason and audit event, in one step; users
     *   are processed one after another. After an error, the removed sessions stay removed and are
     *   not counted in any response.
     * - Idempotency: a repeated call removes the sessions that have timed out since.
     * - Nothing matched: OK with `purged_count` 0.
     * - Errors: UNAVAILABLE (STORE_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public dev.sessionauthority.session.v1.PurgeResponse purge(dev.sessionauthority.session.v1.PurgeRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getPurgeMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Ends the active sessions that match a filter or, with `dry_run`, only returns their number and
     * a sample. The first response has the number of matching sessions and a sample; one response
     * after every batch reports the progress; the last response has `done`. A dry run has one
     * response. Sessions that start during the call are not affected. Read responses during the call:
     * a batch starts only after the response before it was taken.
     * - Atomicity: each session ends, with its audit event, in one step. After an error, or if the
     *   caller disconnects, the ended sessions stay ended and the others stay active.
     * - Idempotency: a repeated call ends the sessions that match then, so it completes an
     *   interrupted call.
     * - Nothing matched: one response with `matched_count` 0 and `done`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a filter without a criterion besides
     *   `tenant_id`, for which RevokeAll exists; FAILED_PRECONDITION (TOO_MANY_MATCHES,
     *   AUDIT_DISABLED); UNAVAILABLE (STORE_UNAVAILABLE, AUDIT_UNAVAILABLE, AUDIT_WENT_BACK);
     *   RESOURCE_EXHAUSTED (SLOW_CONSUMER) if the client reads no response for some time, 10 seconds
     *   by default, and (AUDIT_BACKLOG_FULL) while too many events wait for the audit database. An
     *   error after the first response has the metadata `revoked_count`.
     * - Callers: admin.
     * </pre>
     */
    public java.util.Iterator<dev.sessionauthority.session.v1.RevokeWhereResponse> revokeWhere(
        dev.sessionauthority.session.v1.RevokeWhereRequest request) {
      return io.grpc.stub.ClientCalls.blockingServerStreamingCall(
          getChannel(), getRevokeWhereMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Ends all sessions of a user and erases the personal data of the user: user ID, e-mail address,
     * session data, devices, addresses and locations, in the session store, the audit log and the
     * alerts. This covers everything that happened before the call, even if the audit database has
     * not received it yet. Sign-ins after the call start a new record.
     * Two digests of tenant and user remain and are not listed in the response. One is stored for 90
     * days, with the time that an authentication must be later than. One is stored for 30 days, with
     * the time up to which events that arrive late in the audit database are recorded without the
     * user. Actions of the user on others remain where a caller named the user as `actor` or in a
     * `reason`.
     * - Atomicity: the sessions end in one step, as with RevokeAll; the erasure follows. After an
     *   error the sessions may or may not have ended, and part may be erased: retry the call.
     * - Idempotency: a repeated call finds nothing more, because the retained records do not identify
     *   the user.
     * - Nothing matched: OK with counts of 0.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE, AUDIT_UNAVAILABLE).
     * - Callers: admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ForgetUserResponse forgetUser(dev.sessionauthority.session.v1.ForgetUserRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getForgetUserMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do ListenableFuture-style rpc calls to service AdminService.
   * <pre>
   * Reads, and acts on, many sessions at once. SearchSessions, ListEvents, GetStats and the filter of
   * RevokeWhere read the audit database. It receives every change a moment after the change took
   * effect, or later if it was unavailable. Responses report in `complete_until` how far they are
   * complete; SessionService is always up to date. The rules of SessionService apply.
   * `complete_until` is never later than the last sweep of all sessions (`sessions.sweep_interval`).
   * The sweep finds sessions that timed out and writes them to the audit log with the time at which
   * they ended. Until then SearchSessions and GetStats consider them active. Sessions that a
   * revocation of a tenant or of everyone ended are not considered active once its event is in the
   * audit database, which writes their endings from that event. Purge sweeps all sessions
   * immediately.
   * Paging: a page contains at most `page_size` entries. It may contain fewer or none although more
   * follow; the last page has no `next_page_token`. Reading all pages returns every entry that
   * matched throughout exactly once, while other entries appear and disappear. Page tokens are
   * opaque, at most 1 KiB, and valid only with the same filter.
   * </pre>
   */
  public static final class AdminServiceFutureStub
      extends io.grpc.stub.AbstractFutureStub<AdminServiceFutureStub> {
    private AdminServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected AdminServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new AdminServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * Searches active and ended sessions, latest start first.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a page token that does not belong to the
     *   filter; FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE,
     *   AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.SearchSessionsResponse> searchSessions(
        dev.sessionauthority.session.v1.SearchSessionsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getSearchSessionsMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Lists events of the audit log: latest first, or in the order in which they were recorded.
     * A consumer that polls reads in recording order and continues from `resume_token`. It misses no
     * event, not even one that is recorded long after it took effect. A query by effective time is
     * complete only before `complete_until`.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a page token that does not belong to the
     *   filter; FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE,
     *   AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.ListEventsResponse> listEvents(
        dev.sessionauthority.session.v1.ListEventsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListEventsMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Lists the credentials of callers that are in effect on the node that responds, in the order of its
     * callers file, and when each was last used on any node. Use it before you revoke an API key that was
     * replaced. At most 10,000 credentials are returned.
     * - Atomicity: one read of the callers in effect, and one of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty list.
     * - Errors: UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.ListCredentialsResponse> listCredentials(
        dev.sessionauthority.session.v1.ListCredentialsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListCredentialsMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Returns numbers of sessions, sign-ins, session endings and alerts, now and over a time window.
     * - Atomicity: one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: counts of 0 and empty lists; `series` still has its points.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE
     *   (AUDIT_UNAVAILABLE, AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.GetStatsResponse> getStats(
        dev.sessionauthority.session.v1.GetStatsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetStatsMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Lists alerts, latest event first, with the answers to them. Unlike StreamAlerts it reads the
     * archive in the audit database, which has an alert about a second after it was raised, and keeps
     * it for `audit.retention`. An alert that was raised again with its answer is not listed: the entry
     * of the first one has the answer.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a page token that does not belong to the
     *   filter; FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE,
     *   AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.ListAlertsResponse> listAlerts(
        dev.sessionauthority.session.v1.ListAlertsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListAlertsMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Lists the tenants that have sessions in the audit database, in the order of their names, with
     * the numbers of active sessions, and of sign-ins and alerts since a time.
     * - Atomicity: each page is one read of the audit database.
     * - Idempotency: safe to repeat.
     * - Nothing matched: an empty page without `next_page_token`.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD), also for a page token that does not belong to the
     *   request; FAILED_PRECONDITION (AUDIT_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE,
     *   AUDIT_WENT_BACK).
     * - Callers: admin.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.ListTenantsResponse> listTenants(
        dev.sessionauthority.session.v1.ListTenantsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListTenantsMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Lists the live nodes of the installation, this one first, with what each reported in its last
     * heartbeat. Nodes send a heartbeat every 1.5 seconds if they share a session store in Redis; with an
     * embedded store there is one node.
     * - Atomicity: the node that responds knows the others as of its last heartbeat.
     * - Idempotency: safe to repeat.
     * - Nothing matched: does not occur; the node that responds is always listed.
     * - Errors: only those of every call.
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.ListNodesResponse> listNodes(
        dev.sessionauthority.session.v1.ListNodesRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListNodesMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Removes sessions that have timed out, immediately. The service also does so continuously by
     * itself, and no verdict depends on it. A call works for about half a second: after a revocation
     * of very many sessions, repeat it until it returns 0, or leave the rest to the service. While
     * more than a quarter of `audit.max_backlog` waits for the audit database, it removes nothing.
     * - Atomicity: a user's sessions end, each with its reason and audit event, in one step; users
     *   are processed one after another. After an error, the removed sessions stay removed and are
     *   not counted in any response.
     * - Idempotency: a repeated call removes the sessions that have timed out since.
     * - Nothing matched: OK with `purged_count` 0.
     * - Errors: UNAVAILABLE (STORE_UNAVAILABLE).
     * - Callers: admin, if it may access every tenant.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.PurgeResponse> purge(
        dev.sessionauthority.session.v1.PurgeRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getPurgeMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Ends all sessions of a user and erases the personal data of the user: user ID, e-mail address,
     * session data, devices, addresses and locations, in the session store, the audit log and the
     * alerts. This covers everything that happened before the call, even if the audit database has
     * not received it yet. Sign-ins after the call start a new record.
     * Two digests of tenant and user remain and are not listed in the response. One is stored for 90
     * days, with the time that an authentication must be later than. One is stored for 30 days, with
     * the time up to which events that arrive late in the audit database are recorded without the
     * user. Actions of the user on others remain where a caller named the user as `actor` or in a
     * `reason`.
     * - Atomicity: the sessions end in one step, as with RevokeAll; the erasure follows. After an
     *   error the sessions may or may not have ended, and part may be erased: retry the call.
     * - Idempotency: a repeated call finds nothing more, because the retained records do not identify
     *   the user.
     * - Nothing matched: OK with counts of 0.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); UNAVAILABLE (STORE_UNAVAILABLE, AUDIT_UNAVAILABLE).
     * - Callers: admin.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.ForgetUserResponse> forgetUser(
        dev.sessionauthority.session.v1.ForgetUserRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getForgetUserMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_SEARCH_SESSIONS = 0;
  private static final int METHODID_LIST_EVENTS = 1;
  private static final int METHODID_LIST_CREDENTIALS = 2;
  private static final int METHODID_GET_STATS = 3;
  private static final int METHODID_LIST_ALERTS = 4;
  private static final int METHODID_LIST_TENANTS = 5;
  private static final int METHODID_LIST_NODES = 6;
  private static final int METHODID_PURGE = 7;
  private static final int METHODID_REVOKE_WHERE = 8;
  private static final int METHODID_FORGET_USER = 9;

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
        case METHODID_SEARCH_SESSIONS:
          serviceImpl.searchSessions((dev.sessionauthority.session.v1.SearchSessionsRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.SearchSessionsResponse>) responseObserver);
          break;
        case METHODID_LIST_EVENTS:
          serviceImpl.listEvents((dev.sessionauthority.session.v1.ListEventsRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListEventsResponse>) responseObserver);
          break;
        case METHODID_LIST_CREDENTIALS:
          serviceImpl.listCredentials((dev.sessionauthority.session.v1.ListCredentialsRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListCredentialsResponse>) responseObserver);
          break;
        case METHODID_GET_STATS:
          serviceImpl.getStats((dev.sessionauthority.session.v1.GetStatsRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.GetStatsResponse>) responseObserver);
          break;
        case METHODID_LIST_ALERTS:
          serviceImpl.listAlerts((dev.sessionauthority.session.v1.ListAlertsRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListAlertsResponse>) responseObserver);
          break;
        case METHODID_LIST_TENANTS:
          serviceImpl.listTenants((dev.sessionauthority.session.v1.ListTenantsRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListTenantsResponse>) responseObserver);
          break;
        case METHODID_LIST_NODES:
          serviceImpl.listNodes((dev.sessionauthority.session.v1.ListNodesRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ListNodesResponse>) responseObserver);
          break;
        case METHODID_PURGE:
          serviceImpl.purge((dev.sessionauthority.session.v1.PurgeRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.PurgeResponse>) responseObserver);
          break;
        case METHODID_REVOKE_WHERE:
          serviceImpl.revokeWhere((dev.sessionauthority.session.v1.RevokeWhereRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.RevokeWhereResponse>) responseObserver);
          break;
        case METHODID_FORGET_USER:
          serviceImpl.forgetUser((dev.sessionauthority.session.v1.ForgetUserRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ForgetUserResponse>) responseObserver);
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
          getSearchSessionsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.SearchSessionsRequest,
              dev.sessionauthority.session.v1.SearchSessionsResponse>(
                service, METHODID_SEARCH_SESSIONS)))
        .addMethod(
          getListEventsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.ListEventsRequest,
              dev.sessionauthority.session.v1.ListEventsResponse>(
                service, METHODID_LIST_EVENTS)))
        .addMethod(
          getListCredentialsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.ListCredentialsRequest,
              dev.sessionauthority.session.v1.ListCredentialsResponse>(
                service, METHODID_LIST_CREDENTIALS)))
        .addMethod(
          getGetStatsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.GetStatsRequest,
              dev.sessionauthority.session.v1.GetStatsResponse>(
                service, METHODID_GET_STATS)))
        .addMethod(
          getListAlertsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.ListAlertsRequest,
              dev.sessionauthority.session.v1.ListAlertsResponse>(
                service, METHODID_LIST_ALERTS)))
        .addMethod(
          getListTenantsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.ListTenantsRequest,
              dev.sessionauthority.session.v1.ListTenantsResponse>(
                service, METHODID_LIST_TENANTS)))
        .addMethod(
          getListNodesMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.ListNodesRequest,
              dev.sessionauthority.session.v1.ListNodesResponse>(
                service, METHODID_LIST_NODES)))
        .addMethod(
          getPurgeMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.PurgeRequest,
              dev.sessionauthority.session.v1.PurgeResponse>(
                service, METHODID_PURGE)))
        .addMethod(
          getRevokeWhereMethod(),
          io.grpc.stub.ServerCalls.asyncServerStreamingCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.RevokeWhereRequest,
              dev.sessionauthority.session.v1.RevokeWhereResponse>(
                service, METHODID_REVOKE_WHERE)))
        .addMethod(
          getForgetUserMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.ForgetUserRequest,
              dev.sessionauthority.session.v1.ForgetUserResponse>(
                service, METHODID_FORGET_USER)))
        .build();
  }

  private static abstract class AdminServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    AdminServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return dev.sessionauthority.session.v1.AdminServiceProto.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("AdminService");
    }
  }

  private static final class AdminServiceFileDescriptorSupplier
      extends AdminServiceBaseDescriptorSupplier {
    AdminServiceFileDescriptorSupplier() {}
  }

  private static final class AdminServiceMethodDescriptorSupplier
      extends AdminServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final java.lang.String methodName;

    AdminServiceMethodDescriptorSupplier(java.lang.String methodName) {
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
      synchronized (AdminServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new AdminServiceFileDescriptorSupplier())
              .addMethod(getSearchSessionsMethod())
              .addMethod(getListEventsMethod())
              .addMethod(getListCredentialsMethod())
              .addMethod(getGetStatsMethod())
              .addMethod(getListAlertsMethod())
              .addMethod(getListTenantsMethod())
              .addMethod(getListNodesMethod())
              .addMethod(getPurgeMethod())
              .addMethod(getRevokeWhereMethod())
              .addMethod(getForgetUserMethod())
              .build();
        }
      }
    }
    return result;
  }
}
