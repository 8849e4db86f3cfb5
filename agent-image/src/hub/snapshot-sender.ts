import type { CheckInReply } from '../../../protocol/messages/agent-calls.js';
import type { Snapshot } from '../../../protocol/messages/snapshot.js';
import { codeOf, Problem } from '../../../protocol/problems/problem.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { NextRun } from '../../../protocol/time/next-run.js';
import type { Logger } from '../log.js';
import type { HubClient } from './client.js';

export interface SnapshotSenderOptions {
  readonly client: Pick<HubClient, 'postSnapshot'>;
  /** Takes a snapshot of the engine as it is now. */
  readonly takeSnapshot: () => Promise<Snapshot>;
  /** While the engine is down, the previous snapshot is more useful than a periodic one. */
  readonly isEngineDown: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Pause after a refusal that names none, seconds. */
const RETRY_SECONDS = 10;

/** Sends snapshots: at the interval the hub sets, when it requests one, and when the engine has changed. */
export class SnapshotSender {
  readonly #options: SnapshotSenderOptions;
  /** A snapshot requested during a run must not show an earlier state: it gets its own. */
  readonly #sends = new NextRun(() => this.#send());
  #servedRequest = 0;
  #intervalSeconds = 0;
  #cancelInterval: (() => void) | null = null;
  #cancelRetry: (() => void) | null = null;

  constructor(options: SnapshotSenderOptions) {
    this.#options = options;
  }

  /** A new or restarted hub counts its requests from the start. */
  reset(): void {
    this.#servedRequest = 0;
  }

  /** Serves the hub's request and applies its interval. */
  apply({ snapshotRequest, snapshotSeconds }: CheckInReply): void {
    if (snapshotRequest > this.#servedRequest) {
      this.#servedRequest = snapshotRequest;
      this.send();
    }
    if (snapshotSeconds === this.#intervalSeconds) return;
    this.#intervalSeconds = snapshotSeconds;
    this.#cancelInterval?.();
    this.#cancelInterval =
      snapshotSeconds > 0
        ? this.#options.clock.every(snapshotSeconds * 1_000, () => this.#sendPeriodic())
        : null;
  }

  /** Takes and sends a snapshot. A failure is logged, and retried if the hub was busy. */
  send(): void {
    void this.#sends.run();
  }

  /** Safe to call twice. */
  stop(): void {
    this.#cancelInterval?.();
    this.#cancelRetry?.();
    this.#cancelInterval = null;
    this.#cancelRetry = null;
  }

  #sendPeriodic(): void {
    if (!this.#options.isEngineDown()) this.send();
  }

  async #send(): Promise<void> {
    const { client, takeSnapshot, logger } = this.#options;
    try {
      await client.postSnapshot(await takeSnapshot());
    } catch (error) {
      const isLater = ['snapshot-too-soon', 'hub-busy'].includes(codeOf(error));
      logger[isLater ? 'debug' : 'warn']({ err: error }, 'the hub did not accept the snapshot');
      if (isLater) this.#retryAfter(error instanceof Problem ? error.retryAfterSeconds : undefined);
    }
  }

  #retryAfter(seconds = RETRY_SECONDS): void {
    this.#cancelRetry ??= this.#options.clock.after(seconds * 1_000, () => {
      this.#cancelRetry = null;
      this.send();
    });
  }
}
