import { Backoff, sleep } from "./backoff.js";
import { CallError, type StatusCode } from "./errors.js";
import type { LeaseResponse, Notification } from "./gen/types.js";
import { NotificationLease } from "./notification-lease.js";
import type { NotificationsClient } from "./notifications.js";

// Another lease cannot succeed before somebody changes something.
const FINAL_CODES: ReadonlySet<StatusCode> = new Set<StatusCode>([
  "INVALID_ARGUMENT",
  "UNAUTHENTICATED",
  "PERMISSION_DENIED",
  "FAILED_PRECONDITION",
  "UNIMPLEMENTED",
]);

/**
 * Delivers a notification to its user, or throws. The signal is aborted if the consumer may no longer deliver the
 * notification, for example because its user was erased, and after `maxHandlingTimeMs`.
 */
export type NotificationHandler = (notification: Notification, signal: AbortSignal) => unknown;

/** Settings of `NotificationsClient.consume`. */
export interface ConsumeOptions {
  /** Tenant of the notifications. Every tenant that the caller may access by default. */
  readonly tenantId?: string | undefined;
  /** Number of notifications that are leased at a time, 1 to 100. 10 by default. */
  readonly maxNotifications?: number | undefined;
  /** Time after which somebody else may lease the notifications if this process ends without notice: 1 second to 12
   * hours. A failed notification is leased again after it. 1 minute by default. */
  readonly visibilityTimeoutMs?: number | undefined;
  /** Pause after the queue was empty. 5 seconds by default. */
  readonly pollIntervalMs?: number | undefined;
  /** Limit of the time for which the lease of a notification is extended while its handler runs. 10 minutes by default. */
  readonly maxHandlingTimeMs?: number | undefined;
  /** Stops the consumer when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the error and the notification that was not delivered or not acknowledged, and without a notification
   * after a failed call that is made again. By default, `process.emitWarning` shows the error. */
  readonly onError?: ((error: unknown, notification?: Notification) => void) | undefined;
}

/** See `NotificationsClient.consume`. */
export async function consume(
  notifications: NotificationsClient,
  handler: NotificationHandler,
  options: ConsumeOptions,
): Promise<void> {
  const consumer = new NotificationConsumer(notifications, handler, options);
  const backoff = new Backoff(1000, 30_000);
  const { signal, pollIntervalMs = 5000, onError = warn } = options;
  while (signal?.aborted !== true) {
    let pauseMs: number;
    try {
      const count = await consumer.deliverLease();
      backoff.reset();
      pauseMs = count === 0 ? pollIntervalMs * (0.5 + Math.random() / 2) : 0;
    } catch (error) {
      if (!(error instanceof CallError) || FINAL_CODES.has(error.code)) {
        throw error;
      }
      onError(error);
      pauseMs = Math.max(backoff.next(), error.retryAfterMs ?? 0);
    }
    await sleep(pauseMs, signal).catch(() => undefined);
  }
}

function warn(error: unknown, notification?: Notification): void {
  const cause = error instanceof Error ? error.message : String(error);
  process.emitWarning(
    notification === undefined
      ? `failed to lease or extend notifications; retrying: ${cause}`
      : `failed to deliver notification ${notification.notificationId}; it is leased again: ${cause}`,
    "SessionAuthorityWarning",
  );
}

class NotificationConsumer {
  readonly #notifications: NotificationsClient;
  readonly #handler: NotificationHandler;
  readonly #options: ConsumeOptions;
  readonly #visibilityTimeoutMs: number;
  readonly #onError: (error: unknown, notification?: Notification) => void;

  constructor(notifications: NotificationsClient, handler: NotificationHandler, options: ConsumeOptions) {
    this.#notifications = notifications;
    this.#handler = handler;
    this.#options = options;
    this.#visibilityTimeoutMs = options.visibilityTimeoutMs ?? 60_000;
    this.#onError = options.onError ?? warn;
  }

  /** Leases notifications and delivers them. Returns their number, or rejects if the lease fails. */
  async deliverLease(): Promise<number> {
    const endsAt = performance.now() + this.#visibilityTimeoutMs;
    // The call is not cancelled by the signal: what it has leased would be away until the lease ends.
    const response = await this.#notifications.lease({
      tenantId: this.#options.tenantId,
      maxNotifications: this.#options.maxNotifications,
      visibilityTimeoutMs: this.#visibilityTimeoutMs,
    });
    if (response.notifications.length > 0) {
      await this.#deliver(response, endsAt);
    }
    return response.notifications.length;
  }

  async #deliver({ leaseId, notifications }: LeaseResponse, endsAt: number): Promise<void> {
    const ids = notifications.map(({ notificationId }) => notificationId);
    const lease = new NotificationLease(leaseId, ids, endsAt);
    const done = new AbortController();
    const extending = this.#keepExtending(lease, done.signal);
    for (const notification of notifications) {
      if (this.#options.signal?.aborted === true) {
        break;
      }
      await this.#deliverOne(lease, notification);
    }
    done.abort();
    await extending;
    if (lease.ids.length > 0) {
      await this.#extend(lease, 0);
    }
  }

  async #deliverOne(lease: NotificationLease, notification: Notification): Promise<void> {
    const { notificationId } = notification;
    const lost = lease.begin(notificationId);
    if (lost === undefined) {
      return;
    }
    const tooLong = AbortSignal.timeout(this.#options.maxHandlingTimeMs ?? 600_000);
    const stopExtending = () => {
      lease.remove(notificationId);
    };
    tooLong.addEventListener("abort", stopExtending);
    try {
      await this.#handler(notification, AbortSignal.any([lost, tooLong]));
      await this.#notifications.ack({ leaseId: lease.leaseId, notificationIds: [notificationId] });
    } catch (error) {
      this.#onError(error, notification);
    } finally {
      tooLong.removeEventListener("abort", stopExtending);
      lease.remove(notificationId);
    }
  }

  /** Extends the lease of all notifications that are not done, until the signal is aborted. */
  async #keepExtending(lease: NotificationLease, done: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(this.#visibilityTimeoutMs / 3, done).catch(() => undefined);
      if (done.aborted) {
        return;
      }
      if (lease.ids.length > 0) {
        await this.#extend(lease, this.#visibilityTimeoutMs);
      }
    }
  }

  async #extend(lease: NotificationLease, visibilityTimeoutMs: number): Promise<void> {
    const endsAt = performance.now() + visibilityTimeoutMs;
    try {
      const { refusedIds } = await this.#notifications.extend({
        leaseId: lease.leaseId,
        notificationIds: lease.ids,
        visibilityTimeoutMs,
      });
      lease.extended(endsAt, refusedIds);
    } catch (error) {
      this.#onError(error);
    }
  }
}
