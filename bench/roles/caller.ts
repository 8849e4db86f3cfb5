// Calls one path over kept connections, one call at a time on each, and reports how fast the answers came. Raw sockets
// with prebuilt requests: an HTTP client would take more CPU time than what is measured.
import net from 'node:net';
import tls from 'node:tls';
import { processCost } from '../lab/process-cost.js';

/** The work of one run. */
export interface CallerInput {
  readonly at:
    | { readonly socketPath: string }
    | {
        readonly port: number;
        readonly isSecure?: boolean;
        /** A client certificate, PEM. */
        readonly cert?: string;
        readonly key?: string;
      };
  /** The whole request, as sent. */
  readonly request: string;
  readonly connections: number;
  readonly warmUpMs: number;
  readonly ms: number;
  /** Processes that carry the calls. */
  readonly pids: readonly number[];
}

/** Its outcome. */
export interface CallerResult {
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU time of `pids` for each call. */
  readonly cpuMsPerCall: number;
}

const input: CallerInput = JSON.parse(process.argv[2] ?? '{}');
const request = Buffer.from(input.request);
const HEAD_END = '\r\n\r\n';
let times: number[] = [];
let isOver = false;

function connect(): net.Socket {
  if ('socketPath' in input.at) return net.connect({ path: input.at.socketPath });
  const { port, isSecure = false, cert, key } = input.at;
  if (!isSecure) return net.connect({ host: '127.0.0.1', port, noDelay: true });
  const socket = tls.connect({ host: '127.0.0.1', port, cert, key, rejectUnauthorized: false });
  socket.setNoDelay(true);
  return socket;
}

/** Bytes of an answer; null if it is incomplete. */
function lengthOf(text: string): number | null {
  const end = text.indexOf(HEAD_END);
  if (end === -1) return null;
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(text) ?? [];
  if (!text.startsWith('HTTP/1.1 200 ') || length === undefined) throw new Error(`answered ${text}`);
  const total = end + HEAD_END.length + Number(length);
  return text.length < total ? null : total;
}

function run(socket: net.Socket): void {
  let text = '';
  let startedMs = performance.now();
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    if (lengthOf(text) === null) return;
    text = '';
    const now = performance.now();
    times.push(now - startedMs);
    if (isOver) return;
    startedMs = now;
    socket.write(request);
  });
  socket.on('close', () => {
    if (!isOver) throw new Error('a connection was closed');
  });
  socket.write(request);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const cpuMs = async () =>
  (await Promise.all(input.pids.map((pid) => processCost(pid)))).reduce((sum, cost) => sum + cost.cpuMs, 0);

for (let i = 0; i < input.connections; i++) run(connect());
await pause(input.warmUpMs);
times = [];
const before = await cpuMs();
const startedMs = performance.now();
await pause(input.ms);
const counted = times;
times = [];
const elapsedMs = performance.now() - startedMs;
const cpu = (await cpuMs()) - before;
isOver = true;
counted.sort((a, b) => a - b);
const quantile = (q: number) => counted[Math.ceil(q * counted.length) - 1] ?? Number.NaN;
const result: CallerResult = {
  callsPerSecond: (counted.length / elapsedMs) * 1_000,
  p50Ms: quantile(0.5),
  p99Ms: quantile(0.99),
  cpuMsPerCall: cpu / counted.length,
};
process.send?.(result);
