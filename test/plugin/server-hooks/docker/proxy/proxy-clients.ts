import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import tls from 'node:tls';
import type { ExecutionContext } from 'ava';
import type { Hub } from './proxy-hub.js';

/** How a connection ended, as its client saw it. */
export interface Received {
  readonly text: string;
  readonly body: Buffer;
  /** `end`: a regular end (TLS close_notify or FIN); `reset`: a TCP reset. */
  readonly ending: 'end' | 'reset';
}

/** The TCP connection of such a client, as opposed to its TLS. */
export function dialTcp(t: ExecutionContext, hub: Hub): net.Socket {
  const raw = net.connect({ port: hub.port, host: '127.0.0.1', allowHalfOpen: true });
  t.teardown(() => raw.destroy());
  return raw;
}

/** A raw HTTP/1.1 client over TLS, half-open as the docker CLI is. */
export async function dialHub(t: ExecutionContext, hub: Hub, raw = dialTcp(t, hub)): Promise<tls.TLSSocket> {
  const socket = tls.connect({ socket: raw, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
  socket.allowHalfOpen = true;
  t.teardown(() => socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

/** Everything a socket sends until it closes. */
export async function readToEnd(socket: net.Socket): Promise<Received> {
  const parts: Buffer[] = [];
  let ending: Received['ending'] = 'end';
  socket.on('data', (chunk: Buffer) => parts.push(chunk));
  socket.on('error', () => {
    ending = 'reset';
  });
  await new Promise<void>((resolve) => {
    socket.once('end', () => resolve());
    socket.once('close', () => resolve());
  });
  const body = Buffer.concat(parts);
  return { text: body.toString('latin1'), body, ending };
}

/** Sends one raw request and reads the complete answer. */
export async function ask(t: ExecutionContext, hub: Hub, request: string): Promise<Received> {
  const socket = await dialHub(t, hub);
  socket.write(request);
  return readToEnd(socket);
}

/** Resolves once a socket's collected text holds `part`. */
export function until(socket: tls.TLSSocket | net.Socket, part: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const check = (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (!text.includes(part)) return;
      socket.off('data', check);
      socket.off('close', early);
      resolve(text);
    };
    const early = () => reject(new Error(`closed before ${JSON.stringify(part)}: ${text}`));
    socket.on('data', check);
    socket.once('close', early);
  });
}

/** An answer as an HTTP/2 client saw it. */
export interface ReceivedStream {
  readonly status: number | undefined;
  readonly headers: http2.IncomingHttpHeaders;
  readonly body: Buffer;
  /** `end`: END_STREAM arrived; `reset`: the stream was reset with an error. */
  readonly ending: 'end' | 'reset';
}

export function connectHttp2(t: ExecutionContext, hub: Hub): http2.ClientHttp2Session {
  const session = http2.connect(`https://localhost:${hub.port}`, { rejectUnauthorized: false });
  session.on('error', () => undefined);
  t.teardown(() => session.destroy());
  return session;
}

/** Reads an HTTP/2 stream to its end. */
export function readStreamToEnd(stream: http2.ClientHttp2Stream): Promise<ReceivedStream> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let headers: http2.IncomingHttpHeaders = {};
    let ending: ReceivedStream['ending'] = 'end';
    stream.on('response', (got) => {
      headers = got;
    });
    stream.on('data', (chunk: Buffer) => parts.push(chunk));
    stream.on('error', () => {
      ending = 'reset';
    });
    stream.on('close', () => {
      const status = headers[':status'];
      resolve({
        status: status === undefined ? undefined : Number(status),
        headers,
        body: Buffer.concat(parts),
        ending,
      });
    });
  });
}

/** One HTTP/2 request without a body. */
export function ask2(
  t: ExecutionContext,
  hub: Hub,
  path: string,
  headers: http2.OutgoingHttpHeaders = {},
): Promise<ReceivedStream> {
  return readStreamToEnd(connectHttp2(t, hub).request({ ':path': path, ...headers }, { endStream: true }));
}
