import { createHash } from 'node:crypto';
import type { Clock } from '../../../protocol/clock.js';
import { EdgeError } from '../../../protocol/edge-error.js';
import type { TunnelTarget } from '../tunnel/tunnel-source.js';

/** What a ticket opens. */
export interface ConsoleTarget extends TunnelTarget {
  readonly execId: string;
  /** See `hang-up.ts`; undefined: its process is left alone. */
  readonly marker?: string;
  /** Aborts when the credentials end that the ticket was given for. */
  readonly ended?: AbortSignal | undefined;
}

export interface TicketsOptions {
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Buffer;
}

/** How long a ticket is good, ms: a page opens its console in the same moment. */
const LIFETIME_MS = 30_000;
/** Tickets nobody has used; the oldest makes room. */
const MAX_TICKETS = 1_000;
/** Of these, for one environment: nobody who may ask for it alone makes those of others worthless. */
const MAX_TICKETS_EACH = 100;

/**
 * One-time rights to open a console. A browser cannot send a bearer token with a WebSocket, and a token in a URL would
 * stand in logs; a ticket there is worth nothing any more. Only hashes are kept, in memory.
 */
export class Tickets {
  readonly #options: TicketsOptions;
  /** In order of issue. */
  readonly #tickets = new Map<string, { path: string; target: ConsoleTarget; issuedMs: number }>();

  constructor(options: TicketsOptions) {
    this.#options = options;
  }

  /**
   * The caller was admitted to the environment.
   * @param path below the mount: the only one it opens
   */
  issue(path: string, target: ConsoleTarget): { ticket: string; expiresAtMs: number } {
    const { clock, randomBytes } = this.#options;
    const ticket = randomBytes(32).toString('base64url');
    const keys = [...this.#tickets.keys()];
    const own = keys.filter((key) => this.#tickets.get(key)?.target.environmentId === target.environmentId);
    const [oldest] = own.length >= MAX_TICKETS_EACH ? own : keys.length >= MAX_TICKETS ? keys : [];
    if (oldest !== undefined) this.#tickets.delete(oldest);
    this.#tickets.set(hash(ticket), { path, target, issuedMs: clock.monotonic() });
    return { ticket, expiresAtMs: clock.now() + LIFETIME_MS };
  }

  /**
   * Takes a ticket in; it is spent whatever comes of it.
   * @throws EdgeError `ticket-invalid` (401) for one that is unknown, used, too old, for another path, or whose caller
   *   has signed out
   */
  redeem(ticket: string, path: string): ConsoleTarget {
    const key = hash(ticket);
    const found = this.#tickets.get(key);
    this.#tickets.delete(key);
    const isYoung = found && this.#options.clock.monotonic() - found.issuedMs < LIFETIME_MS;
    if (isYoung && found.path === path && !found.target.ended?.aborted) return found.target;
    throw new EdgeError('ticket-invalid', 'The ticket was used, is too old, or opens something else', {
      status: 401,
    });
  }
}

function hash(ticket: string): string {
  return createHash('sha256').update(ticket).digest('base64url');
}
