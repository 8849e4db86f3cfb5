import { createHash } from 'node:crypto';
import { type Problem, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { SmallMap } from '../model/small-map.js';

/** The rights of a credential. A tunnel's environment comes from here, never from the agent. */
export interface Grant {
  readonly environmentId: number;
  readonly instanceId: string;
  readonly nodeId: string | null;
  /** The environment's generation at issue. */
  readonly generation: number;
  /** `environment`: the leader's tunnel. `node`: the tunnel to this agent's node only. */
  readonly purpose: 'environment' | 'node';
  /** The epoch of its lease; see `slot.ts`. */
  readonly epoch: string;
  /** Wall clock, ms. */
  readonly expiresAtMs: number;
}

interface Issued {
  readonly grant: Grant;
  readonly tokenHash: string;
  /** Monotonic ms, so that setting the wall clock neither prolongs a credential nor delays a new one. */
  readonly issuedMs: number;
  /** Called once when it is spent. */
  readonly onEnd: () => void;
}

/** The holder of a credential: each has one at a time. */
export type Holder = Pick<Grant, 'nodeId' | 'instanceId' | 'purpose'>;

export interface TokenLedgerOptions {
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

/** The one-time tokens of the whole hub, live and spent. Keeps only their hashes, in memory. */
export class TokenLedger {
  readonly #options: TokenLedgerOptions;
  readonly #live = new Map<string, Issued>();
  readonly #spent = new Map<string, Spent>();

  constructor(options: TokenLedgerOptions) {
    this.#options = options;
  }

  /** Issues a token for a grant. Only this call returns the token. */
  issue(
    holder: Omit<Grant, 'expiresAtMs'>,
    onEnd: () => void,
  ): { readonly token: string; readonly issued: Issued } {
    const { clock, randomBytes } = this.#options;
    const token = randomBytes(32).toString('base64url');
    const issued: Issued = {
      grant: { ...holder, expiresAtMs: clock.now() + LIFETIME_MS },
      tokenHash: hash(token),
      issuedMs: clock.monotonic(),
      onEnd,
    };
    this.#live.set(issued.tokenHash, issued);
    return { token, issued };
  }

  /**
   * Redeems a token. It is spent whatever the outcome.
   * @throws Problem `credential-replayed`, `credential-superseded`, `credential-revoked`,
   *   `credential-expired` or `credential-unknown` (all 401); the detail `environmentId` names its environment,
   *   if known
   */
  redeem(token: string): Grant {
    const tokenHash = hash(token);
    const issued = this.#live.get(tokenHash);
    if (!issued) throw refusal(this.#spent.get(tokenHash));
    this.end(issued, 'used');
    if (this.ageMs(issued) >= LIFETIME_MS) {
      throw problem('credential-expired', {
        members: { environmentId: issued.grant.environmentId },
      });
    }
    return issued.grant;
  }

  /** Ends a token; the first ending counts. */
  end({ tokenHash, grant: { environmentId }, onEnd }: Issued, ending: Ending): void {
    if (!this.#live.delete(tokenHash)) return;
    onEnd();
    this.#spent.set(tokenHash, { ending, environmentId });
    if (this.#spent.size > MAX_REMEMBERED) {
      const [oldest] = this.#spent.keys();
      if (oldest !== undefined) this.#spent.delete(oldest);
    }
  }

  /** Ms since a token was issued. */
  ageMs({ issuedMs }: Issued): number {
    return this.#options.clock.monotonic() - issuedMs;
  }
}

/** The credentials of one environment's agents: each holder has one at a time. */
export class TunnelCredentials {
  readonly #ledger: TokenLedger;
  /** By holder; a spent one is forgotten. */
  readonly #issued = new SmallMap<Issued>();

  constructor(ledger: TokenLedger) {
    this.#ledger = ledger;
  }

  /** Issues a credential and supersedes the holder's previous one. Only this call returns the token. */
  issue(holder: Omit<Grant, 'expiresAtMs'>): { token: string; grant: Grant } {
    const key = holderKey(holder);
    this.#end(key, 'superseded');
    const { token, issued } = this.#ledger.issue(holder, () => this.#issued.delete(key));
    this.#issued.set(key, issued);
    return { token, grant: issued.grant };
  }

  /** Age of the holder's live credential, ms; null without one, or without one for that lease. */
  ageMs(holder: Holder, epoch?: string): number | null {
    const issued = this.#issued.get(holderKey(holder));
    if (!issued) return null;
    return epoch === undefined || issued.grant.epoch === epoch ? this.#ledger.ageMs(issued) : null;
  }

  /** Ends the credential of one holder. */
  revokeOf(holder: Holder): void {
    this.#end(holderKey(holder), 'revoked');
  }

  /** Ends every credential. */
  revoke(): void {
    for (const issued of this.#issued.values()) this.#ledger.end(issued, 'revoked');
  }

  #end(key: string, ending: Ending): void {
    const issued = this.#issued.get(key);
    if (issued) this.#ledger.end(issued, ending);
  }
}

function refusal(spent: Spent | undefined): Problem {
  const options = spent && { members: { environmentId: spent.environmentId } };
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
  return `${holder.nodeId ?? ''}/${holder.instanceId}/${holder.purpose}`;
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
