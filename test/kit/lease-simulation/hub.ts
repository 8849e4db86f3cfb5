import type { ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { CheckIns } from '../../../plugin/server-hooks/agents/check-ins.js';
import { createHandshake } from '../../../plugin/server-hooks/assembly/tunnels.js';
import type { LiveEnvironment } from '../../../plugin/server-hooks/live/environment.js';
import { LiveEnvironments } from '../../../plugin/server-hooks/live/environments.js';
import type { Store } from '../../../plugin/server-hooks/store/store.js';
import type { Grant } from '../../../plugin/server-hooks/tunnel/credentials.js';
import type { TunnelHandshake } from '../../../plugin/server-hooks/tunnel/handshake.js';
import { RefusalLog } from '../../../plugin/server-hooks/tunnel/refusal-log.js';
import { TunnelSession } from '../../../plugin/server-hooks/tunnel/session.js';
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
  /** Called after each change of the tunnels or the leader, and before each grant. */
  readonly onChange: () => void;
}

/** The parts of the hub that have to do with leases, wired as in the plugin, without HTTP, TLS and disk. */
export class LeaseHub {
  readonly bootId: string;
  readonly clock: MortalClock;
  readonly store: Store;
  readonly live: LiveEnvironments;
  readonly checkIns: CheckIns;
  readonly handshake: TunnelHandshake;
  #tunnels = 0;

  constructor({ clock: real, store, bootId, randomBytes, onIssue, onChange }: LeaseHubOptions) {
    const clock = new MortalClock(real);
    const logger = new LogRecorder();
    const files = { write: async () => undefined };
    const live = new LiveEnvironments({ store, files, clock, logger, randomBytes, bootId });
    const issue = live.tokens.issue.bind(live.tokens);
    live.tokens.issue = (holder, onEnd) => {
      onIssue();
      return issue(holder, onEnd);
    };
    this.bootId = bootId;
    this.clock = clock;
    this.store = store;
    this.live = live;
    this.checkIns = new CheckIns({ store, live });
    this.handshake = createHandshake(store, live, {
      newId: () => this.#newId(),
      refusals: new RefusalLog(clock, logger),
      clock,
      logger,
    });
    // A lease may end and be granted again in one decision: the rules see both.
    const slot = live.of(1).tunnels.slot();
    const grant = slot.grant.bind(slot);
    slot.grant = (instanceId) => {
      onChange();
      return grant(instanceId);
    };
    live.onChange(onChange);
    live.start();
  }

  /** A tunnel whose connection does nothing; not registered yet. */
  tunnel(grant: Grant): TunnelSession {
    // Never connected: it is only cut.
    const session = { closed: true, destroyed: true, destroy: () => undefined };
    const socket = { destroy: () => undefined } as unknown as Socket;
    return new TunnelSession({
      id: this.#newId(),
      grant,
      transport: { socket, wire: socket, path: 'tunnel-port' },
      http2: session as unknown as ClientHttp2Session,
      inactivityMs: 300_000,
      clock: this.clock,
    });
  }

  /** Of the one environment. */
  get environment(): LiveEnvironment {
    return this.live.of(1);
  }

  stop(): void {
    this.live.stop();
  }

  #newId(): string {
    return `${this.bootId}-tunnel-${++this.#tunnels}`;
  }
}
