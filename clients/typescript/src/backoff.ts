import { setTimeout as delay } from "node:timers/promises";

/** Growing waits between attempts, each multiplied by a random factor from 0.5 to 1. */
export class Backoff {
  #nextMs: number;

  constructor(
    private readonly firstMs: number,
    private readonly maxMs: number,
  ) {
    this.#nextMs = firstMs;
  }

  /** Returns the next wait in milliseconds. */
  next(): number {
    const wait = this.#nextMs * (0.5 + Math.random() / 2);
    this.#nextMs = Math.min(this.#nextMs * 2, this.maxMs);
    return wait;
  }

  /** Starts again with the first wait. */
  reset(): void {
    this.#nextMs = this.firstMs;
  }
}

/** Waits, or rejects with the reason of the signal when it is aborted. */
export async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
