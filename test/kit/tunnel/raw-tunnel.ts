import { once } from 'node:events';
import http2, { type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import tls, { type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { ExecutionContext } from 'ava';
import { TUNNEL } from '../../../protocol/tunnel/tunnel-settings.js';
import { TUNNEL_ALPN } from '../../../protocol/version.js';

/** A connection to the tunnel port, TLS done and nothing sent since. */
export async function dialTunnelPort(
  t: ExecutionContext,
  port: number,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  const socket = tls.connect({
    host: '127.0.0.1',
    port,
    ALPNProtocols: [TUNNEL_ALPN],
    rejectUnauthorized: false,
    ...options,
  });
  t.teardown(() => socket.destroy());
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  return socket;
}

/** An agent that does only what the test makes it do. */
export interface RawTunnel {
  readonly session: ServerHttp2Session;
  readonly socket: TLSSocket;
  /** The hub's request for the proof, unanswered. */
  readonly asked: ServerHttp2Stream;
  /** Resolves to the text of the hub's GOAWAY, or to `closed` when the connection ended without one. */
  readonly ended: Promise<string>;
  /** Answers with a proof; resolves when the hub accepted it, or to the code of its refusal. */
  prove(proof: unknown): Promise<'accepted' | string>;
}

/** Connects as far as the hub's request for the proof. */
export async function rawTunnel(t: ExecutionContext, port: number): Promise<RawTunnel> {
  const socket = await dialTunnelPort(t, port);
  const session = http2.performServerHandshake(socket);
  t.teardown(() => session.destroy());
  session.on('error', () => undefined);
  const ended = new Promise<string>((resolve) => {
    session.once('goaway', (_code, _last, data) => resolve(Buffer.from(data ?? []).toString() || 'closed'));
    socket.once('close', () => resolve('closed'));
  });
  const accepted = new Promise<'accepted'>((resolve) => {
    session.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      if (headers[':path'] !== TUNNEL.acceptedPath) return;
      stream.respond({ ':status': 204 }, { endStream: true });
      resolve('accepted');
    });
  });
  const [asked] = (await once(session, 'stream')) as [ServerHttp2Stream];
  asked.on('error', () => undefined);
  const prove: RawTunnel['prove'] = (proof) => {
    asked.respond({ ':status': 200, 'content-type': 'application/json' });
    asked.end(JSON.stringify(proof));
    return Promise.race([accepted, ended]);
  };
  return { session, socket, asked, ended, prove };
}
