import { createHash } from 'node:crypto';
import { problem } from '../../../../protocol/problems.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import type { TunnelTarget } from '../../tunnel/source.js';

/** The target of a ticket. */
export interface ConsoleTarget extends TunnelTarget {
  readonly execId: string;
  /** `Principal.id` of the caller that the ticket was issued to. */
  readonly principalId: string;
  /** See `hang-up.ts`; undefined: the process is not ended. */
  readonly marker?: string;
  /** Aborts when the credentials end that the ticket was issued for. */
  readonly ended?: AbortSignal | undefined;
}

export interface TicketsOptions {
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Buffer;
}

/** Lifetime of a ticket, ms: a page opens its console immediately. */
const LIFETIME_MS = 30_000;
/** Unused tickets; the oldest is evicted. */
const MAX_TICKETS = 1_000;
/** Per-environment cap, so one caller cannot evict everybody's tickets. */
const MAX_TICKETS_EACH = 100;

/**
 * One-time rights to open a console. A browser cannot send a bearer token with a WebSocket, and a token in a URL would
 * be logged; a logged ticket is worthless. Only hashes are kept, in memory.
 */
export class Tickets {
  readonly #options: TicketsOptions;
  /** In order of issue. */
  readonly #tickets = new Map<string, { path: string; target: ConsoleTarget; issuedMs: number }>();

  constructor(options: TicketsOptions) {
    this.#options = options;
  }

  /**
   * Issues a ticket; the caller must already be authorized for the environment.
   * @param path below the mount; the ticket opens only this one
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
   * Redeems a ticket. It is spent whatever the outcome.
   * @throws Problem `ticket-invalid` (401) if it is unknown, used, expired, for another path, or its caller has
   *   signed out
   */
  redeem(ticket: string, path: string): ConsoleTarget {
    const key = hash(ticket);
    const found = this.#tickets.get(key);
    this.#tickets.delete(key);
    const isYoung = found && this.#options.clock.monotonic() - found.issuedMs < LIFETIME_MS;
    if (isYoung && found.path === path && !found.target.ended?.aborted) return found.target;
    throw problem('ticket-invalid');
  }
}

function hash(ticket: string): string {
  return createHash('sha256').update(ticket).digest('base64url');
}
