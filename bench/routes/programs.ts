import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const START_MS = 10_000;

/** Paths of installed programs, in the same order; null if one is missing in `PATH`. */
export async function findPrograms(...names: string[]): Promise<string[] | null> {
  const paths = await Promise.all(names.map(find));
  const found = paths.filter((path) => path !== null);
  return found.length === names.length ? found : null;
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

export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves when a loopback port accepts connections. */
export async function untilOpen(port: number, program: string): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = net.connect({ host: '127.0.0.1', port });
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isOpen) return;
    if (Date.now() > deadline) throw new Error(`${program} does not listen`);
    await delay(50);
  }
}
