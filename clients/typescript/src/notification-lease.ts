/** The notifications of a lease that are not done yet. */
export class NotificationLease {
  readonly #held: Map<string, AbortController>;
  #endsAt: number;

  constructor(
    readonly leaseId: string,
    notificationIds: readonly string[],
    endsAt: number,
  ) {
    this.#held = new Map(notificationIds.map((id) => [id, new AbortController()]));
    this.#endsAt = endsAt;
  }

  /** The notifications whose lease is to be extended. */
  get ids(): string[] {
    return [...this.#held.keys()];
  }

  /** Returns a signal that is aborted if the lease loses the notification, or undefined if it may not be delivered. */
  begin(notificationId: string): AbortSignal | undefined {
    return performance.now() > this.#endsAt ? undefined : this.#held.get(notificationId)?.signal;
  }

  /** Records that the lease was extended, and ends the delivery of notifications that it no longer holds. */
  extended(endsAt: number, refusedIds: readonly string[]): void {
    this.#endsAt = endsAt;
    for (const id of refusedIds) {
      this.#held.get(id)?.abort(new Error("the lease no longer holds the notification"));
      this.#held.delete(id);
    }
  }

  /** Ends the extension of the lease of a notification. */
  remove(notificationId: string): void {
    this.#held.delete(notificationId);
  }
}
