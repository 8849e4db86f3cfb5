import { once } from 'node:events';
import type { Duplex, Writable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { ExecutionContext } from 'ava';
import type { TunnelSession } from '../../../plugin/server-hooks/tunnel/session.js';
import { EMPTY_SETTINGS, FRAME, frame, status200, untilStream } from './h2-frames.js';
import { PROOF, type TestListener } from './listener.js';
import { dialTunnelPort, rawTunnel } from './raw-tunnel.js';

/** The streams that the hub opens on a tunnel, in order: the request for the proof, the acceptance, then calls. */
const [QUESTION, ACCEPTED] = [1, 3];
/** Id of the first call's stream. */
export const CALL = 5;
/** The longest flood, ms: a hub that has a budget ends it within a second. */
const FLOOD_MS = 30_000;
const CHUNK_BYTES = 64 * 1024;

/** An agent made of frames, past its proof. */
export interface FrameAgent {
  readonly socket: TLSSocket;
  readonly tunnel: TunnelSession;
  /** A call, as far as the agent's 200. */
  dial(): Promise<Duplex>;
  /** A call, as far as its arrival here. Rejects with the dial's error. */
  call(): Promise<{ dialled: Promise<Duplex> }>;
}

export async function frameAgent(t: ExecutionContext, hub: TestListener): Promise<FrameAgent> {
  const before = hub.tunnels.length;
  const socket = await dialTunnelPort(t, hub.port);
  const asked = untilStream(socket, QUESTION);
  const accepted = untilStream(socket, ACCEPTED);
  const called = untilStream(socket, CALL);
  called.catch(() => undefined);
  await asked;
  const proof = frame(FRAME.data, 0x1, QUESTION, Buffer.from(JSON.stringify(PROOF)));
  socket.write(Buffer.concat([EMPTY_SETTINGS, status200(QUESTION), proof]));
  await accepted;
  socket.write(status200(ACCEPTED));
  const tunnel = hub.tunnels[before];
  if (!tunnel) throw new Error('no tunnel');
  const call = async () => {
    const dialled = tunnel.dial();
    dialled.catch(() => undefined);
    await called;
    return { dialled };
  };
  const dial = async () => {
    const { dialled } = await call();
    socket.write(status200(CALL));
    return dialled;
  };
  return { socket, tunnel, call, dial };
}

/** The outcome of a flood. */
export interface Flood {
  /** Bytes that were accepted. */
  readonly sent: number;
  /** Whether the connection broke. */
  readonly isCut: boolean;
}

/** Sends the same bytes again and again, until the connection breaks; how many that needs depends on the machine. */
export async function flood(socket: Writable, piece: Buffer): Promise<Flood> {
  const chunk = Buffer.concat(Array.from({ length: Math.ceil(CHUNK_BYTES / piece.length) }, () => piece));
  const endMs = performance.now() + FLOOD_MS;
  for (let sent = 0; ; sent += chunk.length) {
    const isWritable =
      !socket.destroyed &&
      (await new Promise<boolean>((resolve) => {
        socket.write(chunk, (error) => resolve(!error));
      }));
    if (!isWritable) return { sent, isCut: true };
    if (performance.now() > endMs) return { sent, isCut: false };
  }
}

/** Another tunnel, whose agent sends back what it gets. */
export async function healthyTunnel(t: ExecutionContext, hub: TestListener): Promise<TunnelSession> {
  const agent = await rawTunnel(t, hub.port);
  agent.session.on('stream', (stream, headers) => {
    if (headers[':method'] !== 'CONNECT') return;
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
  });
  t.is(await agent.prove(PROOF), 'accepted');
  const tunnel = hub.tunnels.at(-1);
  if (!tunnel) throw new Error('no tunnel');
  return tunnel;
}

/** Whether a byte makes the round trip. */
export async function echoes(tunnel: TunnelSession): Promise<boolean> {
  const pipe = await tunnel.dial();
  pipe.end('x');
  const [chunk] = await once(pipe, 'data');
  // Calls in a row are one at a time, and none is broken off.
  if (!pipe.closed) await once(pipe, 'close');
  return String(chunk) === 'x';
}
