import type { ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { CheckIns } from '../../../plugin/server-hooks/agents/check-ins.js';
import { TunnelAdmission } from '../../../plugin/server-hooks/agents/tunnel-admission.js';
import { leaderCandidates } from '../../../plugin/server-hooks/live/leader-candidates.js';
import { Presence } from '../../../plugin/server-hooks/live/presence.js';
import type { Store } from '../../../plugin/server-hooks/store/store.js';
import { LeaderElection } from '../../../plugin/server-hooks/swarm/leader-election.js';
import { SwarmRoster } from '../../../plugin/server-hooks/swarm/roster.js';
import { type Grant, TunnelCredentials } from '../../../plugin/server-hooks/tunnel/credentials.js';
import { TunnelRegistry } from '../../../plugin/server-hooks/tunnel/registry.js';
import { Tunnel } from '../../../plugin/server-hooks/tunnel/tunnel.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { LogRecorder } from '../log-recorder.js';
import { MortalClock } from './mortal-clock.js';

export interface LeaseHubOptions {
  readonly clock: Clock;
  readonly store: Store;
  readonly bootId: string;
  readonly randomBytes: (size: number) => Buffer;
  /** A credential was issued; its seal is still being made. */
  readonly onIssue: () => void;
  /** Before the hub itself hears of a change. */
  readonly onChange: () => void;
}

/** The parts of the hub that have to do with leases, wired as in the plugin, without HTTP, TLS and disk. */
export class LeaseHub {
  readonly bootId: string;
  readonly clock: MortalClock;
  readonly store: Store;
  readonly presence: Presence;
  readonly registry: TunnelRegistry;
  readonly credentials: TunnelCredentials;
  readonly roster: SwarmRoster;
  readonly election: LeaderElection;
  readonly checkIns: CheckIns;
  readonly admission: TunnelAdmission;
  readonly #logger = new LogRecorder();
  #tunnels = 0;

  constructor({ clock: real, store, bootId, randomBytes, onIssue, onChange }: LeaseHubOptions) {
    const clock = new MortalClock(real);
    const logger = this.#logger;
    const presence = new Presence(clock);
    const registry = new TunnelRegistry({ clock, bootId, inactivityMs: () => 300_000 });
    const credentials = new TunnelCredentials({ clock, randomBytes });
    const issue = credentials.issue.bind(credentials);
    credentials.issue = (holder) => {
      onIssue();
      return issue(holder);
    };
    const roster = new SwarmRoster({ store, clock, onChange: (id) => this.election.evaluate(id) });
    const candidates = (id: number) => {
      const environment = store.environment(id);
      return environment ? leaderCandidates(environment, presence, roster) : [];
    };
    this.bootId = bootId;
    this.clock = clock;
    this.store = store;
    this.presence = presence;
    this.registry = registry;
    this.credentials = credentials;
    this.roster = roster;
    this.election = new LeaderElection({ registry, candidates, clock, logger });
    this.checkIns = new CheckIns({
      store,
      presence,
      registry,
      credentials,
      election: this.election,
      clock,
      bootId,
    });
    this.admission = new TunnelAdmission({ store, registry, credentials, presence, logger });
    registry.onChange(onChange);
    registry.start();
    this.election.start();
    this.checkIns.start();
  }

  /** A tunnel whose connection does nothing; not in its place yet. */
  tunnel(grant: Grant): Tunnel {
    // Gone from the start: all that is asked of it is to be cut.
    const session = { closed: true, destroyed: true, destroy: () => undefined };
    return new Tunnel({
      id: `${this.bootId}-tunnel-${++this.#tunnels}`,
      grant,
      session: session as unknown as ClientHttp2Session,
      socket: { destroy: () => undefined } as unknown as Socket,
      inactivityMs: 300_000,
      clock: this.clock,
      logger: this.#logger,
    });
  }

  /** In the plugin's order. */
  stop(): void {
    this.checkIns.stop();
    this.election.stop();
    this.registry.stop();
  }
}
