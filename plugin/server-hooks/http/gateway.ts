import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../../protocol/time/clock.js';
import type { Action, Host, Logger } from '../host.js';
import { type Access, type AccessTarget, admit } from './access.js';

/** Who called what, and how it ended: for audit and metrics. Never secrets. */
export interface CallRecord {
  readonly kind: 'rest' | 'docker' | 'console' | 'agent';
  /** Operation id of a REST call, path of an agent's call, method of a Docker call; `exec` of a console. */
  readonly operation: string;
  /** `Principal.id` of an authenticated caller. */
  readonly principalId: string | null;
  /** Of an authenticated agent. */
  readonly instanceId: string | null;
  /** That its path or its credentials name. */
  readonly environmentId: number | null;
  /**
   * HTTP status; null: it ended without an answer. 101 for a connection that was handed to an engine, also if the engine
   * refused the upgrade.
   */
  readonly status: number | null;
  /** From the call to the end of its answer or connection, ms. */
  readonly durationMs: number;
}

/** Facts of a call that are learned on its way. */
type CallFacts = { -readonly [Key in keyof Omit<CallRecord, 'durationMs'>]: CallRecord[Key] };

/** A call that is being answered. `status` is set where its answer does not have it. */
export interface OpenCall extends CallFacts {
  /** Authenticates and authorizes its caller. @throws Problem `unauthorized` (401), `forbidden` (403) */
  admit(action: Action, target: AccessTarget): Promise<Access>;
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
  readonly #options: GatewayOptions;
  readonly #listeners = new Set<(record: CallRecord) => void>();

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /**
   * Opens a call.
   * @param closing its answer, or its connection once upgraded
   */
  open(kind: CallRecord['kind'], operation: string, req: IncomingMessage, closing: Closing): OpenCall {
    const { host, clock } = this.#options;
    const startedMs = clock.monotonic();
    const facts: CallFacts = {
      kind,
      operation,
      principalId: null,
      instanceId: null,
      environmentId: null,
      status: null,
    };
    const call: OpenCall = Object.assign(facts, {
      admit: async (action: Action, target: AccessTarget) => {
        if (typeof target === 'number') call.environmentId = target;
        const access = await admit(host, req, action, target);
        call.principalId = access.principal.id;
        return access;
      },
    });
    // No subscriber: nothing is recorded, and check-ins cost nothing extra.
    if (this.#listeners.size > 0) closing.once('close', () => this.#record(call, closing, startedMs));
    return call;
  }

  /** Calls `listener` after each call has ended; returns the unsubscribe function. Calls that are open now are not recorded. */
  onCall(listener: (record: CallRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #record(
    { kind, operation, principalId, instanceId, environmentId, status: known }: OpenCall,
    { statusCode = 101, headersSent = true }: Closing,
    startedMs: number,
  ): void {
    const durationMs = this.#options.clock.monotonic() - startedMs;
    const status = known ?? (headersSent ? statusCode : null);
    const record = { kind, operation, principalId, instanceId, environmentId, status, durationMs };
    for (const listener of this.#listeners) {
      try {
        listener(record);
      } catch (err) {
        this.#options.logger.error({ err }, 'a listener for ended calls failed');
      }
    }
  }
}
