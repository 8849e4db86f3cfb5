import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endProcess } from '../lab/bundled-hub.js';
import { findPrograms, freePort, untilOpen } from './programs.js';
import { bareRoute, type Defer, type Route } from './route.js';

/** The engine's socket by frp with its defaults, TLS and one multiplexed connection; null without `frps` and `frpc` in `PATH`. */
export async function frp(socketPath: string, folder: string, defer: Defer): Promise<Route | null> {
  const programs = await findPrograms('frps', 'frpc');
  if (programs === null) return null;
  const serverPort = await freePort();
  const port = await freePort();
  const start = async (program = '', name: string, lines: string[]) => {
    const config = join(folder, `${name}.toml`);
    await writeFile(config, `${lines.join('\n')}\n`);
    const child = spawn(program, ['-c', config], { stdio: 'ignore' });
    defer(() => endProcess(child));
    return child.pid ?? 0;
  };
  const server = await start(programs[0], 'frps', ['bindAddr = "127.0.0.1"', `bindPort = ${serverPort}`]);
  await untilOpen(serverPort, 'frps');
  const client = await start(programs[1], 'frpc', [
    ...['serverAddr = "127.0.0.1"', `serverPort = ${serverPort}`],
    ...['[[proxies]]', 'name = "engine"', 'type = "tcp"', `remotePort = ${port}`],
    ...['[proxies.plugin]', 'type = "unix_domain_socket"', `unixPath = ${JSON.stringify(socketPath)}`],
  ]);
  await untilOpen(port, 'frpc');
  return bareRoute('frp', { port }, [server, client]);
}
