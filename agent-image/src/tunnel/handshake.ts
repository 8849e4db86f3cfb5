import http2 from 'node:http2';
import { releaseOnClose } from '../../../protocol/network/release-on-close.js';
import { Problem } from '../../../protocol/problems/problem.js';
import type { TunnelProof } from '../../../protocol/tunnel/proof.js';
import { SESSION_LIMITS, TUNNEL } from '../../../protocol/tunnel/tunnel-settings.js';
import { TUNNEL_ALPN } from '../../../protocol/version.js';
import { isOpen, TunnelSession, type TunnelSessionOptions } from './session.js';

export interface HandshakeOptions extends Omit<TunnelSessionOptions, 'transport' | 'http2' | 'inactivityMs'> {
  /** The proof to present: the newest one when the hub asks for it. */
  readonly proof: () => TunnelProof;
}

const MAX_ID_BYTES = 64;

/**
 * Opens a tunnel: dials the hub, serves HTTP/2 on the connection, presents the proof when the hub asks for it, and
 * waits until the hub has accepted it.
 * @throws Problem with the hub's code, such as `credential-…`; `tunnel-lost`, `tunnel-handshake`, or what `dial` throws
 */
export async function openTunnel({ dial, proof, ...options }: HandshakeOptions): Promise<TunnelSession> {
  const transport = await dial(TUNNEL_ALPN);
  const session = http2.performServerHandshake(transport.socket, {
    settings: {
      initialWindowSize: TUNNEL.streamWindow,
      maxFrameSize: TUNNEL.maxFrameSize,
      maxConcurrentStreams: TUNNEL.maxStreams + 8,
    },
    ...SESSION_LIMITS,
  });
  releaseOnClose(session);
  return new Promise((resolve, reject) => {
    const tunnel = new TunnelSession({
      ...options,
      dial,
      transport,
      http2: session,
      inactivityMs: proof().inactivityMs,
    });
    const fail = (error: Problem) => {
      cancel();
      reject(error);
      tunnel.close('lost');
    };
    const lost = () => fail(refusal('tunnel-lost'));
    const refused = (_code: number, _last: number, data?: Uint8Array) => fail(refusal(codeIn(data)));
    const cancel = options.clock.after(2 * TUNNEL.handshakeMs, () => fail(refusal('tunnel-handshake')));
    session.once('close', lost);
    session.once('goaway', refused);
    session.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      // A stream that was already reset is still emitted, and answering it would throw.
      if (!isOpen(stream)) return;
      const { ':method': method, ':path': path } = headers;
      if (method === 'GET' && path === TUNNEL.credentialPath) {
        stream.respond({ ':status': 200, 'content-type': 'application/json' });
        stream.end(JSON.stringify(proof()));
      } else if (method === 'POST' && path === TUNNEL.acceptedPath) {
        readId(stream, (id) => {
          cancel();
          session.off('close', lost);
          session.off('goaway', refused);
          tunnel.start(id);
          resolve(tunnel);
        });
      } else {
        // No need to wait for the hub's acceptance: the transport has authenticated the hub.
        tunnel.serve(stream, headers);
      }
    });
  });
}

function readId(stream: http2.ServerHttp2Stream, done: (id: string) => void): void {
  let id = '';
  stream.setEncoding('latin1');
  stream.on('data', (chunk: string) => {
    if (id.length <= MAX_ID_BYTES) id += chunk;
  });
  stream.on('end', () => {
    done(id);
    if (isOpen(stream)) stream.respond({ ':status': 204 }, { endStream: true });
  });
}

function refusal(code: string): Problem {
  return new Problem(code, `The hub did not accept the tunnel (${code})`);
}

function codeIn(data: Uint8Array | undefined): string {
  const code = Buffer.from(data ?? []).toString('latin1');
  return /^[a-z][a-z-]{0,63}$/.test(code) && code !== 'lost' ? code : 'tunnel-lost';
}
