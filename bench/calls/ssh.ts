import { execFile, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readFile, writeFile } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { endProcess } from '../lab/bundled-hub.js';
import { type CallTarget, type Defer, ping } from './targets.js';

const ALLOCATED = /^Allocated port (\d+) for remote forward/;
const START_MS = 10_000;

/** The engine's socket by `ssh -R`; null if there is no `ssh` or no `sshd` in `PATH`. */
export async function ssh(socketPath: string, folder: string, defer: Defer): Promise<CallTarget | null> {
  const sshd = await find('sshd');
  if (sshd === null || (await find('ssh')) === null) return null;
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
  await untilOpen(sshPort);
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
    return { name: 'ssh -R', at: { port: Number(port) }, request: ping(''), pids };
  }
  throw new Error('ssh ended before it had forwarded the port');
}

async function find(program: string): Promise<string | null> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, program);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return null;
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilOpen(port: number): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = net.connect({ host: '127.0.0.1', port });
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isOpen) return;
    if (Date.now() > deadline) throw new Error('sshd does not listen');
    await delay(50);
  }
}

/** The server's processes of this connection: `sshd` starts one or two for each. */
async function descendants(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  const own = children.trim().split(' ').filter(Boolean).map(Number);
  return [...own, ...(await Promise.all(own.map(descendants))).flat()];
}
