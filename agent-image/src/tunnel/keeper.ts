import type { Duplex } from 'node:stream';
import { type Credential, openCredential } from '../../../protocol/crypto/credential.js';
import type { CheckInReply } from '../../../protocol/messages/agent-calls.js';
import { type AgentProblemCode, problem } from '../../../protocol/problems/agent.js';
import { codeOf } from '../../../protocol/problems/problem.js';
import { backoffMs } from '../../../protocol/time/backoff.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { TunnelEnd } from '../../../protocol/tunnel/end.js';
import { proofMac, type TunnelProof } from '../../../protocol/tunnel/proof.js';
import type { TunnelPath } from '../../../protocol/tunnel/tunnel-path.js';
import type { Logger } from '../log.js';
import type { TunnelSession } from './session.js';
import type { Transport } from './transport/transport.js';

export interface TunnelKeeperOptions {
  /** Opens a connection to the hub. */
  readonly dial: (alpn: string, path?: TunnelPath) => Promise<Transport>;
  readonly environmentId: number;
  readonly instanceId: string;
  readonly purpose: Credential['purpose'];
  /** Opens credentials; see `derived-keys.ts`. */
  readonly credentialKey: Uint8Array;
  readonly instanceSecret: () => Buffer | null;
  readonly dialEngine: () => Promise<Duplex>;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly events: TunnelEvents;
}

/** What the rest of the agent does when something happens to a tunnel. */
export interface TunnelEvents {
  /** The hub wants the engine's current place in the Swarm. Resolves when the hub has it, or the report failed; never rejects. */
  onReportRequest(): Promise<void>;
  /** The tunnel was idle for its inactivity time. Resolves to whether it may close; never rejects. */
  onIdle(tunnelId: string): Promise<boolean>;
  /** The tunnel, or an attempt to open one, ended, and the hub may not know. */
  onLost(): void;
  /** A tunnel is open after failures: the reported problem is resolved. */
  onRecovered(): void;
}

const BACKOFF = Object.freeze({ firstMs: 250, maxMs: 30_000 });
/** Ends that the hub decided: nothing to report or retry. */
const DECIDED: ReadonlySet<TunnelEnd> = new Set(['idle', 'revoked', 'superseded']);
/** Expected refusals: the hub has a newer credential, or no longer needs a tunnel. */
const OVERTAKEN = new Set<string>([
  'credential-superseded',
  'credential-revoked',
] satisfies AgentProblemCode[]);

/** Keeps one tunnel, the environment's or the node's: opens it with a credential, reports its loss, backs off after failures. */
export class TunnelKeeper {
  /** Number of tunnels opened so far. */
  opened = 0;
  readonly #options: TunnelKeeperOptions;
  #tunnel: TunnelSession | null = null;
  #isOpening = false;
  /** Made with the newest credential. */
  #proof: TunnelProof | null = null;
  #isStopped = false;
  #failures = 0;
  #cancelPause: (() => void) | null = null;
  #problem: string | null = null;

  constructor(options: TunnelKeeperOptions) {
    this.#options = options;
  }

  /** Id of the open tunnel, or null. */
  get tunnelId(): string | null {
    return this.#tunnel?.id ?? null;
  }

  /** State for check-ins: `opening` lasts until the pause after a failure is over. */
  get state(): string {
    return this.tunnelId ?? (this.#isOpening ? 'opening' : 'none');
  }

  /** Stable code of the last attempt's failure; null after a success, and once no tunnel is needed. */
  get problem(): string | null {
    return this.#problem;
  }

  /**
   * Opens a tunnel with a sealed credential, except during the pause after a failure. A tunnel that is still connecting
   * presents the newest credential: the hub accepts no other, and issues one every few seconds. Never throws.
   */
  async open(sealed: string, inactivityMs: number): Promise<void> {
    const { clock, logger } = this.#options;
    if (this.#isStopped) return;
    if (this.#isOpening) {
      this.#proof = await this.#prove(sealed, inactivityMs).catch(() => this.#proof);
      return;
    }
    this.#isOpening = true;
    try {
      const startedMs = clock.monotonic();
      this.#proof = await this.#prove(sealed, inactivityMs);
      const tunnel = await this.#attempt(this.#proof);
      const older = this.#tunnel;
      this.#tunnel = tunnel;
      this.opened++;
      if (older) {
        older.close('superseded');
        logger.info({ tunnel: older.id, code: 'superseded' satisfies AgentProblemCode }, 'tunnel closed');
      }
      const isRecovered = this.#problem !== null;
      this.#failures = 0;
      this.#problem = null;
      this.#isOpening = false;
      if (isRecovered) this.#options.events.onRecovered();
      logger.info(
        { tunnel: tunnel.id, path: tunnel.path, ms: Math.round(clock.monotonic() - startedMs) },
        'tunnel open',
      );
    } catch (error) {
      const code = codeOf(error);
      if (OVERTAKEN.has(code)) logger.info({ code }, 'the credential was superseded or revoked');
      else if (code === this.#problem) logger.debug({ err: error }, 'opening the tunnel failed again');
      else logger.warn({ err: error }, 'opening the tunnel failed; the hub will issue another credential');
      if (!OVERTAKEN.has(code)) this.#problem = code;
      this.#pause();
    }
  }

  /** Does what the hub's answer to a check-in asks for. */
  apply(state: CheckInReply['tunnel'], credential: string | undefined, inactivityMs: number): void {
    if (credential !== undefined) void this.open(credential, inactivityMs);
    else if (state === 'idle' || state === 'standby') this.release();
  }

  /** The hub no longer needs a tunnel: closes it and forgets the last failure. */
  release(): void {
    this.#problem = null;
    if (!this.#isOpening) this.#tunnel?.close('idle');
  }

  /** Closes it permanently; safe to call twice. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelPause?.();
    this.#tunnel?.close('stopping');
  }

  /** After a failure: reports when the pause is over, and the hub's answer carries the next credential. */
  #pause(): void {
    if (this.#isStopped) return;
    const { clock, random, events } = this.#options;
    this.#cancelPause = clock.after(backoffMs(BACKOFF, this.#failures, random), () => {
      this.#isOpening = false;
      events.onLost();
    });
    this.#failures++;
  }

  async #prove(sealed: string, inactivityMs: number): Promise<TunnelProof> {
    const { environmentId, instanceId, purpose, credentialKey, instanceSecret } = this.#options;
    const { token } = await openCredential(credentialKey, sealed, {
      env: environmentId,
      instance: instanceId,
      purpose,
    });
    const secret = instanceSecret();
    if (!secret) throw problem('agent-unauthorized', { detail: 'The agent has not enrolled yet' });
    return { environmentId, instanceId, token, mac: proofMac(secret, token), inactivityMs };
  }

  async #attempt(first: TunnelProof): Promise<TunnelSession> {
    const { dial, dialEngine, events, clock, logger } = this.#options;
    // Loads HTTP/2, which an agent without a tunnel does not need.
    const { openTunnel } = await import('./handshake.js');
    const tunnel = await openTunnel({
      dial,
      proof: () => this.#proof ?? first,
      dialEngine,
      report: () => events.onReportRequest(),
      clock,
      logger,
      onIdle: (idle) => void this.#idle(idle),
      onEnd: (ended, end) => this.#ended(ended, end),
    });
    if (this.#isStopped) {
      tunnel.close('stopping');
      throw problem('agent-stopping');
    }
    return tunnel;
  }

  /** Only this tunnel: another one may be open when the hub answers. */
  async #idle(tunnel: TunnelSession): Promise<void> {
    if (await this.#options.events.onIdle(tunnel.id)) tunnel.close('idle');
    else tunnel.touch();
  }

  #ended(tunnel: TunnelSession, end: TunnelEnd): void {
    if (this.#tunnel !== tunnel) return;
    this.#tunnel = null;
    this.#options.logger.info({ tunnel: tunnel.id, code: end }, 'tunnel closed');
    if (!DECIDED.has(end) && !this.#isStopped) this.#options.events.onLost();
  }
}
