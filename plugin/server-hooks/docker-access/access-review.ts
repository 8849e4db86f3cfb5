import type { ProblemCode } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { type DockerAccess, isAccessExpired } from '../model/docker-access.js';
import type { Store } from '../store/store.js';

export interface AccessReviewOptions {
  readonly store: Pick<Store, 'environments'>;
  readonly clock: Clock;
  /** Whether the CA of the Docker port issued a certificate (PEM). While the port is off, it is unknown: true. */
  readonly isOwn: (certificate: string) => boolean;
}

/** An access ends soon when it has less time left than this, and than this share of its life. */
const ENDS_SOON_MS = 14 * 24 * 60 * 60 * 1000;
const ENDS_SOON_SHARE = 1 / 6;

/** Finds accesses that no longer work, or soon will not. */
export class AccessReview {
  readonly #options: AccessReviewOptions;
  /** By record: records are replaced, never mutated. */
  readonly #own = new WeakMap<DockerAccess, boolean>();

  constructor(options: AccessReviewOptions) {
    this.#options = options;
  }

  /** What an admin should know about an access. */
  problemOf(access: DockerAccess): ProblemCode | null {
    const now = this.#options.clock.now();
    if (isAccessExpired(access, now)) return 'docker-access-expired';
    if (!this.#isOwn(access)) return 'docker-access-foreign';
    const [begins, ends] = [Date.parse(access.createdAt), Date.parse(access.expiresAt)];
    const endsSoon = ends - now < Math.min(ENDS_SOON_MS, (ends - begins) * ENDS_SOON_SHARE);
    return endsSoon ? 'docker-access-ends-soon' : null;
  }

  /** Codes for the operator of the hub. That an access ends is for its admin only: it may be meant to. */
  problems(): ProblemCode[] {
    for (const { dockerAccess = [] } of this.#options.store.environments()) {
      if (dockerAccess.some((access) => this.problemOf(access) === 'docker-access-foreign'))
        return ['docker-access-foreign'];
    }
    return [];
  }

  #isOwn(access: DockerAccess): boolean {
    let isOwn = this.#own.get(access);
    if (isOwn === undefined) {
      isOwn = this.#options.isOwn(access.certificate);
      this.#own.set(access, isOwn);
    }
    return isOwn;
  }
}
