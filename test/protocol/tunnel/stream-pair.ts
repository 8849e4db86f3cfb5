import { once } from 'node:events';
import http2, { type ClientHttp2Session, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import type { ExecutionContext } from 'ava';
import { StreamSocket } from '../../../protocol/tunnel/stream-socket.js';

/** Two HTTP/2 sessions over loopback, on which streams can be opened. */
export interface SessionPair {
  readonly client: ClientHttp2Session;
  readonly server: ServerHttp2Session;
  /** A new CONNECT stream as a socket at either end. */
  open(): Promise<{ near: StreamSocket; far: StreamSocket; farStream: ServerHttp2Stream }>;
}

export async function sessionPair(t: ExecutionContext): Promise<SessionPair> {
  const listener = http2.createServer();
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as net.AddressInfo;
  const accepted = once(listener, 'session');
  const client = http2.connect(`http://127.0.0.1:${port}`);
  const [server] = (await accepted) as [ServerHttp2Session];
  for (const session of [client, server]) session.on('error', () => undefined);
  t.teardown(() => {
    client.destroy();
    server.destroy();
    listener.close();
  });
  const open: SessionPair['open'] = async () => {
    const arrived = once(server, 'stream');
    const stream = client.request({ ':method': 'CONNECT', ':authority': 'engine' });
    const [farStream] = (await arrived) as [ServerHttp2Stream];
    const answered = once(stream, 'response');
    farStream.respond({ ':status': 200 });
    const far = new StreamSocket(farStream);
    await answered;
    const near = new StreamSocket(stream);
    // The end of the test is one of the session, which is an error for what is still open.
    for (const socket of [near, far]) socket.on('error', () => undefined);
    return { near, far, farStream };
  };
  return { client, server, open };
}

const FRAME = { data: 0, headers: 1, reset: 3, settings: 4 };
const END_HEADERS = 4;
/** Set on a DATA frame: the sender has ended. */
export const END_STREAM = 1;

/** A peer made of hand-written frames (RFC 9113): it can do what no library would. */
export interface RawPeer {
  /** Our end of the one stream. */
  readonly socket: StreamSocket;
  data(text: string, flags?: number): void;
  reset(code: number): void;
  /** The connection is lost, as if a wire was cut. */
  cut(): void;
}

export async function rawPeer(t: ExecutionContext): Promise<RawPeer> {
  const listener = net.createServer();
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as net.AddressInfo;
  const accepted = once(listener, 'connection');
  const session = http2.connect(`http://127.0.0.1:${port}`);
  const [peer] = (await accepted) as [net.Socket];
  for (const emitter of [session, peer]) emitter.on('error', () => undefined);
  t.teardown(() => {
    session.destroy();
    peer.destroy();
    listener.close();
  });
  peer.resume();
  const send = (type: number, flags: number, stream: number, payload: Buffer) => {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head.writeUInt8(type, 3);
    head.writeUInt8(flags, 4);
    head.writeUInt32BE(stream, 5);
    peer.write(Buffer.concat([head, payload]));
  };
  send(FRAME.settings, 0, 0, Buffer.alloc(0));
  const stream = session.request({ ':method': 'CONNECT', ':authority': 'engine' });
  const answered = once(stream, 'response');
  await once(peer, 'data');
  send(FRAME.headers, END_HEADERS, 1, Buffer.from([0x88])); // `:status: 200` of HPACK's static table
  await answered;
  return {
    socket: new StreamSocket(stream),
    data: (text, flags = 0) => send(FRAME.data, flags, 1, Buffer.from(text)),
    reset: (code) => {
      const payload = Buffer.alloc(4);
      payload.writeUInt32BE(code);
      send(FRAME.reset, 0, 1, payload);
    },
    cut: () => peer.destroy(),
  };
}

/** Everything that a reader of a stream gets: its data, and then `end` or the error's code. */
export async function readToEnd(stream: Duplex): Promise<{ text: string; how: string }> {
  const parts: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => parts.push(chunk));
  const how = await new Promise<string>((resolve) => {
    stream.once('end', () => resolve('end'));
    stream.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    stream.once('close', () => resolve('close'));
  });
  return { text: Buffer.concat(parts).toString(), how };
}
