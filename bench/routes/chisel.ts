import { spawn } from 'node:child_process';
import { endProcess } from '../lab/bundled-hub.js';
import { findPrograms, freePort, untilOpen } from './programs.js';
import { bareRoute, type Defer, type Route } from './route.js';

/** The engine's TCP port by a reverse remote of chisel, which forwards to no socket; null without `chisel` in `PATH`. */
export async function chisel(enginePort: number, defer: Defer): Promise<Route | null> {
  const [program] = (await findPrograms('chisel')) ?? [];
  if (program === undefined) return null;
  const serverPort = await freePort();
  const port = await freePort();
  const serve = ['server', '--reverse', '--host', '127.0.0.1', '--port', String(serverPort)];
  const server = spawn(program, serve, { stdio: 'ignore' });
  defer(() => endProcess(server));
  await untilOpen(serverPort, 'chisel server');
  const remote = `R:127.0.0.1:${port}:127.0.0.1:${enginePort}`;
  const client = spawn(program, ['client', `http://127.0.0.1:${serverPort}`, remote], { stdio: 'ignore' });
  defer(() => endProcess(client));
  await untilOpen(port, 'chisel client');
  return bareRoute('chisel', { port }, [server.pid ?? 0, client.pid ?? 0]);
}
