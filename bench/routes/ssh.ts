import { execFile, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { endProcess } from '../lab/bundled-hub.js';
import { findPrograms, freePort, untilOpen } from './programs.js';
import { bareRoute, type Defer, type Route } from './route.js';

const ALLOCATED = /^Allocated port (\d+) for remote forward/;

/** The engine's socket by `ssh -R`; null if there is no `ssh` or no `sshd` in `PATH`. */
export async function ssh(socketPath: string, folder: string, defer: Defer): Promise<Route | null> {
  const [sshd] = (await findPrograms('sshd', 'ssh')) ?? [];
  if (sshd === undefined) return null;
  const file = (name: string) => join(folder, `ssh-${name}`);
  for (const name of ['host', 'client']) {
    await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(name)]);
  }
  const sshPort = await freePort();
  const settings = [
    ...[`ListenAddress 127.0.0.1:${sshPort}`, `HostKey ${file('host')}`, 'PidFile none'],
    ...[`AuthorizedKeysFile ${file('client')}.pub`, 'StrictModes no'],
  ];
  await writeFile(file('config'), `${settings.join('\n')}\n`);
  const server = spawn(sshd, ['-D', '-f', file('config')], { stdio: 'ignore' });
  defer(() => endProcess(server));
  await untilOpen(sshPort, 'sshd');
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'ExitOnForwardFailure=yes'];
  const client = spawn(
    'ssh',
    [
      ...['-F', 'none', '-N', '-T', '-i', file('client'), '-p', String(sshPort)],
      ...options.flatMap((option) => ['-o', option]),
      ...['-R', `127.0.0.1:0:${socketPath}`, `${userInfo().username}@127.0.0.1`],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  defer(() => endProcess(client));
  for await (const line of createInterface({ input: client.stderr })) {
    const [, port] = ALLOCATED.exec(line) ?? [];
    if (port === undefined) continue;
    client.stderr.resume();
    const pids = [client.pid ?? 0, ...(await descendants(server.pid ?? 0))];
    return bareRoute('ssh -R', { port: Number(port) }, pids);
  }
  throw new Error('ssh ended before it had forwarded the port');
}

/** The server's processes of this connection: `sshd` starts one or two for each. */
async function descendants(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  const own = children.trim().split(' ').filter(Boolean).map(Number);
  return [...own, ...(await Promise.all(own.map(descendants))).flat()];
}
