import type { BenchLab } from '../lab/lab.js';
import { type Link, startRelay } from '../lab/link.js';
import { makeSelfSigned } from '../lab/self-signed.js';
import { startRole } from '../roles/start-role.js';
import { chisel } from './chisel.js';
import { frp } from './frp.js';
import { bareRoute, type Defer, type Route } from './route.js';
import { ssh } from './ssh.js';

export const DIRECT = 'direct socket';
export const RAW_PIPE = 'raw TLS pipe';

/** Ways to the engine without hub and agent: those whose programs are installed. */
export async function startBaselines(lab: BenchLab, defer: Defer): Promise<Route[]> {
  const { socketPath, enginePort, folder } = lab;
  const routes = [
    bareRoute(DIRECT, { socketPath }, []),
    await rawPipe(socketPath, defer),
    await ssh(socketPath, folder, defer),
    enginePort === null ? null : await chisel(enginePort, defer),
    await frp(socketPath, folder, defer),
  ];
  return routes.filter((route) => route !== null);
}

/**
 * The tunnel's hops and processes, with one TLS connection for each client's instead of a tunnel.
 * @param link between them; null for loopback itself
 */
export async function rawPipe(socketPath: string, defer: Defer, link: Link | null = null): Promise<Route> {
  const exit = await startTlsExit(socketPath, defer, link);
  const entry = await startRole('tls-pipe', { side: 'entry', port: exit.port });
  defer(() => entry.stop());
  return bareRoute(RAW_PIPE, { port: Number(entry.ready.port) }, [entry.pid, exit.pid]);
}

/** A TLS server that forwards to the engine's socket; `port` is on the near end of `link`. */
export async function startTlsExit(socketPath: string, defer: Defer, link: Link | null) {
  const { key, certificate } = await makeSelfSigned();
  const exit = await startRole('tls-pipe', { side: 'exit', key, certificate, socketPath });
  defer(() => exit.stop());
  const port = Number(exit.ready.port);
  if (!link) return { port, pid: exit.pid };
  const relay = await startRelay(link, [port]);
  defer(() => relay.role.stop());
  return { port: relay.ports[0] ?? 0, pid: exit.pid };
}
