import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { openTunnel } from '../../../agent-image/src/tunnel/handshake.js';
import type { TunnelSession } from '../../../agent-image/src/tunnel/session.js';
import { dialPort } from '../../../agent-image/src/tunnel/transport/port.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { TunnelEnd } from '../../../protocol/tunnel/end.js';
import { TUNNEL_ALPN } from '../../../protocol/version.js';
import { defer } from '../deferred.js';
import type { Scope } from '../scope.js';
import { tempFolder } from '../temp-folder.js';
import { proofOf } from './port.js';

export type HubMessage =
  | { kind: 'ready'; port: number; fingerprint: string }
  | { kind: 'tunnel'; environmentId: number; path: string }
  | { kind: 'closed'; environmentId: number; end: string }
  | { kind: 'loop'; busiestMs: number };

export type AgentMessage = { kind: 'open'; id: string } | { kind: 'closed'; code: string };

/** A hub's tunnel port in a separate process, whose memory and event loop can be measured. */
export interface HubEndpoint {
  readonly pid: number;
  /** Of the tunnel port. */
  readonly port: number;
  readonly fingerprint: string;
  /** Resolves when the environment has its tunnel, to a unix socket: each connection there is a stream. */
  untilTunnel(environmentId: number): Promise<string>;
  /** Resolves to why the tunnel ended. */
  untilClosed(environmentId: number): Promise<string>;
  /** The ends of tunnels so far. */
  readonly ends: readonly string[];
  /** The most CPU time the event loop spent in a turn (and a timer's millisecond) since the last call, ms. */
  busiestTurnMs(): Promise<number>;
}

export async function startHubEndpoint(t: Scope): Promise<HubEndpoint> {
  const { child, events, ready } = start(t, 'hub-endpoint.ts', await tempFolder(t));
  const tunnels = new Map<number, string>();
  const ended = new Map<number, string>();
  const ends: string[] = [];
  events.on('tunnel', ({ environmentId, path }) => tunnels.set(environmentId, path));
  events.on('closed', ({ environmentId, end }) => {
    ended.set(environmentId, end);
    ends.push(end);
  });
  const { port, fingerprint } = await ready('ready');
  const until = async <T>(known: Map<number, T>, kind: string, environmentId: number): Promise<T> => {
    for (;;) {
      const value = known.get(environmentId);
      if (value !== undefined) return value;
      await once(events, kind);
    }
  };
  return {
    pid: child.pid ?? 0,
    port,
    fingerprint,
    ends,
    untilTunnel: (environmentId) => until(tunnels, 'tunnel', environmentId),
    untilClosed: (environmentId) => until(ended, 'closed', environmentId),
    busiestTurnMs: async () => {
      child.send('loop');
      const [{ busiestMs }] = await once(events, 'loop');
      return busiestMs;
    },
  };
}

export interface AgentTarget {
  readonly port: number;
  readonly fingerprint: string;
  /** Default 1. */
  readonly environmentId?: number;
}

/** An agent's end in a separate process; resolves when its tunnel is open. */
export async function startAgentEndpoint(
  t: Scope,
  target: AgentTarget & { socketPath: string },
): Promise<{ pid: number; closed: Promise<string> }> {
  const { port, fingerprint, environmentId, socketPath } = target;
  const { child, events, ready } = start(
    t,
    'agent-endpoint.ts',
    JSON.stringify({ port, fingerprint, environmentId, socketPath }),
  );
  const closed = once(events, 'closed').then(([{ code }]) => code as string);
  await ready('open');
  return { pid: child.pid ?? 0, closed };
}

/** Opens an agent's end in this process, TLS and proof included. `closed` resolves to the end of the open tunnel. */
export function openAgentTunnel(options: AgentTarget & { clock: Clock; dialEngine: () => Promise<Duplex> }): {
  opening: Promise<TunnelSession>;
  closed: Promise<TunnelEnd>;
  wire: net.Socket;
} {
  const { clock, dialEngine, port, fingerprint, environmentId = 1 } = options;
  const wire = net.connect({ host: '127.0.0.1', port });
  wire.setNoDelay(true);
  const connectTcp = async () => {
    await once(wire, 'connect');
    return wire;
  };
  const connectMore = async () => {
    const more = net.connect({ host: '127.0.0.1', port, noDelay: true });
    await once(more, 'connect');
    return more;
  };
  const closed = defer<TunnelEnd>();
  const opening = openTunnel({
    dial: (alpn) =>
      dialPort({
        tunnelAddress: `127.0.0.1:${port}`,
        fingerprint,
        clock,
        alpn,
        connectTcp: alpn === TUNNEL_ALPN ? connectTcp : connectMore,
      }),
    proof: () => ({ ...proofOf(environmentId), inactivityMs: 300_000 }),
    clock,
    logger: pino({ level: 'silent' }),
    dialEngine,
    report: async () => undefined,
    onIdle: () => undefined,
    onEnd: (_tunnel, end) => closed.resolve(end),
  });
  return { opening, closed: closed.promise, wire };
}

/** Resident memory of a process, MiB. */
export async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

function start(t: Scope, file: string, argument: string) {
  const child: ChildProcess = fork(fileURLToPath(new URL(file, import.meta.url)), [argument], {
    execArgv: ['--import', 'tsx'],
  });
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  });
  const events = new EventEmitter();
  events.setMaxListeners(1_000);
  child.on('message', (message: HubMessage | AgentMessage) => events.emit(message.kind, message));
  const ready = async (kind: string) => {
    const failed = once(child, 'exit').then(([code]) => {
      throw new Error(`${file} ended with ${code}`);
    });
    const [message] = await Promise.race([once(events, kind), failed]);
    return message;
  };
  return { child, events, ready };
}
