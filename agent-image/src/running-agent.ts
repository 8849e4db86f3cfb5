import { deriveKey, hashJoinSecret } from '../../protocol/crypto/derived-keys.js';
import type { CheckInQuery, CheckInReply } from '../../protocol/messages/agent-calls.js';
import { codeOf } from '../../protocol/problems/problem.js';
import type { Clock } from '../../protocol/time/clock.js';
import { NextRun } from '../../protocol/time/next-run.js';
import { PROTOCOL_VERSION } from '../../protocol/version.js';
import type { AgentConfig } from './config/read-config.js';
import { Engine } from './docker/engine.js';
import { EngineWatch } from './docker/engine-watch.js';
import { takeSnapshot } from './docker/snapshot/take.js';
import { EnrolmentDoctor } from './doctor/enrolment-doctor.js';
import type { CheckInRecord } from './health/check-in-record.js';
import type { AgentMetrics } from './health/metrics-file.js';
import { HubClient } from './hub/client.js';
import { toHubError } from './hub/error.js';
import { createOutbound, type Outbound } from './hub/outbound.js';
import { Poller } from './hub/poller.js';
import { SnapshotSender } from './hub/snapshot-sender.js';
import { SwarmReporter } from './hub/swarm-reporter.js';
import type { Logger } from './log.js';
import type { MachineMark } from './machine/clone-marks.js';
import type { InstanceKey } from './machine/instance-key.js';
import { MountWatch } from './machine/mount-watch.js';
import { TunnelKeeper } from './tunnel/keeper.js';
import { type DialPath, TransportDialler } from './tunnel/transport/dialler.js';
import { dialPort } from './tunnel/transport/port.js';
import { dialWebSocket } from './tunnel/transport/web-socket.js';

export interface RunningAgentOptions {
  readonly config: AgentConfig;
  readonly version: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Identifies this boot of the machine; undefined: unknown. See `readBoot`. */
  readonly boot: string | undefined;
  /** A mounted file was replaced on the host: only a new container can mount it again. */
  readonly onStaleMount: (path: string) => void;
  /** The agent is about to open a tunnel. */
  readonly onDial: () => void;
  readonly instance: InstanceKey;
  readonly mark: MachineMark;
  /** Records the outcome of check-ins. */
  readonly checkIns: CheckInRecord;
}

/** The environment's tunnel, while this agent is the leader, and the one to its node alone. */
type Purpose = 'environment' | 'node';

/** An agent with an identity: connects its check-ins, tunnels, engine and snapshots. */
export class RunningAgent {
  readonly #options: RunningAgentOptions;
  readonly #engine: Engine;
  readonly #watch: EngineWatch;
  readonly #outbound: Outbound;
  readonly #client: HubClient;
  readonly #poller: Poller;
  readonly #reporter: SwarmReporter;
  readonly #snapshots: SnapshotSender;
  readonly #dialler: TransportDialler;
  readonly #tunnels: Readonly<Record<Purpose, TunnelKeeper>>;
  readonly #engineMounts: MountWatch;
  readonly #hubMounts: MountWatch;
  readonly #doctor: EnrolmentDoctor;
  readonly #reports = new NextRun(() => this.#report());
  #hub: string | null = null;

  constructor(options: RunningAgentOptions) {
    const { config, instance, clock, random, logger } = options;
    this.#options = options;
    this.#engine = new Engine(config.engine, clock);
    this.#outbound = createOutbound(config, clock);
    this.#client = new HubClient({ ...config, ...this.#outbound, instance, clock });
    this.#doctor = new EnrolmentDoctor({ config, client: this.#client, clock, logger });
    this.#watch = new EngineWatch({
      engine: this.#engine,
      clock,
      logger,
      onState: () => this.#poller.nudge(),
      onEngine: () => this.#snapshots.send(),
      onNode: () => this.#poller.reenrol(),
      onReport: (report) => {
        this.#reporter.note(report);
        this.#engineMounts.note(this.#watch.state === 'down');
      },
    });
    this.#reporter = new SwarmReporter({ client: this.#client, clock, logger });
    this.#snapshots = new SnapshotSender({
      client: this.#client,
      takeSnapshot: () => takeSnapshot(this.#engine, clock),
      isEngineDown: () => this.#watch.state === 'down',
      clock,
      logger,
    });
    this.#dialler = this.#createDialler();
    this.#tunnels = Object.freeze({ environment: this.#keeper('environment'), node: this.#keeper('node') });
    this.#poller = new Poller({
      client: this.#client,
      clock,
      random,
      logger,
      query: () => this.#query(),
      enrol: (signal) => this.#doctor.watch(() => this.#enrol(signal)),
      onReply: (reply) => this.#apply(reply),
      onOutcome: (outcome) => {
        this.#hubMounts.note(outcome.code !== null);
        options.checkIns.note(outcome);
      },
    });
    const mounts = { paths: config.reopened, onStale: options.onStaleMount };
    this.#engineMounts = new MountWatch(mounts);
    this.#hubMounts = new MountWatch(mounts);
  }

  /** For the metrics. */
  get facts(): Pick<AgentMetrics, 'isEngineUp' | 'tunnels'> {
    const factsOf = ({ tunnelId, opened }: TunnelKeeper) => ({ isOpen: tunnelId !== null, opened });
    const { environment, node } = this.#tunnels;
    return {
      isEngineUp: this.#watch.state === 'up',
      tunnels: { environment: factsOf(environment), node: factsOf(node) },
    };
  }

  /** Resolves after the first evaluation of the engine, when check-ins start. */
  async start(): Promise<void> {
    await this.#watch.start();
    this.#poller.start();
  }

  /** Closes the tunnels and ends the loop; safe to call twice. */
  async stop(): Promise<void> {
    this.#watch.stop();
    this.#doctor.stop();
    this.#snapshots.stop();
    for (const tunnel of Object.values(this.#tunnels)) tunnel.stop();
    await this.#poller.stop();
    this.#outbound.close();
  }

  /** One for both tunnels: they have the same network. */
  #createDialler(): TransportDialler {
    const { config, clock, logger } = this.#options;
    const { apiUrl, tunnelAddress, fingerprint } = config.edgeKey;
    const { connectTcp, upgradeAgent: agent } = this.#outbound;
    const tls = { fingerprint, clock };
    const dialApi: DialPath = (alpn, signal) =>
      dialWebSocket({ ...tls, apiUrl, agent, toHubError, alpn, signal });
    if (tunnelAddress === null) return new TransportDialler({ dialApi, clock, logger });
    const dialByPort: DialPath = (alpn, signal) =>
      dialPort({ ...tls, tunnelAddress, connectTcp, alpn, signal });
    return new TransportDialler({ dialPort: dialByPort, dialApi, clock, logger });
  }

  #keeper(purpose: Purpose): TunnelKeeper {
    const { config, instance, clock, random, logger, onDial } = this.#options;
    const { edgeKey, edgeId } = config;
    return new TunnelKeeper({
      dial: (alpn, path) => {
        onDial();
        return this.#dialler.dial(alpn, path);
      },
      environmentId: edgeKey.environmentId,
      instanceId: instance.instanceId,
      purpose,
      credentialKey: deriveKey(edgeId, hashJoinSecret(edgeKey.secret), 'credential'),
      instanceSecret: () => this.#client.instanceSecret,
      dialEngine: () => this.#engine.dial(),
      clock,
      random,
      logger: purpose === 'node' ? logger.child({ purpose }) : logger,
      events: {
        onReportRequest: () => this.#reports.run(),
        onIdle: (tunnelId) => this.#mayClose(tunnelId),
        onLost: () => this.#poller.nudge(),
        onRecovered: () => this.#poller.nudge(),
      },
    });
  }

  async #enrol(signal: AbortSignal): Promise<void> {
    const { boot, mark, version, logger } = this.#options;
    const facts = this.#watch.facts ?? (await this.#engine.info());
    const reply = await this.#client.enrol(
      {
        protocol: PROTOCOL_VERSION,
        engineId: facts?.engineId ?? null,
        node: facts?.node ?? null,
        ...(facts?.isPlaceKnown === false && { isPlaceKnown: false }),
        ...(boot !== undefined && { boot }),
        ...(mark.value !== undefined && { mark: mark.value }),
        agentVersion: version,
        platform: `${process.platform}/${process.arch}`,
      },
      signal,
    );
    if (reply.mark !== undefined) await mark.keep(reply.mark);
    logger.info({}, 'enrolled');
    this.#snapshots.send();
  }

  /** A recent call may have changed the engine's place in the Swarm: reports it without waiting for the next evaluation. */
  async #report(): Promise<void> {
    await this.#watch.evaluate();
    await this.#poller.enrolled();
    await this.#reporter.reported();
  }

  #query(): CheckInQuery {
    const { environment, node } = this.#tunnels;
    const problem = this.#watch.problem ?? environment.problem ?? node.problem ?? this.#poller.problem;
    return {
      engine: this.#watch.state,
      tunnel: environment.state,
      ...(node.state === 'none' ? {} : { nodeTunnel: node.state }),
      ...(problem ? { problem } : {}),
    };
  }

  #apply(reply: CheckInReply): void {
    if (this.#hub !== reply.hub) {
      this.#hub = reply.hub;
      this.#snapshots.reset();
      this.#reporter.reset();
    }
    const inactivityMs = this.#options.config.inactivityMs ?? reply.inactivitySeconds * 1_000;
    const { environment, node } = this.#tunnels;
    environment.apply(reply.tunnel, reply.credential, inactivityMs);
    node.apply(reply.nodeTunnel ?? 'idle', reply.nodeCredential, inactivityMs);
    this.#snapshots.apply(reply);
  }

  /** Sends a last snapshot, and asks the hub whether the idle tunnel may close: not while a call is in progress. */
  async #mayClose(tunnelId: string): Promise<boolean> {
    const { clock, logger } = this.#options;
    try {
      await this.#client.postIdle(tunnelId, await takeSnapshot(this.#engine, clock));
      return true;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'tunnel-unknown') return true;
      // Without an answer the agent asks again after the next idle time; the hub has its own.
      if (code !== 'tunnel-in-use')
        logger.warn({ err: error }, 'closing the idle tunnel failed; retrying after the next idle time');
      return false;
    }
  }
}
