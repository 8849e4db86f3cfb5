import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

const LOWEST = 15_000;
const ATTEMPTS = 100;
const given = new Set<number>();

/**
 * A port to be bound later, by a program that needs a fixed one. It lies below those that the system gives away by itself,
 * for listening on 0 or for connecting, so that no other program gets it in between.
 */
export async function freePort(): Promise<number> {
  const range = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
  const end = Math.max(LOWEST + 1_000, Number.parseInt(range, 10));
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(LOWEST, end);
    if (given.has(port) || !(await canListen(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`no free port from ${LOWEST} to ${end}`);
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer().listen(port);
  const isFree = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  if (!isFree) return false;
  server.close();
  await once(server, 'close');
  return true;
}
