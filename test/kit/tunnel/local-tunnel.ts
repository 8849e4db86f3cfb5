import type { Duplex } from 'node:stream';
import type { TunnelSession as AgentTunnelSession } from '../../../agent-image/src/tunnel/session.js';
import { loadTunnelIdentity } from '../../../plugin/server-hooks/tunnel/identity.js';
import type { TunnelSession } from '../../../plugin/server-hooks/tunnel/session.js';
import { type Clock, systemClock } from '../../../protocol/time/clock.js';
import { LogRecorder } from '../log-recorder.js';
import type { Scope } from '../scope.js';
import { tempFolder } from '../temp-folder.js';
import { openAgentTunnel } from './endpoints.js';
import { tunnelPort } from './port.js';

export interface LocalTunnelOptions {
  readonly dialEngine: () => Promise<Duplex>;
  readonly environmentId?: number;
  /** Of the hub's end. Default: the machine's. */
  readonly hubClock?: Clock;
  /** Of the agent's end. Default: the machine's. */
  readonly agentClock?: Clock;
}

/** Both ends of a tunnel in this process, over TLS on loopback. */
export interface LocalTunnel {
  readonly tunnel: TunnelSession;
  readonly agentTunnel: AgentTunnelSession;
  /** Resolves to the code the agent's end closed with. */
  readonly agentClosed: Promise<string>;
}

export async function localTunnel(t: Scope, options: LocalTunnelOptions): Promise<LocalTunnel> {
  const identity = await loadTunnelIdentity(await tempFolder(t), systemClock);
  let attach: (tunnel: TunnelSession) => void = () => undefined;
  const admitted = new Promise<TunnelSession>((resolve) => {
    attach = resolve;
  });
  const listener = tunnelPort({
    identity,
    bind: '127.0.0.1',
    clock: options.hubClock ?? systemClock,
    logger: new LogRecorder(),
    newId: () => 'local',
    attach,
  });
  const port = await listener.start();
  t.teardown(() => listener.stop());
  const { opening, closed } = openAgentTunnel({
    port,
    fingerprint: identity.fingerprint,
    clock: options.agentClock ?? systemClock,
    dialEngine: options.dialEngine,
    ...(options.environmentId === undefined ? {} : { environmentId: options.environmentId }),
  });
  const [tunnel, agentTunnel] = await Promise.all([admitted, opening]);
  t.teardown(() => agentTunnel.close('stopping'));
  t.teardown(() => tunnel.close('stopping'));
  return { tunnel, agentTunnel, agentClosed: closed };
}
