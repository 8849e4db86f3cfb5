import { on, once } from 'node:events';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import type { Dashboard } from '../../kit/embedding/embedded-dashboard.js';

/** In socket.io's protocol the third: its client joins the namespace `/` when the transport is open. */
export async function firstMessage({ port, ca }: Dashboard, live: 'ws' | 'socket.io'): Promise<string> {
  const path = live === 'ws' ? 'live' : 'socket.io/?EIO=4&transport=websocket';
  const socket = new WebSocket(`wss://localhost:${port}/${path}`, { ca });
  const messages = on(socket, 'message');
  const next = async () => String((await messages.next()).value[0]);
  if (live === 'socket.io') {
    await next();
    socket.send('40');
    await next();
  }
  const message = await next();
  socket.close();
  return message;
}

/** The outcome of an upgrade: a status, or `closed`. */
export function upgradeOf({ port, ca }: Dashboard, path: string): Promise<number | 'closed'> {
  return new Promise((resolve) => {
    const headers = { connection: 'upgrade', upgrade: 'tcp' };
    const req = https.request({ host: 'localhost', port, ca, path, headers, agent: false });
    req.on('response', (res) => resolve(res.statusCode ?? 0));
    req.on('error', () => resolve('closed'));
    req.end();
  });
}

export async function call(
  { port, ca }: Dashboard,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: object,
) {
  const type = body ? { 'content-type': 'application/json' } : {};
  const req = https.request({
    host: 'localhost',
    port,
    ca,
    method,
    path,
    headers: { ...type, ...headers },
    agent: false,
  });
  req.end(body && JSON.stringify(body));
  const [res] = await once(req, 'response');
  return {
    status: Number(res.statusCode),
    headers: res.headers as Record<string, string[] | undefined>,
    body: await text(res),
  };
}
