import type { CheckInQuery, CheckInReply } from '../../protocol/agent-calls.js';
import type { Clock } from '../../protocol/clock.js';
import { deriveKey, hashJoinSecret } from '../../protocol/derived-keys.js';
import { codeOf, EdgeError } from '../../protocol/edge-error.js';
import { NextRun } from '../../protocol/next-run.js';
import { PROTOCOL_VERSION } from '../../protocol/version.js';
import type { AgentConfig } from './config/read-config.js';
import { Engine } from './docker/engine.js';
import { EngineWatch } from './docker/engine-watch.js';
import { takeSnapshot } from './docker/snapshot/take.js';
import type { CheckInState } from './health/status-file.js';
import { HubClient } from './hub/client.js';
import { createOutbound, type Outbound } from './hub/outbound.js';
import { Poller } from './hub/poller.js';
import { SwarmReporter } from './hub/swarm-reporter.js';
import type { Logger } from './log.js';
import { MachineMark } from './machine/clone-marks.js';
import { loadInstanceKey } from './machine/instance-key.js';
import { MountWatch } from './machine/mount-watch.js';
import { TunnelKeeper } from './tunnel/keeper.js';

export interface AgentOptions {
  readonly config: AgentConfig;
  readonly version: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Identifies this boot of the machine; undefined: unknown. See `readBoot`. */
  readonly boot: string | undefined;
  /** A mounted file was replaced on the host: only a new container can mount it again. */
  readonly onStaleMount: (path: string) => void;
}

/** Delay past the interval before the health check reports a late check-in, ms. */
const HEALTH_SLACK_MS = 30_000;

/** An agent's two tunnels: the environment's, while it is the leader, and the one to its node alone. */
interface Tunnels {
  readonly environment: TunnelKeeper;
  readonly node: TunnelKeeper;
}

/** The agent: wires check-ins, tunnels, engine and snapshots. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #engine: Engine;
  readonly #watch: EngineWatch;
  readonly #outbound: Outbound;
  readonly #engineMounts: MountWatch;
  readonly #hubMounts: MountWatch;
  readonly #mark: MachineMark;
  readonly #reports = new NextRun(() => this.#report());
  #poller: Poller | null = null;
  #tunnels: Tunnels | null = null;
  #reporter: SwarmReporter | null = null;
  #client: HubClient | null = null;
  #reply: CheckInReply | null = null;
  #servedSnapshotRequest = 0;
  #isSnapshotRunning = false;
  #isSnapshotWantedAgain = false;
  #cancelSnapshots: (() => void) | null = null;
  #cancelRetry: (() => void) | null = null;
  #snapshotSeconds = 0;
  #state: CheckInState = { succeededAtMs: null, dueAtMs: null, problem: null };

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#engine = new Engine(options.config.engine);
    this.#mark = new MachineMark(options.config.dataDir, options.logger);
    this.#outbound = createOutbound(options.config, options.clock);
    this.#watch = new EngineWatch({
      engine: this.#engine,
      clock: options.clock,
      logger: options.logger,
      onState: () => this.#poller?.nudge(),
      onEngine: () => void this.#sendSnapshot(),
      onNode: () => this.#poller?.reenrol(),
      onReport: (report) => {
        this.#reporter?.note(report);
        this.#engineMounts.note(this.#watch.state === 'down');
      },
    });
    const mounts = { paths: options.config.reopened, onStale: options.onStaleMount };
    this.#engineMounts = new MountWatch(mounts);
    this.#hubMounts = new MountWatch(mounts);
  }

  /** State of the check-ins, for the health check. */
  get state(): CheckInState {
    return this.#state;
  }

  /** Loads the instance key and starts to check in. @throws ConfigError `data-dir-damaged` */
  async start(): Promise<void> {
    const { config, clock, random, logger } = this.#options;
    const { edgeKey, edgeId } = config;
    const instance = await loadInstanceKey(config.dataDir, logger);
    await this.#mark.load();
    const client = new HubClient({ edgeKey, edgeId, instance, agent: this.#outbound.agent, clock });
    this.#client = client;
    this.#reporter = new SwarmReporter({ client, clock, logger });
    const shared = {
      tunnelAddress: edgeKey.tunnelAddress,
      fingerprint: edgeKey.fingerprint,
      environmentId: edgeKey.environmentId,
      instanceId: instance.instanceId,
      credentialKey: deriveKey(edgeId, hashJoinSecret(edgeKey.secret), 'credential'),
      instanceSecret: () => client.instanceSecret,
      connectTcp: this.#outbound.connectTcp,
      dialEngine: () => this.#engine.dial(),
      report: () => this.#reports.run(),
      clock,
      random,
      onLost: () => this.#poller?.nudge(),
      onRecovered: () => this.#poller?.nudge(),
    };
    const keeper = (purpose: keyof Tunnels) => {
      const log = purpose === 'node' ? logger.child({ purpose }) : logger;
      const onIdle = (tunnelId: string) => void this.#closeIdle(purpose, tunnelId);
      return new TunnelKeeper({ ...shared, purpose, logger: log, onIdle });
    };
    this.#tunnels = { environment: keeper('environment'), node: keeper('node') };
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
        'the Edge key names an http:// address: anyone on the network path can read check-ins',
      );
    }
    logger.info(
      { hub: edgeKey.apiUrl, environment: edgeKey.environmentId, version: this.#options.version },
      'agent started',
    );
    await this.#watch.start();
    this.#poller.start();
  }

  /** Closes the tunnels and ends the loop; safe to call twice. */
  async stop(): Promise<void> {
    this.#watch.stop();
    this.#cancelSnapshots?.();
    this.#cancelRetry?.();
    this.#tunnels?.environment.stop();
    this.#tunnels?.node.stop();
    await this.#poller?.stop();
    this.#outbound.close();
  }

  async #enrol(signal: AbortSignal): Promise<void> {
    const facts = this.#watch.facts ?? (await this.#engine.info());
    const reply = await this.#client?.enrol(
      {
        protocol: PROTOCOL_VERSION,
        engineId: facts?.engineId ?? null,
        node: facts?.node ?? null,
        ...(facts?.isPlaceKnown === false && { isPlaceKnown: false }),
        ...(this.#options.boot !== undefined && { boot: this.#options.boot }),
        ...(this.#mark.value !== undefined && { mark: this.#mark.value }),
        agentVersion: this.#options.version,
        platform: `${process.platform}/${process.arch}`,
      },
      signal,
    );
    if (reply?.mark !== undefined) await this.#mark.keep(reply.mark);
    this.#options.logger.info({}, 'enrolled');
    void this.#sendSnapshot();
  }

  /** A recent call may have changed the engine's place in the Swarm: reports it without waiting for the next evaluation. */
  async #report(): Promise<void> {
    await this.#watch.evaluate();
    await this.#poller?.enrolled();
    await this.#reporter?.reported();
  }

  #query(): CheckInQuery {
    const { environment, node } = this.#tunnels ?? {};
    const problem = this.#watch.problem ?? environment?.problem ?? node?.problem ?? this.#poller?.problem;
    const nodeTunnel = node?.state ?? 'none';
    return {
      engine: this.#watch.state,
      tunnel: environment?.state ?? 'none',
      ...(nodeTunnel === 'none' ? {} : { nodeTunnel }),
      ...(problem ? { problem } : {}),
    };
  }

  #apply(reply: CheckInReply): void {
    const { clock } = this.#options;
    const isNewHub = this.#reply?.hub !== reply.hub;
    this.#reply = reply;
    if (isNewHub) {
      this.#servedSnapshotRequest = 0;
      this.#reporter?.reset();
    }
    this.#applyTunnel('environment', reply.tunnel, reply.credential);
    this.#applyTunnel('node', reply.nodeTunnel ?? 'idle', reply.nodeCredential);
    if (reply.snapshotRequest > this.#servedSnapshotRequest) {
      this.#servedSnapshotRequest = reply.snapshotRequest;
      void this.#sendSnapshot();
    }
    if (reply.snapshotSeconds !== this.#snapshotSeconds) {
      this.#snapshotSeconds = reply.snapshotSeconds;
      this.#cancelSnapshots?.();
      this.#cancelSnapshots =
        reply.snapshotSeconds > 0
          ? clock.every(reply.snapshotSeconds * 1_000, () => this.#sendRegularSnapshot())
          : null;
    }
  }

  #applyTunnel(purpose: keyof Tunnels, state: CheckInReply['tunnel'], credential: string | undefined): void {
    const tunnel = this.#tunnels?.[purpose];
    if (credential !== undefined) {
      const inactivityMs =
        this.#options.config.inactivityMs ?? (this.#reply?.inactivitySeconds ?? 300) * 1_000;
      void tunnel?.open(credential, inactivityMs);
    } else if (state === 'idle' || state === 'standby') {
      tunnel?.unwanted();
    }
  }

  #noteOutcome({ code, nextWithinMs }: { code: string | null; nextWithinMs: number }): void {
    const now = this.#options.clock.now();
    this.#hubMounts.note(code !== null);
    this.#state =
      code === null
        ? { succeededAtMs: now, dueAtMs: now + nextWithinMs + HEALTH_SLACK_MS, problem: null }
        : { ...this.#state, problem: code };
  }

  /** Skipped while the engine is down: the previous snapshot is more useful. */
  #sendRegularSnapshot(): void {
    if (this.#watch.state !== 'down') void this.#sendSnapshot();
  }

  async #sendSnapshot(): Promise<void> {
    // A snapshot requested now must not show an earlier state.
    this.#isSnapshotWantedAgain = this.#isSnapshotRunning;
    if (this.#isSnapshotRunning) return;
    this.#isSnapshotRunning = true;
    try {
      const { clock } = this.#options;
      await this.#client?.postSnapshot(await takeSnapshot(this.#engine, clock));
    } catch (error) {
      const isLater = ['snapshot-too-soon', 'hub-busy'].includes(codeOf(error));
      this.#options.logger[isLater ? 'debug' : 'warn']({ err: error }, 'the hub did not accept the snapshot');
      if (isLater) this.#sendSnapshotLater(error instanceof EdgeError ? error.retryAfterSeconds : undefined);
    } finally {
      this.#isSnapshotRunning = false;
      if (this.#isSnapshotWantedAgain) void this.#sendSnapshot();
    }
  }

  /** Retries when the hub accepts the next snapshot. */
  #sendSnapshotLater(seconds = 10): void {
    this.#cancelRetry ??= this.#options.clock.after(seconds * 1_000, () => {
      this.#cancelRetry = null;
      void this.#sendSnapshot();
    });
  }

  /** Sends a last snapshot and closes the tunnel, unless the hub reports a call in progress. */
  async #closeIdle(purpose: keyof Tunnels, tunnelId: string): Promise<void> {
    const { clock, logger } = this.#options;
    const tunnel = this.#tunnels?.[purpose];
    try {
      const snapshot = await takeSnapshot(this.#engine, clock);
      await this.#client?.postIdle(tunnelId, snapshot);
      tunnel?.close('idle', tunnelId);
    } catch (error) {
      if (codeOf(error) === 'tunnel-unknown') {
        tunnel?.close('idle', tunnelId);
        return;
      }
      // In use, or the hub did not answer: restart the clock; the hub has its own.
      if (codeOf(error) !== 'tunnel-in-use')
        logger.warn({ err: error }, 'closing the idle tunnel failed; retrying after the next idle time');
      tunnel?.touch();
    }
  }
}
