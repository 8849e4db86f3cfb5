import { createHash } from 'node:crypto';
import type { Clock } from '../../../protocol/clock.js';
import { EdgeError } from '../../../protocol/edge-error.js';

/** What a credential is good for; the environment of a tunnel comes from here, never from the agent. */
export interface Grant {
  readonly environmentId: number;
  readonly instanceId: string;
  readonly nodeId: string | null;
  /** The environment's generation when it was issued. */
  readonly generation: number;
  /** `environment`: the leader's. `node`: to this agent's node alone. */
  readonly purpose: 'environment' | 'node';
  /** Of the lease it was issued under; see `tunnel-slot.ts`. */
  readonly epoch: string;
  /** Wall clock, ms. */
  readonly expiresAtMs: number;
}

interface Issued {
  readonly grant: Grant;
  readonly tokenHash: string;
  /** Monotonic, ms: a wall clock that somebody sets must neither prolong a credential nor keep a new one back. */
  readonly issuedMs: number;
}

/** Whose a credential is: each has one at a time. */
export type Holder = Pick<Grant, 'environmentId' | 'nodeId' | 'instanceId' | 'purpose'>;

export interface TunnelCredentialsOptions {
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Buffer;
}

/** Lifetime of a credential, ms. */
const LIFETIME_MS = 30_000;
/** How many spent tokens are remembered to tell a replay from an unknown token. */
const MAX_REMEMBERED = 10_000;

type Ending = 'used' | 'superseded' | 'revoked';

/** What is left of a token that is good for nothing any more. */
interface Spent {
  readonly ending: Ending;
  readonly environmentId: number;
}

/** Issues and takes back one-time rights to open a tunnel. Only token hashes are kept, in memory. */
export class TunnelCredentials {
  readonly #options: TunnelCredentialsOptions;
  /** By holder. */
  readonly #live = new Map<string, Issued>();
  readonly #byToken = new Map<string, Issued>();
  readonly #spent = new Map<string, Spent>();

  constructor(options: TunnelCredentialsOptions) {
    this.#options = options;
  }

  /** Issues a credential; the holder's earlier one stops being good. The token is returned only here. */
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

  /** How long ago the holder's live credential was issued, ms; null without one, or without one of that lease. */
  ageMs(holder: Holder, epoch?: string): number | null {
    const issued = this.#live.get(holderKey(holder));
    const counts = issued && (epoch === undefined || issued.grant.epoch === epoch);
    return counts ? this.#options.clock.monotonic() - issued.issuedMs : null;
  }

  /**
   * Takes a token in; whatever comes of it, it is spent from now on.
   * @throws EdgeError `credential-replayed`, `credential-superseded`, `credential-revoked`,
   *   `credential-expired` or `credential-unknown` (all 401); the detail `environmentId` says whose it
   *   was, where that is known
   */
  redeem(token: string): Grant {
    const tokenHash = hash(token);
    const issued = this.#byToken.get(tokenHash);
    if (!issued) throw refusal(this.#spent.get(tokenHash));
    this.#end(issued, 'used');
    if (this.#options.clock.monotonic() - issued.issuedMs >= LIFETIME_MS) {
      throw new EdgeError('credential-expired', 'The credential is older than 30 s', {
        status: 401,
        details: { environmentId: issued.grant.environmentId },
      });
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

function refusal(spent: Spent | undefined): EdgeError {
  const options = {
    status: 401,
    ...(spent === undefined ? {} : { details: { environmentId: spent.environmentId } }),
  };
  switch (spent?.ending) {
    case 'used':
      return new EdgeError('credential-replayed', 'The credential was used before', options);
    case 'superseded':
      return new EdgeError('credential-superseded', 'A newer credential was issued', options);
    case 'revoked':
      return new EdgeError('credential-revoked', 'The credential was revoked', options);
    default:
      return new EdgeError('credential-unknown', 'The credential is not known here', options);
  }
}

function holderKey(holder: Holder): string {
  return `${holder.environmentId}/${holder.nodeId ?? ''}/${holder.instanceId}/${holder.purpose}`;
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
