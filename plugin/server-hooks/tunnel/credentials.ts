import { createHash } from 'node:crypto';
import { type Problem, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';

/** The rights of a credential. A tunnel's environment comes from here, never from the agent. */
export interface Grant {
  readonly environmentId: number;
  readonly instanceId: string;
  readonly nodeId: string | null;
  /** The environment's generation at issue. */
  readonly generation: number;
  /** `environment`: the leader's tunnel. `node`: the tunnel to this agent's node only. */
  readonly purpose: 'environment' | 'node';
  /** The epoch of its lease; see `tunnel-slot.ts`. */
  readonly epoch: string;
  /** Wall clock, ms. */
  readonly expiresAtMs: number;
}

interface Issued {
  readonly grant: Grant;
  readonly tokenHash: string;
  /** Monotonic ms, so that setting the wall clock neither prolongs a credential nor delays a new one. */
  readonly issuedMs: number;
}

/** The holder of a credential: each has one at a time. */
export type Holder = Pick<Grant, 'environmentId' | 'nodeId' | 'instanceId' | 'purpose'>;

export interface TunnelCredentialsOptions {
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Buffer;
}

/** Lifetime of a credential, ms. */
const LIFETIME_MS = 30_000;
/** Spent tokens kept to distinguish a replay from an unknown token. */
const MAX_REMEMBERED = 10_000;

type Ending = 'used' | 'superseded' | 'revoked';

/** The record of a spent token. */
interface Spent {
  readonly ending: Ending;
  readonly environmentId: number;
}

/** Issues and revokes one-time rights to open a tunnel. Keeps only token hashes, in memory. */
export class TunnelCredentials {
  readonly #options: TunnelCredentialsOptions;
  /** By holder. */
  readonly #live = new Map<string, Issued>();
  readonly #byToken = new Map<string, Issued>();
  readonly #spent = new Map<string, Spent>();

  constructor(options: TunnelCredentialsOptions) {
    this.#options = options;
  }

  /** Issues a credential and supersedes the holder's previous one. Only this call returns the token. */
  issue(holder: Omit<Grant, 'expiresAtMs'>): { token: string; grant: Grant } {
    const { clock, randomBytes } = this.#options;
    const key = holderKey(holder);
    this.#end(this.#live.get(key), 'superseded');
    const token = randomBytes(32).toString('base64url');
    const issued: Issued = {
      grant: { ...holder, expiresAtMs: clock.now() + LIFETIME_MS },
      tokenHash: hash(token),
      issuedMs: clock.monotonic(),
    };
    this.#live.set(key, issued);
    this.#byToken.set(issued.tokenHash, issued);
    return { token, grant: issued.grant };
  }

  /** Age of the holder's live credential, ms; null without one, or without one for that lease. */
  ageMs(holder: Holder, epoch?: string): number | null {
    const issued = this.#live.get(holderKey(holder));
    const counts = issued && (epoch === undefined || issued.grant.epoch === epoch);
    return counts ? this.#options.clock.monotonic() - issued.issuedMs : null;
  }

  /**
   * Redeems a token. It is spent whatever the outcome.
   * @throws Problem `credential-replayed`, `credential-superseded`, `credential-revoked`,
   *   `credential-expired` or `credential-unknown` (all 401); the detail `environmentId` names its environment,
   *   if known
   */
  redeem(token: string): Grant {
    const tokenHash = hash(token);
    const issued = this.#byToken.get(tokenHash);
    if (!issued) throw refusal(this.#spent.get(tokenHash));
    this.#end(issued, 'used');
    if (this.#options.clock.monotonic() - issued.issuedMs >= LIFETIME_MS) {
      throw problem('credential-expired', { members: { environmentId: issued.grant.environmentId } });
    }
    return issued.grant;
  }

  /** Ends the credential of one holder. */
  revokeOf(holder: Holder): void {
    this.#end(this.#live.get(holderKey(holder)), 'revoked');
  }

  /** Ends every credential of an environment. */
  revoke(environmentId: number): void {
    for (const issued of [...this.#live.values()]) {
      if (issued.grant.environmentId === environmentId) this.#end(issued, 'revoked');
    }
  }

  #end(issued: Issued | undefined, ending: Ending): void {
    if (!issued) return;
    this.#live.delete(holderKey(issued.grant));
    this.#byToken.delete(issued.tokenHash);
    this.#spent.set(issued.tokenHash, { ending, environmentId: issued.grant.environmentId });
    if (this.#spent.size > MAX_REMEMBERED) {
      const [oldest] = this.#spent.keys();
      if (oldest !== undefined) this.#spent.delete(oldest);
    }
  }
}

function refusal(spent: Spent | undefined): Problem {
  const options = spent === undefined ? {} : { members: { environmentId: spent.environmentId } };
  switch (spent?.ending) {
    case 'used':
      return problem('credential-replayed', options);
    case 'superseded':
      return problem('credential-superseded', options);
    case 'revoked':
      return problem('credential-revoked', options);
    default:
      return problem('credential-unknown', options);
  }
}

function holderKey(holder: Holder): string {
  return `${holder.environmentId}/${holder.nodeId ?? ''}/${holder.instanceId}/${holder.purpose}`;
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
