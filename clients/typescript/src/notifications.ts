import type { CallOptions, Connection } from "./connection.js";
import { consume, type ConsumeOptions, type NotificationHandler } from "./consume.js";
import type {
  AckRequest,
  AckResponse,
  AnswerLinkRequest,
  AnswerLinkResponse,
  ExtendRequest,
  ExtendResponse,
  GetQueueStatsRequest,
  GetQueueStatsResponse,
  LeaseRequest,
  LeaseResponse,
  RequeueRequest,
  RequeueResponse,
} from "./gen/types.js";
import { methods } from "./methods.js";

/** The methods of NotificationService, for services that send notifications to users. Reach it as
 * `SessionAuthority.notifications`. */
export class NotificationsClient {
  readonly #connection: Connection;
  readonly #onChange: () => void;

  /** @internal */
  constructor(connection: Connection, onChange: () => void) {
    this.#connection = connection;
    this.#onChange = onChange;
  }

  /**
   * Leases notifications, passes them to the handler one after the other, and acknowledges each that is delivered. While
   * a handler runs, the leases are extended. Any number of consumers share the work; call it several times to deliver in
   * parallel. Delivery is at least once.
   *
   * A handler that throws leaves its notification in the queue, and it is leased again when its lease ends.
   *
   * The promise resolves after `options.signal` is aborted: the handler that runs is waited for, and what was not begun is
   * given back. It rejects with a CallError that no repeat can avoid: INVALID_ARGUMENT, UNAUTHENTICATED,
   * PERMISSION_DENIED, FAILED_PRECONDITION or UNIMPLEMENTED.
   */
  consume(handler: NotificationHandler, options: ConsumeOptions = {}): Promise<void> {
    return consume(this, handler, options);
  }

  /** Leases notifications. It is never sent twice: each call leases other notifications. */
  lease(request: LeaseRequest = {}, call?: CallOptions): Promise<LeaseResponse> {
    return this.#connection.callPlain(methods.lease, request, call);
  }

  /** Acknowledges notifications that were delivered, so that they are never leased again. */
  ack(request: AckRequest, call?: CallOptions): Promise<AckResponse> {
    return this.#connection.callPlain(methods.ack, request, call);
  }

  /** Changes the end of the lease of notifications. A timeout of zero gives them back. */
  extend(request: ExtendRequest, call?: CallOptions): Promise<ExtendResponse> {
    return this.#connection.callPlain(methods.extend, request, call);
  }

  /** Records the answer to an alert by the token of a link, or only checks the token. */
  async answerLink(request: AnswerLinkRequest, call?: CallOptions): Promise<AnswerLinkResponse> {
    try {
      return await this.#connection.callPlain(methods.answerLink, request, call);
    } finally {
      this.#onChange();
    }
  }

  /** Counts the notifications of the queue, and lists dead ones. */
  getQueueStats(request: GetQueueStatsRequest = {}, call?: CallOptions): Promise<GetQueueStatsResponse> {
    return this.#connection.callPlain(methods.getQueueStats, request, call);
  }

  /** Puts dead notifications back into the queue. It is never sent twice, so that the count is right. */
  requeue(request: RequeueRequest, call?: CallOptions): Promise<RequeueResponse> {
    return this.#connection.callPlain(methods.requeue, request, call);
  }
}
