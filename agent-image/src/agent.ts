import type { CheckInReply } from '../../protocol/agent-calls.js';
import type { Clock } from '../../protocol/clock.js';
import { deriveKey, hashJoinSecret } from '../../protocol/derived-keys.js';
import { codeOf } from '../../protocol/edge-error.js';
import { PROTOCOL_VERSION } from '../../protocol/version.js';
import type { AgentConfig } from './config.js';
import { Engine } from './docker/engine.js';
import { takeSnapshot } from './docker/take-snapshot.js';
import { HubClient } from './hub-client.js';
import { loadInstanceKey } from './instance-key.js';
import type { Logger } from './log.js';
import { createOutbound, type Outbound } from './outbound.js';
import { Poller } from './poller.js';
import type { CheckInState } from './status-file.js';
import { TunnelKeeper } from './tunnel/tunnel-keeper.js';
import { AGENT_VERSION } from './version.js';

export interface AgentOptions {
  readonly config: AgentConfig;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** How often the engine is asked for a sign of life, ms. */
const ENGINE_PING_MS = 10_000;
/** What an answer may take on top of its interval before the health check worries, ms. */
const HEALTH_SLACK_MS = 30_000;

/** The agent: check-ins, tunnel, engine and snapshots, which meet only here. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #engine: Engine;
  readonly #outbound: Outbound;
  #poller: Poller | null = null;
  #tunnels: TunnelKeeper | null = null;
  #client: HubClient | null = null;
  #engineState: 'up' | 'down' | 'unknown' = 'unknown';
  #reply: CheckInReply | null = null;
  #servedSnapshotRequest = 0;
  #isSnapshotRunning = false;
  #isSnapshotWantedAgain = false;
  #cancelEngineWatch: (() => void) | null = null;
  #cancelSnapshots: (() => void) | null = null;
  #snapshotSeconds = 0;
  #state: CheckInState = { succeededAtMs: null, dueAtMs: null, problem: null };

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#engine = new Engine(options.config.engine);
    this.#outbound = createOutbound(options.config);
  }

  /** How check-ins go, for the health check. */
  get state(): CheckInState {
    return this.#state;
  }

  /** Loads the instance key and begins to check in. @throws ConfigError `data-dir-damaged` */
  async start(): Promise<void> {
    const { config, clock, random, logger } = this.#options;
    const { edgeKey, edgeId } = config;
    const instance = await loadInstanceKey(config.dataDir, logger);
    const client = new HubClient({ edgeKey, edgeId, instance, agent: this.#outbound.agent, clock });
    this.#client = client;
    this.#tunnels = new TunnelKeeper({
      tunnelAddress: edgeKey.tunnelAddress,
      fingerprint: edgeKey.fingerprint,
      environmentId: edgeKey.environmentId,
      instanceId: instance.instanceId,
      credentialKey: deriveKey(edgeId, hashJoinSecret(edgeKey.secret), 'credential'),
      instanceSecret: () => client.instanceSecret,
      connectTcp: this.#outbound.connectTcp,
      dialEngine: () => this.#engine.dial(),
      clock,
      random,
      logger,
      onIdle: (tunnelId) => void this.#closeIdle(tunnelId),
      onLost: () => this.#poller?.nudge(),
      onMended: () => this.#poller?.nudge(),
    });
    this.#poller = new Poller({
      client,
      clock,
      random,
      logger,
      query: () => this.#query(),
      enrol: (signal) => this.#enrol(signal),
      onReply: (reply) => this.#apply(reply),
      onOutcome: (outcome) => this.#noteOutcome(outcome),
    });
    if (config.cleartext) {
      logger.warn(
        { code: 'cleartext' },
        'the Edge key names an http:// address: anyone on the way can read check-ins',
      );
    }
    logger.info(
      { hub: edgeKey.apiUrl, environment: edgeKey.environmentId, version: AGENT_VERSION },
      'agent started',
    );
    await this.#watchEngine();
    this.#cancelEngineWatch = clock.every(ENGINE_PING_MS, () => void this.#watchEngine());
    this.#poller.start();
  }

  /** Closes the tunnel and ends the loop; safe to call twice. */
  async stop(): Promise<void> {
    this.#cancelEngineWatch?.();
    this.#cancelSnapshots?.();
    this.#tunnels?.stop();
    await this.#poller?.stop();
    this.#outbound.close();
  }

  async #enrol(signal: AbortSignal): Promise<void> {
    const facts = await this.#engine.info();
    await this.#client?.enrol(
      {
        protocol: PROTOCOL_VERSION,
        engineId: facts?.engineId ?? null,
        node: facts?.node ?? null,
        agentVersion: AGENT_VERSION,
        platform: `${process.platform}/${process.arch}`,
      },
      signal,
    );
    this.#options.logger.info({}, 'enrolled');
    void this.#sendSnapshot();
  }

  #query() {
    const problem = this.#tunnels?.problem ?? this.#poller?.problem;
    return {
      engine: this.#engineState,
      tunnel: this.#tunnels?.tunnelId ?? (this.#tunnels?.isOpening ? 'opening' : 'none'),
      ...(problem ? { problem } : {}),
    };
  }

  #apply(reply: CheckInReply): void {
    const { clock, config } = this.#options;
    const isNewHub = this.#reply?.hub !== reply.hub;
    this.#reply = reply;
    if (isNewHub) this.#servedSnapshotRequest = 0;
    if (reply.credential !== undefined) {
      const inactivityMs = config.inactivityMs ?? reply.inactivitySeconds * 1_000;
      void this.#tunnels?.open(reply.credential, inactivityMs);
    } else if (reply.tunnel === 'idle') {
      this.#tunnels?.unwanted();
    }
    if (reply.snapshotRequest > this.#servedSnapshotRequest) {
      this.#servedSnapshotRequest = reply.snapshotRequest;
      void this.#sendSnapshot();
    }
    if (reply.snapshotSeconds !== this.#snapshotSeconds) {
      this.#snapshotSeconds = reply.snapshotSeconds;
      this.#cancelSnapshots?.();
      this.#cancelSnapshots =
        reply.snapshotSeconds > 0
          ? clock.every(reply.snapshotSeconds * 1_000, () => void this.#sendSnapshot())
          : null;
    }
  }

  #noteOutcome({ code, nextWithinMs }: { code: string | null; nextWithinMs: number }): void {
    const now = this.#options.clock.now();
    this.#state =
      code === null
        ? { succeededAtMs: now, dueAtMs: now + nextWithinMs + HEALTH_SLACK_MS, problem: null }
        : { ...this.#state, problem: code };
  }

  async #watchEngine(): Promise<void> {
    const state = (await this.#engine.ping()) ? 'up' : 'down';
    if (state === this.#engineState) return;
    const { logger } = this.#options;
    if (state === 'down') logger.warn({ code: 'engine-unreachable' }, 'the Docker Engine does not answer');
    else logger.info({}, 'the Docker Engine answers');
    const isFirst = this.#engineState === 'unknown';
    this.#engineState = state;
    if (!isFirst) this.#poller?.nudge();
  }

  async #sendSnapshot(): Promise<void> {
    // One that is asked for now must not show what was before.
    this.#isSnapshotWantedAgain = this.#isSnapshotRunning;
    if (this.#isSnapshotRunning) return;
    this.#isSnapshotRunning = true;
    try {
      const { clock } = this.#options;
      await this.#client?.postSnapshot(await takeSnapshot(this.#engine, () => clock.now()));
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'the snapshot was not taken in');
    } finally {
      this.#isSnapshotRunning = false;
      if (this.#isSnapshotWantedAgain) void this.#sendSnapshot();
    }
  }

  /** Leaves a snapshot and closes, unless the hub knows of a call under way. */
  async #closeIdle(tunnelId: string): Promise<void> {
    const { clock, logger } = this.#options;
    try {
      const snapshot = await takeSnapshot(this.#engine, () => clock.now());
      await this.#client?.postIdle(tunnelId, snapshot);
      this.#tunnels?.close('idle', tunnelId);
    } catch (error) {
      if (codeOf(error) === 'tunnel-unknown') {
        this.#tunnels?.close('idle', tunnelId);
        return;
      }
      // In use, or the hub did not answer: the clock starts anew, and the hub has one of its own.
      if (codeOf(error) !== 'tunnel-in-use')
        logger.warn({ err: error }, 'the idle tunnel could not be closed yet');
      this.#tunnels?.touch();
    }
  }
}
