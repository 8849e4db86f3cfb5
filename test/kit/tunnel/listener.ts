import type { Grant } from '../../../plugin/server-hooks/tunnel/credentials.js';
import { loadTunnelIdentity } from '../../../plugin/server-hooks/tunnel/identity.js';
import { TunnelListener } from '../../../plugin/server-hooks/tunnel/listener.js';
import type { TunnelSession } from '../../../plugin/server-hooks/tunnel/session.js';
import { problem } from '../../../protocol/problems.js';
import { type Clock, systemClock } from '../../../protocol/time/clock.js';
import type { TunnelProof } from '../../../protocol/tunnel/proof.js';
import { LogRecorder } from '../log-recorder.js';
import type { Scope } from '../scope.js';
import { tempFolder } from '../temp-folder.js';

export const GRANT: Grant = {
  environmentId: 1,
  instanceId: 'a',
  nodeId: null,
  generation: 1,
  purpose: 'environment',
  epoch: 'epoch',
  expiresAtMs: 0,
};

/** A proof that `startListener`'s default accepts. */
export const PROOF: TunnelProof = {
  environmentId: 1,
  instanceId: 'a',
  token: 'T'.repeat(43),
  mac: 'M'.repeat(43),
  inactivityMs: 60_000,
};

export interface TestListener {
  readonly listener: TunnelListener;
  readonly port: number;
  readonly fingerprint: string;
  readonly log: LogRecorder;
  /** Tunnels that were registered, in order. */
  readonly tunnels: TunnelSession[];
  /** The code of the first connection refused since the start. */
  readonly refused: Promise<string>;
}

/** A tunnel port that accepts the token of {@link PROOF}, any number of times. */
export async function startListener(
  t: Scope,
  options: { clock?: Clock; register?: (tunnel: TunnelSession) => void; openFiles?: number } = {},
): Promise<TestListener> {
  const clock = options.clock ?? systemClock;
  const { key, certificate, fingerprint } = await loadTunnelIdentity(await tempFolder(t), clock);
  const tunnels: TunnelSession[] = [];
  let report: (code: string) => void = () => undefined;
  const refused = new Promise<string>((resolve) => {
    report = resolve;
  });
  const log = new LogRecorder();
  const warn = log.warn.bind(log);
  log.warn = (fields: { code?: string }, message) => {
    warn(fields, message);
    report(fields.code ?? 'no code');
  };
  let count = 0;
  const listener = new TunnelListener({
    key,
    certificate,
    port: 0,
    bind: '0.0.0.0',
    clock,
    logger: log,
    newId: () => `tunnel-${++count}`,
    openFiles: options.openFiles ?? Number.POSITIVE_INFINITY,
    admit: ({ token }) => {
      if (token === PROOF.token) return GRANT;
      throw problem('credential-unknown');
    },
    register: (tunnel) => {
      options.register?.(tunnel);
      tunnels.push(tunnel);
    },
  });
  const port = await listener.start();
  t.teardown(() => {
    for (const tunnel of tunnels) tunnel.close('stopping');
    listener.stop();
  });
  return { listener, port, fingerprint, log, tunnels, refused };
}
