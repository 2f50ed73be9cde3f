package dev.sessionauthority.session.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * The queue of notifications to users. Findings of one sign-in are one notification. A consumer, such
 * as a mailer, leases notifications, delivers them and acknowledges them; any number of consumers
 * share the work. The rules of SessionService apply.
 * Delivery is at least once. A notification whose lease ends without an acknowledgement is leased
 * again, by anyone. No two leases that have not ended hold the same notification.
 * Every method but AnswerLink fails as FAILED_PRECONDITION (AUDIT_DISABLED) without an audit database, which has the
 * queue, and as FAILED_PRECONDITION (NOTIFICATIONS_DISABLED) while `notifications.enabled` is false.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class NotificationServiceGrpc {

  private NotificationServiceGrpc() {}

  public static final java.lang.String SERVICE_NAME = "session.v1.NotificationService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.LeaseRequest,
      dev.sessionauthority.session.v1.LeaseResponse> getLeaseMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Lease",
      requestType = dev.sessionauthority.session.v1.LeaseRequest.class,
      responseType = dev.sessionauthority.session.v1.LeaseResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.LeaseRequest,
      dev.sessionauthority.session.v1.LeaseResponse> getLeaseMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.LeaseRequest, dev.sessionauthority.session.v1.LeaseResponse> getLeaseMethod;
    if ((getLeaseMethod = NotificationServiceGrpc.getLeaseMethod) == null) {
      synchronized (NotificationServiceGrpc.class) {
        if ((getLeaseMethod = NotificationServiceGrpc.getLeaseMethod) == null) {
          NotificationServiceGrpc.getLeaseMethod = getLeaseMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.LeaseRequest, dev.sessionauthority.session.v1.LeaseResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Lease"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.LeaseRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.LeaseResponse.getDefaultInstance()))
              .setSchemaDescriptor(new NotificationServiceMethodDescriptorSupplier("Lease"))
              .build();
        }
      }
    }
    return getLeaseMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.AckRequest,
      dev.sessionauthority.session.v1.AckResponse> getAckMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Ack",
      requestType = dev.sessionauthority.session.v1.AckRequest.class,
      responseType = dev.sessionauthority.session.v1.AckResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.AckRequest,
      dev.sessionauthority.session.v1.AckResponse> getAckMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.AckRequest, dev.sessionauthority.session.v1.AckResponse> getAckMethod;
    if ((getAckMethod = NotificationServiceGrpc.getAckMethod) == null) {
      synchronized (NotificationServiceGrpc.class) {
        if ((getAckMethod = NotificationServiceGrpc.getAckMethod) == null) {
          NotificationServiceGrpc.getAckMethod = getAckMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.AckRequest, dev.sessionauthority.session.v1.AckResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Ack"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.AckRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.AckResponse.getDefaultInstance()))
              .setSchemaDescriptor(new NotificationServiceMethodDescriptorSupplier("Ack"))
              .build();
        }
      }
    }
    return getAckMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ExtendRequest,
      dev.sessionauthority.session.v1.ExtendResponse> getExtendMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Extend",
      requestType = dev.sessionauthority.session.v1.ExtendRequest.class,
      responseType = dev.sessionauthority.session.v1.ExtendResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ExtendRequest,
      dev.sessionauthority.session.v1.ExtendResponse> getExtendMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.ExtendRequest, dev.sessionauthority.session.v1.ExtendResponse> getExtendMethod;
    if ((getExtendMethod = NotificationServiceGrpc.getExtendMethod) == null) {
      synchronized (NotificationServiceGrpc.class) {
        if ((getExtendMethod = NotificationServiceGrpc.getExtendMethod) == null) {
          NotificationServiceGrpc.getExtendMethod = getExtendMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.ExtendRequest, dev.sessionauthority.session.v1.ExtendResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Extend"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ExtendRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.ExtendResponse.getDefaultInstance()))
              .setSchemaDescriptor(new NotificationServiceMethodDescriptorSupplier("Extend"))
              .build();
        }
      }
    }
    return getExtendMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.AnswerLinkRequest,
      dev.sessionauthority.session.v1.AnswerLinkResponse> getAnswerLinkMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "AnswerLink",
      requestType = dev.sessionauthority.session.v1.AnswerLinkRequest.class,
      responseType = dev.sessionauthority.session.v1.AnswerLinkResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.AnswerLinkRequest,
      dev.sessionauthority.session.v1.AnswerLinkResponse> getAnswerLinkMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.AnswerLinkRequest, dev.sessionauthority.session.v1.AnswerLinkResponse> getAnswerLinkMethod;
    if ((getAnswerLinkMethod = NotificationServiceGrpc.getAnswerLinkMethod) == null) {
      synchronized (NotificationServiceGrpc.class) {
        if ((getAnswerLinkMethod = NotificationServiceGrpc.getAnswerLinkMethod) == null) {
          NotificationServiceGrpc.getAnswerLinkMethod = getAnswerLinkMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.AnswerLinkRequest, dev.sessionauthority.session.v1.AnswerLinkResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "AnswerLink"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.AnswerLinkRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.AnswerLinkResponse.getDefaultInstance()))
              .setSchemaDescriptor(new NotificationServiceMethodDescriptorSupplier("AnswerLink"))
              .build();
        }
      }
    }
    return getAnswerLinkMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.GetQueueStatsRequest,
      dev.sessionauthority.session.v1.GetQueueStatsResponse> getGetQueueStatsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetQueueStats",
      requestType = dev.sessionauthority.session.v1.GetQueueStatsRequest.class,
      responseType = dev.sessionauthority.session.v1.GetQueueStatsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.GetQueueStatsRequest,
      dev.sessionauthority.session.v1.GetQueueStatsResponse> getGetQueueStatsMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.GetQueueStatsRequest, dev.sessionauthority.session.v1.GetQueueStatsResponse> getGetQueueStatsMethod;
    if ((getGetQueueStatsMethod = NotificationServiceGrpc.getGetQueueStatsMethod) == null) {
      synchronized (NotificationServiceGrpc.class) {
        if ((getGetQueueStatsMethod = NotificationServiceGrpc.getGetQueueStatsMethod) == null) {
          NotificationServiceGrpc.getGetQueueStatsMethod = getGetQueueStatsMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.GetQueueStatsRequest, dev.sessionauthority.session.v1.GetQueueStatsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetQueueStats"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.GetQueueStatsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.GetQueueStatsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new NotificationServiceMethodDescriptorSupplier("GetQueueStats"))
              .build();
        }
      }
    }
    return getGetQueueStatsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.RequeueRequest,
      dev.sessionauthority.session.v1.RequeueResponse> getRequeueMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Requeue",
      requestType = dev.sessionauthority.session.v1.RequeueRequest.class,
      responseType = dev.sessionauthority.session.v1.RequeueResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.RequeueRequest,
      dev.sessionauthority.session.v1.RequeueResponse> getRequeueMethod() {
    io.grpc.MethodDescriptor<dev.sessionauthority.session.v1.RequeueRequest, dev.sessionauthority.session.v1.RequeueResponse> getRequeueMethod;
    if ((getRequeueMethod = NotificationServiceGrpc.getRequeueMethod) == null) {
      synchronized (NotificationServiceGrpc.class) {
        if ((getRequeueMethod = NotificationServiceGrpc.getRequeueMethod) == null) {
          NotificationServiceGrpc.getRequeueMethod = getRequeueMethod =
              io.grpc.MethodDescriptor.<dev.sessionauthority.session.v1.RequeueRequest, dev.sessionauthority.session.v1.RequeueResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Requeue"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.RequeueRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.sessionauthority.session.v1.RequeueResponse.getDefaultInstance()))
              .setSchemaDescriptor(new NotificationServiceMethodDescriptorSupplier("Requeue"))
              .build();
        }
      }
    }
    return getRequeueMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static NotificationServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<NotificationServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<NotificationServiceStub>() {
        @java.lang.Override
        public NotificationServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new NotificationServiceStub(channel, callOptions);
        }
      };
    return NotificationServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports all types of calls on the service
   */
  public static NotificationServiceBlockingV2Stub newBlockingV2Stub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<NotificationServiceBlockingV2Stub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<NotificationServiceBlockingV2Stub>() {
        @java.lang.Override
        public NotificationServiceBlockingV2Stub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new NotificationServiceBlockingV2Stub(channel, callOptions);
        }
      };
    return NotificationServiceBlockingV2Stub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static NotificationServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<NotificationServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<NotificationServiceBlockingStub>() {
        @java.lang.Override
        public NotificationServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new NotificationServiceBlockingStub(channel, callOptions);
        }
      };
    return NotificationServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static NotificationServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<NotificationServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<NotificationServiceFutureStub>() {
        @java.lang.Override
        public NotificationServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new NotificationServiceFutureStub(channel, callOptions);
        }
      };
    return NotificationServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * The queue of notifications to users. Findings of one sign-in are one notification. A consumer, such
   * as a mailer, leases notifications, delivers them and acknowledges them; any number of consumers
   * share the work. The rules of SessionService apply.
   * Delivery is at least once. A notification whose lease ends without an acknowledgement is leased
   * again, by anyone. No two leases that have not ended hold the same notification.
   * Every method but AnswerLink fails as FAILED_PRECONDITION (AUDIT_DISABLED) without an audit database, which has the
   * queue, and as FAILED_PRECONDITION (NOTIFICATIONS_DISABLED) while `notifications.enabled` is false.
   * </pre>
   */
  public interface AsyncService {

    /**
     * <pre>
     * Leases notifications, those that have waited longest first. Until the lease ends, no other call
     * returns them.
     * - Atomicity: one step. A call whose response is lost has leased the notifications until the
     *   lease ends.
     * - Idempotency: none; each call leases other notifications.
     * - Nothing matched: no notifications. Call again after some seconds.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); PERMISSION_DENIED (CALLER_NOT_ALLOWED);
     *   FAILED_PRECONDITION (AUDIT_DISABLED, NOTIFICATIONS_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: alerts, admin.
     * </pre>
     */
    default void lease(dev.sessionauthority.session.v1.LeaseRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.LeaseResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getLeaseMethod(), responseObserver);
    }

    /**
     * <pre>
     * Acknowledges notifications that were delivered, so that they are never leased again. Their
     * address, texts and findings are removed from the queue.
     * - Atomicity: one step.
     * - Idempotency: a repeat returns the same.
     * - Nothing matched: the ID is in `refused_ids`. The lease has ended and somebody else has leased
     *   the notification, it has expired, or its user was erased.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED,
     *   NOTIFICATIONS_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: alerts, admin.
     * </pre>
     */
    default void ack(dev.sessionauthority.session.v1.AckRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.AckResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getAckMethod(), responseObserver);
    }

    /**
     * <pre>
     * Changes the end of the lease of notifications: later, if the delivery takes longer, or earlier,
     * with a timeout of zero, to give them back.
     * - Atomicity: one step.
     * - Idempotency: a repeat counts the timeout from its own time.
     * - Nothing matched: as for Ack.
     * - Errors: those of Ack.
     * - Callers: alerts, admin.
     * </pre>
     */
    default void extend(dev.sessionauthority.session.v1.ExtendRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ExtendResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getExtendMethod(), responseObserver);
    }

    /**
     * <pre>
     * Records the answer to an alert by the token of a link of a notification, for a back end with a
     * page of its own behind `alerts.link_url`. Call it with `validate_only` when the page is requested,
     * and without it only when the user has confirmed the answer: programs that check mails follow
     * links.
     * - Atomicity: as for SessionService.AckAlert, whose effects it has. The actor is the user.
     * - Idempotency: a repeat changes nothing and has `already_answered` set.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); NOT_FOUND (ALERT_LINK_INVALID, ALERT_NOT_FOUND);
     *   FAILED_PRECONDITION (ALERT_LINK_EXPIRED, ALERT_ALREADY_ANSWERED); UNAVAILABLE
     *   (STORE_UNAVAILABLE, AUDIT_UNAVAILABLE, AUDIT_WENT_BACK).
     * - Callers: backend, alerts, admin.
     * </pre>
     */
    default void answerLink(dev.sessionauthority.session.v1.AnswerLinkRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.AnswerLinkResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getAnswerLinkMethod(), responseObserver);
    }

    /**
     * <pre>
     * Counts the notifications of the queue, and lists dead ones: those that were leased
     * `notifications.max_attempts` times without an acknowledgement.
     * - Atomicity: one snapshot.
     * - Errors: those of Lease.
     * - Callers: alerts, admin.
     * </pre>
     */
    default void getQueueStats(dev.sessionauthority.session.v1.GetQueueStatsRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.GetQueueStatsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetQueueStatsMethod(), responseObserver);
    }

    /**
     * <pre>
     * Puts dead notifications back into the queue, so that they are leased again, as often as new ones.
     * They keep their IDs and the time at which they expire. At most 1,000 per call, those that have
     * been queued longest first.
     * - Atomicity: one step.
     * - Idempotency: a repeated call finds only notifications that are dead again.
     * - Nothing matched: OK with `requeued_count` 0. Notifications that are not dead are left alone.
     * - Errors: those of Lease.
     * - Callers: alerts, admin.
     * </pre>
     */
    default void requeue(dev.sessionauthority.session.v1.RequeueRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.RequeueResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getRequeueMethod(), responseObserver);
    }
  }

  /**
   * Base class for the server implementation of the service NotificationService.
   * <pre>
   * The queue of notifications to users. Findings of one sign-in are one notification. A consumer, such
   * as a mailer, leases notifications, delivers them and acknowledges them; any number of consumers
   * share the work. The rules of SessionService apply.
   * Delivery is at least once. A notification whose lease ends without an acknowledgement is leased
   * again, by anyone. No two leases that have not ended hold the same notification.
   * Every method but AnswerLink fails as FAILED_PRECONDITION (AUDIT_DISABLED) without an audit database, which has the
   * queue, and as FAILED_PRECONDITION (NOTIFICATIONS_DISABLED) while `notifications.enabled` is false.
   * </pre>
   */
  public static abstract class NotificationServiceImplBase
      implements io.grpc.BindableService, AsyncService {

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return NotificationServiceGrpc.bindService(this);
    }
  }

  /**
   * A stub to allow clients to do asynchronous rpc calls to service NotificationService.
   * <pre>
   * The queue of notifications to users. Findings of one sign-in are one notification. A consumer, such
   * as a mailer, leases notifications, delivers them and acknowledges them; any number of consumers
   * share the work. The rules of SessionService apply.
   * Delivery is at least once. A notification whose lease ends without an acknowledgement is leased
   * again, by anyone. No two leases that have not ended hold the same notification.
   * Every method but AnswerLink fails as FAILED_PRECONDITION (AUDIT_DISABLED) without an audit database, which has the
   * queue, and as FAILED_PRECONDITION (NOTIFICATIONS_DISABLED) while `notifications.enabled` is false.
   * </pre>
   */
  public static final class NotificationServiceStub
      extends io.grpc.stub.AbstractAsyncStub<NotificationServiceStub> {
    private NotificationServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected NotificationServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new NotificationServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Leases notifications, those that have waited longest first. Until the lease ends, no other call
     * returns them.
     * - Atomicity: one step. A call whose response is lost has leased the notifications until the
     *   lease ends.
     * - Idempotency: none; each call leases other notifications.
     * - Nothing matched: no notifications. Call again after some seconds.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); PERMISSION_DENIED (CALLER_NOT_ALLOWED);
     *   FAILED_PRECONDITION (AUDIT_DISABLED, NOTIFICATIONS_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: alerts, admin.
     * </pre>
     */
    public void lease(dev.sessionauthority.session.v1.LeaseRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.LeaseResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getLeaseMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Acknowledges notifications that were delivered, so that they are never leased again. Their
     * address, texts and findings are removed from the queue.
     * - Atomicity: one step.
     * - Idempotency: a repeat returns the same.
     * - Nothing matched: the ID is in `refused_ids`. The lease has ended and somebody else has leased
     *   the notification, it has expired, or its user was erased.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED,
     *   NOTIFICATIONS_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: alerts, admin.
     * </pre>
     */
    public void ack(dev.sessionauthority.session.v1.AckRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.AckResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getAckMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Changes the end of the lease of notifications: later, if the delivery takes longer, or earlier,
     * with a timeout of zero, to give them back.
     * - Atomicity: one step.
     * - Idempotency: a repeat counts the timeout from its own time.
     * - Nothing matched: as for Ack.
     * - Errors: those of Ack.
     * - Callers: alerts, admin.
     * </pre>
     */
    public void extend(dev.sessionauthority.session.v1.ExtendRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ExtendResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getExtendMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Records the answer to an alert by the token of a link of a notification, for a back end with a
     * page of its own behind `alerts.link_url`. Call it with `validate_only` when the page is requested,
     * and without it only when the user has confirmed the answer: programs that check mails follow
     * links.
     * - Atomicity: as for SessionService.AckAlert, whose effects it has. The actor is the user.
     * - Idempotency: a repeat changes nothing and has `already_answered` set.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); NOT_FOUND (ALERT_LINK_INVALID, ALERT_NOT_FOUND);
     *   FAILED_PRECONDITION (ALERT_LINK_EXPIRED, ALERT_ALREADY_ANSWERED); UNAVAILABLE
     *   (STORE_UNAVAILABLE, AUDIT_UNAVAILABLE, AUDIT_WENT_BACK).
     * - Callers: backend, alerts, admin.
     * </pre>
     */
    public void answerLink(dev.sessionauthority.session.v1.AnswerLinkRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.AnswerLinkResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getAnswerLinkMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Counts the notifications of the queue, and lists dead ones: those that were leased
     * `notifications.max_attempts` times without an acknowledgement.
     * - Atomicity: one snapshot.
     * - Errors: those of Lease.
     * - Callers: alerts, admin.
     * </pre>
     */
    public void getQueueStats(dev.sessionauthority.session.v1.GetQueueStatsRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.GetQueueStatsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetQueueStatsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Puts dead notifications back into the queue, so that they are leased again, as often as new ones.
     * They keep their IDs and the time at which they expire. At most 1,000 per call, those that have
     * been queued longest first.
     * - Atomicity: one step.
     * - Idempotency: a repeated call finds only notifications that are dead again.
     * - Nothing matched: OK with `requeued_count` 0. Notifications that are not dead are left alone.
     * - Errors: those of Lease.
     * - Callers: alerts, admin.
     * </pre>
     */
    public void requeue(dev.sessionauthority.session.v1.RequeueRequest request,
        io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.RequeueResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getRequeueMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * A stub to allow clients to do synchronous rpc calls to service NotificationService.
   * <pre>
   * The queue of notifications to users. Findings of one sign-in are one notification. A consumer, such
   * as a mailer, leases notifications, delivers them and acknowledges them; any number of consumers
   * share the work. The rules of SessionService apply.
   * Delivery is at least once. A notification whose lease ends without an acknowledgement is leased
   * again, by anyone. No two leases that have not ended hold the same notification.
   * Every method but AnswerLink fails as FAILED_PRECONDITION (AUDIT_DISABLED) without an audit database, which has the
   * queue, and as FAILED_PRECONDITION (NOTIFICATIONS_DISABLED) while `notifications.enabled` is false.
   * </pre>
   */
  public static final class NotificationServiceBlockingV2Stub
      extends io.grpc.stub.AbstractBlockingStub<NotificationServiceBlockingV2Stub> {
    private NotificationServiceBlockingV2Stub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected NotificationServiceBlockingV2Stub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new NotificationServiceBlockingV2Stub(channel, callOptions);
    }

    /**
     * <pre>
     * Leases notifications, those that have waited longest first. Until the lease ends, no other call
     * returns them.
     * - Atomicity: one step. A call whose response is lost has leased the notifications until the
     *   lease ends.
     * - Idempotency: none; each call leases other notifications.
     * - Nothing matched: no notifications. Call again after some seconds.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); PERMISSION_DENIED (CALLER_NOT_ALLOWED);
     *   FAILED_PRECONDITION (AUDIT_DISABLED, NOTIFICATIONS_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: alerts, admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.LeaseResponse lease(dev.sessionauthority.session.v1.LeaseRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getLeaseMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Acknowledges notifications that were delivered, so that they are never leased again. Their
     * address, texts and findings are removed from the queue.
     * - Atomicity: one step.
     * - Idempotency: a repeat returns the same.
     * - Nothing matched: the ID is in `refused_ids`. The lease has ended and somebody else has leased
     *   the notification, it has expired, or its user was erased.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED,
     *   NOTIFICATIONS_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: alerts, admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.AckResponse ack(dev.sessionauthority.session.v1.AckRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getAckMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Changes the end of the lease of notifications: later, if the delivery takes longer, or earlier,
     * with a timeout of zero, to give them back.
     * - Atomicity: one step.
     * - Idempotency: a repeat counts the timeout from its own time.
     * - Nothing matched: as for Ack.
     * - Errors: those of Ack.
     * - Callers: alerts, admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ExtendResponse extend(dev.sessionauthority.session.v1.ExtendRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getExtendMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Records the answer to an alert by the token of a link of a notification, for a back end with a
     * page of its own behind `alerts.link_url`. Call it with `validate_only` when the page is requested,
     * and without it only when the user has confirmed the answer: programs that check mails follow
     * links.
     * - Atomicity: as for SessionService.AckAlert, whose effects it has. The actor is the user.
     * - Idempotency: a repeat changes nothing and has `already_answered` set.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); NOT_FOUND (ALERT_LINK_INVALID, ALERT_NOT_FOUND);
     *   FAILED_PRECONDITION (ALERT_LINK_EXPIRED, ALERT_ALREADY_ANSWERED); UNAVAILABLE
     *   (STORE_UNAVAILABLE, AUDIT_UNAVAILABLE, AUDIT_WENT_BACK).
     * - Callers: backend, alerts, admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.AnswerLinkResponse answerLink(dev.sessionauthority.session.v1.AnswerLinkRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getAnswerLinkMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Counts the notifications of the queue, and lists dead ones: those that were leased
     * `notifications.max_attempts` times without an acknowledgement.
     * - Atomicity: one snapshot.
     * - Errors: those of Lease.
     * - Callers: alerts, admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.GetQueueStatsResponse getQueueStats(dev.sessionauthority.session.v1.GetQueueStatsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGetQueueStatsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Puts dead notifications back into the queue, so that they are leased again, as often as new ones.
     * They keep their IDs and the time at which they expire. At most 1,000 per call, those that have
     * been queued longest first.
     * - Atomicity: one step.
     * - Idempotency: a repeated call finds only notifications that are dead again.
     * - Nothing matched: OK with `requeued_count` 0. Notifications that are not dead are left alone.
     * - Errors: those of Lease.
     * - Callers: alerts, admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.RequeueResponse requeue(dev.sessionauthority.session.v1.RequeueRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getRequeueMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do limited synchronous rpc calls to service NotificationService.
   * <pre>
   * The queue of notifications to users. Findings of one sign-in are one notification. A consumer, such
   * as a mailer, leases notifications, delivers them and acknowledges them; any number of consumers
   * share the work. The rules of SessionService apply.
   * Delivery is at least once. A notification whose lease ends without an acknowledgement is leased
   * again, by anyone. No two leases that have not ended hold the same notification.
   * Every method but AnswerLink fails as FAILED_PRECONDITION (AUDIT_DISABLED) without an audit database, which has the
   * queue, and as FAILED_PRECONDITION (NOTIFICATIONS_DISABLED) while `notifications.enabled` is false.
   * </pre>
   */
  public static final class NotificationServiceBlockingStub
      extends io.grpc.stub.AbstractBlockingStub<NotificationServiceBlockingStub> {
    private NotificationServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected NotificationServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new NotificationServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Leases notifications, those that have waited longest first. Until the lease ends, no other call
     * returns them.
     * - Atomicity: one step. A call whose response is lost has leased the notifications until the
     *   lease ends.
     * - Idempotency: none; each call leases other notifications.
     * - Nothing matched: no notifications. Call again after some seconds.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); PERMISSION_DENIED (CALLER_NOT_ALLOWED);
     *   FAILED_PRECONDITION (AUDIT_DISABLED, NOTIFICATIONS_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: alerts, admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.LeaseResponse lease(dev.sessionauthority.session.v1.LeaseRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getLeaseMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Acknowledges notifications that were delivered, so that they are never leased again. Their
     * address, texts and findings are removed from the queue.
     * - Atomicity: one step.
     * - Idempotency: a repeat returns the same.
     * - Nothing matched: the ID is in `refused_ids`. The lease has ended and somebody else has leased
     *   the notification, it has expired, or its user was erased.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED,
     *   NOTIFICATIONS_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: alerts, admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.AckResponse ack(dev.sessionauthority.session.v1.AckRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getAckMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Changes the end of the lease of notifications: later, if the delivery takes longer, or earlier,
     * with a timeout of zero, to give them back.
     * - Atomicity: one step.
     * - Idempotency: a repeat counts the timeout from its own time.
     * - Nothing matched: as for Ack.
     * - Errors: those of Ack.
     * - Callers: alerts, admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.ExtendResponse extend(dev.sessionauthority.session.v1.ExtendRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getExtendMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Records the answer to an alert by the token of a link of a notification, for a back end with a
     * page of its own behind `alerts.link_url`. Call it with `validate_only` when the page is requested,
     * and without it only when the user has confirmed the answer: programs that check mails follow
     * links.
     * - Atomicity: as for SessionService.AckAlert, whose effects it has. The actor is the user.
     * - Idempotency: a repeat changes nothing and has `already_answered` set.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); NOT_FOUND (ALERT_LINK_INVALID, ALERT_NOT_FOUND);
     *   FAILED_PRECONDITION (ALERT_LINK_EXPIRED, ALERT_ALREADY_ANSWERED); UNAVAILABLE
     *   (STORE_UNAVAILABLE, AUDIT_UNAVAILABLE, AUDIT_WENT_BACK).
     * - Callers: backend, alerts, admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.AnswerLinkResponse answerLink(dev.sessionauthority.session.v1.AnswerLinkRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getAnswerLinkMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Counts the notifications of the queue, and lists dead ones: those that were leased
     * `notifications.max_attempts` times without an acknowledgement.
     * - Atomicity: one snapshot.
     * - Errors: those of Lease.
     * - Callers: alerts, admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.GetQueueStatsResponse getQueueStats(dev.sessionauthority.session.v1.GetQueueStatsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetQueueStatsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Puts dead notifications back into the queue, so that they are leased again, as often as new ones.
     * They keep their IDs and the time at which they expire. At most 1,000 per call, those that have
     * been queued longest first.
     * - Atomicity: one step.
     * - Idempotency: a repeated call finds only notifications that are dead again.
     * - Nothing matched: OK with `requeued_count` 0. Notifications that are not dead are left alone.
     * - Errors: those of Lease.
     * - Callers: alerts, admin.
     * </pre>
     */
    public dev.sessionauthority.session.v1.RequeueResponse requeue(dev.sessionauthority.session.v1.RequeueRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getRequeueMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do ListenableFuture-style rpc calls to service NotificationService.
   * <pre>
   * The queue of notifications to users. Findings of one sign-in are one notification. A consumer, such
   * as a mailer, leases notifications, delivers them and acknowledges them; any number of consumers
   * share the work. The rules of SessionService apply.
   * Delivery is at least once. A notification whose lease ends without an acknowledgement is leased
   * again, by anyone. No two leases that have not ended hold the same notification.
   * Every method but AnswerLink fails as FAILED_PRECONDITION (AUDIT_DISABLED) without an audit database, which has the
   * queue, and as FAILED_PRECONDITION (NOTIFICATIONS_DISABLED) while `notifications.enabled` is false.
   * </pre>
   */
  public static final class NotificationServiceFutureStub
      extends io.grpc.stub.AbstractFutureStub<NotificationServiceFutureStub> {
    private NotificationServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected NotificationServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new NotificationServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * Leases notifications, those that have waited longest first. Until the lease ends, no other call
     * returns them.
     * - Atomicity: one step. A call whose response is lost has leased the notifications until the
     *   lease ends.
     * - Idempotency: none; each call leases other notifications.
     * - Nothing matched: no notifications. Call again after some seconds.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); PERMISSION_DENIED (CALLER_NOT_ALLOWED);
     *   FAILED_PRECONDITION (AUDIT_DISABLED, NOTIFICATIONS_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: alerts, admin.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.LeaseResponse> lease(
        dev.sessionauthority.session.v1.LeaseRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getLeaseMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Acknowledges notifications that were delivered, so that they are never leased again. Their
     * address, texts and findings are removed from the queue.
     * - Atomicity: one step.
     * - Idempotency: a repeat returns the same.
     * - Nothing matched: the ID is in `refused_ids`. The lease has ended and somebody else has leased
     *   the notification, it has expired, or its user was erased.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); FAILED_PRECONDITION (AUDIT_DISABLED,
     *   NOTIFICATIONS_DISABLED); UNAVAILABLE (AUDIT_UNAVAILABLE).
     * - Callers: alerts, admin.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.AckResponse> ack(
        dev.sessionauthority.session.v1.AckRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getAckMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Changes the end of the lease of notifications: later, if the delivery takes longer, or earlier,
     * with a timeout of zero, to give them back.
     * - Atomicity: one step.
     * - Idempotency: a repeat counts the timeout from its own time.
     * - Nothing matched: as for Ack.
     * - Errors: those of Ack.
     * - Callers: alerts, admin.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.ExtendResponse> extend(
        dev.sessionauthority.session.v1.ExtendRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getExtendMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Records the answer to an alert by the token of a link of a notification, for a back end with a
     * page of its own behind `alerts.link_url`. Call it with `validate_only` when the page is requested,
     * and without it only when the user has confirmed the answer: programs that check mails follow
     * links.
     * - Atomicity: as for SessionService.AckAlert, whose effects it has. The actor is the user.
     * - Idempotency: a repeat changes nothing and has `already_answered` set.
     * - Errors: INVALID_ARGUMENT (INVALID_FIELD); NOT_FOUND (ALERT_LINK_INVALID, ALERT_NOT_FOUND);
     *   FAILED_PRECONDITION (ALERT_LINK_EXPIRED, ALERT_ALREADY_ANSWERED); UNAVAILABLE
     *   (STORE_UNAVAILABLE, AUDIT_UNAVAILABLE, AUDIT_WENT_BACK).
     * - Callers: backend, alerts, admin.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.AnswerLinkResponse> answerLink(
        dev.sessionauthority.session.v1.AnswerLinkRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getAnswerLinkMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Counts the notifications of the queue, and lists dead ones: those that were leased
     * `notifications.max_attempts` times without an acknowledgement.
     * - Atomicity: one snapshot.
     * - Errors: those of Lease.
     * - Callers: alerts, admin.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.GetQueueStatsResponse> getQueueStats(
        dev.sessionauthority.session.v1.GetQueueStatsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetQueueStatsMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Puts dead notifications back into the queue, so that they are leased again, as often as new ones.
     * They keep their IDs and the time at which they expire. At most 1,000 per call, those that have
     * been queued longest first.
     * - Atomicity: one step.
     * - Idempotency: a repeated call finds only notifications that are dead again.
     * - Nothing matched: OK with `requeued_count` 0. Notifications that are not dead are left alone.
     * - Errors: those of Lease.
     * - Callers: alerts, admin.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.sessionauthority.session.v1.RequeueResponse> requeue(
        dev.sessionauthority.session.v1.RequeueRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getRequeueMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_LEASE = 0;
  private static final int METHODID_ACK = 1;
  private static final int METHODID_EXTEND = 2;
  private static final int METHODID_ANSWER_LINK = 3;
  private static final int METHODID_GET_QUEUE_STATS = 4;
  private static final int METHODID_REQUEUE = 5;

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
        case METHODID_LEASE:
          serviceImpl.lease((dev.sessionauthority.session.v1.LeaseRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.LeaseResponse>) responseObserver);
          break;
        case METHODID_ACK:
          serviceImpl.ack((dev.sessionauthority.session.v1.AckRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.AckResponse>) responseObserver);
          break;
        case METHODID_EXTEND:
          serviceImpl.extend((dev.sessionauthority.session.v1.ExtendRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.ExtendResponse>) responseObserver);
          break;
        case METHODID_ANSWER_LINK:
          serviceImpl.answerLink((dev.sessionauthority.session.v1.AnswerLinkRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.AnswerLinkResponse>) responseObserver);
          break;
        case METHODID_GET_QUEUE_STATS:
          serviceImpl.getQueueStats((dev.sessionauthority.session.v1.GetQueueStatsRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.GetQueueStatsResponse>) responseObserver);
          break;
        case METHODID_REQUEUE:
          serviceImpl.requeue((dev.sessionauthority.session.v1.RequeueRequest) request,
              (io.grpc.stub.StreamObserver<dev.sessionauthority.session.v1.RequeueResponse>) responseObserver);
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
          getLeaseMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.LeaseRequest,
              dev.sessionauthority.session.v1.LeaseResponse>(
                service, METHODID_LEASE)))
        .addMethod(
          getAckMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.AckRequest,
              dev.sessionauthority.session.v1.AckResponse>(
                service, METHODID_ACK)))
        .addMethod(
          getExtendMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.ExtendRequest,
              dev.sessionauthority.session.v1.ExtendResponse>(
                service, METHODID_EXTEND)))
        .addMethod(
          getAnswerLinkMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.AnswerLinkRequest,
              dev.sessionauthority.session.v1.AnswerLinkResponse>(
                service, METHODID_ANSWER_LINK)))
        .addMethod(
          getGetQueueStatsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.GetQueueStatsRequest,
              dev.sessionauthority.session.v1.GetQueueStatsResponse>(
                service, METHODID_GET_QUEUE_STATS)))
        .addMethod(
          getRequeueMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.sessionauthority.session.v1.RequeueRequest,
              dev.sessionauthority.session.v1.RequeueResponse>(
                service, METHODID_REQUEUE)))
        .build();
  }

  private static abstract class NotificationServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    NotificationServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return dev.sessionauthority.session.v1.NotificationServiceProto.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("NotificationService");
    }
  }

  private static final class NotificationServiceFileDescriptorSupplier
      extends NotificationServiceBaseDescriptorSupplier {
    NotificationServiceFileDescriptorSupplier() {}
  }

  private static final class NotificationServiceMethodDescriptorSupplier
      extends NotificationServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final java.lang.String methodName;

    NotificationServiceMethodDescriptorSupplier(java.lang.String methodName) {
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
      synchronized (NotificationServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new NotificationServiceFileDescriptorSupplier())
              .addMethod(getLeaseMethod())
              .addMethod(getAckMethod())
              .addMethod(getExtendMethod())
              .addMethod(getAnswerLinkMethod())
              .addMethod(getGetQueueStatsMethod())
              .addMethod(getRequeueMethod())
              .build();
        }
      }
    }
    return result;
  }
}
