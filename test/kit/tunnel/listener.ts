import { loadTunnelIdentity } from '../../../plugin/server-hooks/tunnel/identity.js';
import type { TunnelSession } from '../../../plugin/server-hooks/tunnel/session.js';
import type { TlsListener } from '../../../plugin/server-hooks/tunnel/transport/tls.js';
import { type Clock, systemClock } from '../../../protocol/time/clock.js';
import { LogRecorder } from '../log-recorder.js';
import type { Scope } from '../scope.js';
import { tempFolder } from '../temp-folder.js';
import { proofOf, tunnelPort } from './port.js';

/** A proof that {@link startListener} accepts. */
export const PROOF = proofOf(1);

export interface TestListener {
  readonly listener: TlsListener;
  readonly port: number;
  readonly fingerprint: string;
  readonly log: LogRecorder;
  /** Admitted tunnels, in order. */
  readonly tunnels: TunnelSession[];
  /** The code of the first connection refused since the start. */
  readonly refused: Promise<string>;
}

/** A tunnel port that admits {@link PROOF} any number of times. */
export async function startListener(
  t: Scope,
  options: { clock?: Clock; attach?: (tunnel: TunnelSession) => void; openFiles?: number } = {},
): Promise<TestListener> {
  const clock = options.clock ?? systemClock;
  const identity = await loadTunnelIdentity(await tempFolder(t), clock);
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
  const listener = tunnelPort({
    identity,
    bind: '0.0.0.0',
    clock,
    logger: log,
    newId: () => `tunnel-${++count}`,
    attach: (tunnel) => {
      options.attach?.(tunnel);
      tunnels.push(tunnel);
    },
    ...(options.openFiles === undefined ? {} : { openFiles: options.openFiles }),
  });
  const port = await listener.start();
  t.teardown(() => {
    for (const tunnel of tunnels) tunnel.close('stopping');
    listener.stop();
  });
  return { listener, port, fingerprint: identity.fingerprint, log, tunnels, refused };
}
