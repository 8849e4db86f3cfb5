import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { PortSetup } from '../../kit/docker/port-setup.js';

/** One way to the engine for raw HTTP: how it is dialled, and what goes before the path and behind the request line. */
export interface Way {
  dial(): Promise<Duplex>;
  readonly base: string;
  readonly headers: string;
}

/** The engine's own socket, and the two ways through the hub. */
export function allWays({
  hub,
  environmentId,
  engine,
  port,
}: PortSetup): Readonly<Record<'engine' | 'base path' | 'Docker port', Way>> {
  const { ca, certificate: cert, key = '' } = port.access;
  return {
    engine: { dial: () => dialEngine(engine.socketPath), base: '', headers: 'Host: engine\r\n' },
    'base path': {
      dial: () => dialHub({ port: hub.port, rejectUnauthorized: false }),
      base: `/edge/api/environments/${environmentId}/docker`,
      headers: `Host: hub\r\nAuthorization: Bearer ${hub.token}\r\n`,
    },
    'Docker port': {
      dial: () => dialHub({ port: hub.dockerPort, ca, cert, key }),
      base: '',
      headers: 'Host: hub\r\n',
    },
  };
}

/** A connection to a hub for raw HTTP/1.1, of which each direction ends by itself. */
async function dialHub({ port, ...options }: tls.ConnectionOptions & { port: number }): Promise<Duplex> {
  const raw = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const socket = tls.connect({ ...options, socket: raw, host: '127.0.0.1', ALPNProtocols: ['http/1.1'] });
  socket.allowHalfOpen = true;
  await once(socket, 'secureConnect');
  return socket;
}

export async function dialEngine(path: string): Promise<Duplex> {
  const socket = net.connect({ path, allowHalfOpen: true });
  await once(socket, 'connect');
  return socket;
}

/** After this time the answer so far is returned. */
const DEADLINE_MS = 15_000;

/** Sends bytes and reads the answer until `isWhole` holds, or to its end. */
export async function exchange(
  socket: Duplex,
  bytes: string,
  isWhole = (_: string) => false,
): Promise<string> {
  let text = '';
  socket.setEncoding('latin1');
  socket.on('error', () => undefined);
  const done = new Promise<void>((resolve) => {
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (isWhole(text)) resolve();
    });
    socket.once('end', () => resolve());
    socket.once('close', () => resolve());
  });
  socket.write(bytes, 'latin1');
  const cut = setTimeout(() => socket.destroy(), DEADLINE_MS);
  await done;
  clearTimeout(cut);
  return text;
}

/** Status, and the body without its framing, of a request of one's own making. */
export async function ask(
  way: Way,
  method: string,
  target: string,
  headers = '',
  body = '',
): Promise<[number, string]> {
  const socket = await way.dial();
  const absolute = target.startsWith('http://');
  const path = absolute ? target.replace('http://x', `http://x${way.base}`) : `${way.base}${target}`;
  const connection = headers.includes('Upgrade') ? '' : 'Connection: close\r\n';
  const text = await exchange(
    socket,
    `${method} ${path} HTTP/1.1\r\n${way.headers}${connection}${headers.replace('UUID', randomUUID())}\r\n${body}`,
    isWhole,
  );
  socket.destroy();
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const status = Number(head.split(' ')[1]);
  const content = rest.join('\r\n\r\n').replace(/^[0-9a-f]+\r\n|\r\n0(\r\n.*)?$/gis, '');
  return [status, status === 400 && !/json/.test(head) ? '' : content];
}

/** As far as its length or its chunks say; a switch of protocols is whole with its head. */
function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const head = text.slice(0, end);
  if (head.startsWith('HTTP/1.1 101')) return true;
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  if (length !== undefined) return text.length >= end + 4 + Number(length);
  return /^transfer-encoding: chunked/im.test(head) && text.endsWith('0\r\n\r\n');
}
