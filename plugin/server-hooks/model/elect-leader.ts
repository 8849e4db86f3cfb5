/** The current state of an instance that may lead its environment. */
export interface Contender {
  readonly instanceId: string;
  /** Its Swarm node, for the log; null outside a Swarm. */
  readonly nodeId: string | null;
  /** 0 is best. */
  readonly rank: number;
  /** Monotonic ms of its recent failure, else 0. */
  readonly failedMs: number;
  /** Whether it can be notified now. */
  readonly isReachable: boolean;
  /** Whether the election should wait for it. */
  readonly isLive: boolean;
  /** Why it may be passed over, for the log. */
  readonly doubt: string | null;
}

/** What happens to the lease: it stays, ends, or goes to another instance. */
export type Verdict =
  | { readonly kind: 'keep' | 'withdraw' }
  | { readonly kind: 'grant'; readonly to: Contender };

const KEEP: Verdict = Object.freeze({ kind: 'keep' });
const WITHDRAW: Verdict = Object.freeze({ kind: 'withdraw' });

/**
 * Decides who leads: the best instance that can be notified now. A better one takes the lease over immediately, an equal
 * one never. A free lease waits for a live instance that is better than all that can be notified.
 * @param contenders in order of enrolment
 * @param holderId the instance with the lease, if any
 */
export function electLeader(contenders: readonly Contender[], holderId: string | null): Verdict {
  const holder = contenders.find(({ instanceId }) => instanceId === holderId);
  const [best] = contenders.filter(({ isReachable }) => isReachable).sort(byRank);
  const isBest =
    best &&
    (holder ? byRank(best, holder) < 0 : !contenders.some((one) => one.isLive && byRank(one, best) < 0));
  if (isBest) return { kind: 'grant', to: best };
  return holder ? KEEP : WITHDRAW;
}

/** Among agents that failed, the one that failed longest ago comes first: they take turns. */
function byRank(a: Contender, b: Contender): number {
  return a.rank - b.rank || a.failedMs - b.failedMs;
}
