import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../../protocol/time/clock.js';
import type { Action, Host, Logger } from '../host.js';
import { ProblemCounts } from '../model/problem-counts.js';
import { type Access, type AccessTarget, admit } from './access.js';

/** The kinds of calls. */
export const CALL_KINDS = ['rest', 'docker', 'console', 'agent'] as const;
export type CallKind = (typeof CALL_KINDS)[number];

/** Who called what, and how it ended: for audit and metrics. Never secrets. */
export interface CallRecord {
  readonly kind: CallKind;
  /** Operation id of a REST call, path of an agent's call, method of a Docker call; `exec` of a console. */
  readonly operation: string;
  /** `Principal.id` of an authenticated caller. */
  readonly principalId: string | null;
  /** Of an authenticated agent. */
  readonly instanceId: string | null;
  /** That its path, its body or its credentials name. */
  readonly environmentId: number | null;
  /**
   * HTTP status; null: it ended without an answer. 101 for a connection that was handed to an engine, also if the engine
   * refused the upgrade.
   */
  readonly status: number | null;
  /** From the call to the end of its answer or connection, ms. */
  readonly durationMs: number;
}

/** Facts of a call; those that can change are learned on its way. */
type CallFacts = Omit<CallRecord, 'durationMs'>;

/** A call that is being answered. `status` is set where its answer does not have it. */
export class OpenCall implements CallFacts {
  readonly kind: CallKind;
  readonly operation: string;
  principalId: string | null = null;
  instanceId: string | null = null;
  environmentId: number | null = null;
  status: number | null = null;
  readonly #host: Host;
  readonly #req: IncomingMessage | null;

  constructor(kind: CallKind, operation: string, host: Host, req: IncomingMessage | null) {
    this.kind = kind;
    this.operation = operation;
    this.#host = host;
    this.#req = req;
  }

  /** Authenticates and authorizes its caller. @throws Problem `unauthorized` (401), `forbidden` (403) */
  async admit(action: Action, target: AccessTarget): Promise<Access> {
    if (!this.#req) throw new TypeError('a call without a request cannot be admitted');
    if (typeof target === 'number') this.environmentId = target;
    const access = await admit(this.#host, this.#req, action, target, this);
    this.principalId = access.principal.id;
    return access;
  }
}

/** An answer or a connection. */
interface Closing {
  once(event: 'close', listener: () => void): unknown;
  readonly statusCode?: number;
  readonly headersSent?: boolean;
}

export interface GatewayOptions {
  readonly host: Host;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Every call passes here, whatever its kind: access, then its handler, then its record once the answer or the connection
 * has closed.
 */
export class Gateway {
  /** Number of calls so far. */
  readonly opened: Record<CallKind, number> = { rest: 0, docker: 0, console: 0, agent: 0 };
  /** The problems that calls ended with. */
  readonly failed: Readonly<Record<CallKind, ProblemCounts>> = {
    rest: new ProblemCounts(),
    docker: new ProblemCounts(),
    console: new ProblemCounts(),
    agent: new ProblemCounts(),
  };
  readonly #options: GatewayOptions;
  readonly #listeners: Readonly<Record<CallKind, Set<(record: CallRecord) => void>>> = {
    rest: new Set(),
    docker: new Set(),
    console: new Set(),
    agent: new Set(),
  };

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /**
   * Opens a call.
   * @param req null if the call authenticates its caller itself
   * @param closing its answer, or its connection once upgraded
   */
  open(kind: CallKind, operation: string, req: IncomingMessage | null, closing: Closing): OpenCall {
    const { host, clock } = this.#options;
    this.opened[kind]++;
    const call = new OpenCall(kind, operation, host, req);
    // No subscriber: nothing is recorded, and a check-in costs this one object.
    if (this.#listeners[kind].size > 0) {
      const startedMs = clock.monotonic();
      closing.once('close', () => this.#record(call, closing, startedMs));
    }
    return call;
  }

  /**
   * Calls `listener` after each call of these kinds has ended; returns the unsubscribe function. Calls that are open now
   * are not recorded.
   */
  onCall(listener: (record: CallRecord) => void, kinds: readonly CallKind[] = CALL_KINDS): () => void {
    for (const kind of kinds) this.#listeners[kind].add(listener);
    return () => {
      for (const kind of kinds) this.#listeners[kind].delete(listener);
    };
  }

  #record(
    { kind, operation, principalId, instanceId, environmentId, status: known }: OpenCall,
    { statusCode = 101, headersSent = true }: Closing,
    startedMs: number,
  ): void {
    const durationMs = this.#options.clock.monotonic() - startedMs;
    const status = known ?? (headersSent ? statusCode : null);
    const record = { kind, operation, principalId, instanceId, environmentId, status, durationMs };
    for (const listener of this.#listeners[kind]) {
      try {
        listener(record);
      } catch (err) {
        this.#options.logger.error({ err }, 'a listener for ended calls failed');
      }
    }
  }
}
