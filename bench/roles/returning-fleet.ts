// Agents that reconnect when their hub is gone, as the real one does, until the process ends. Ready once all have checked in.
import { ReturningAgent } from '../fleet/returning-agent.js';

const { port, first, count, intervalMs, waitSeconds } = JSON.parse(process.argv[2] ?? '{}');
/** Handshakes under way at a time, before the hub is restarted. */
const CONNECTING = 32;

let samples: number[] = [];
let returns: number[] = [];
let failures: { reason: string; dialledMs: number }[] = [];
let connected = 0;
let lastReturnMs = 0;
const load = {
  port,
  waitSeconds,
  intervalMs,
  onAnswer: (ms: number) => samples.push(ms),
  onFailure: (reason: string, dialledMs: number) => failures.push({ reason, dialledMs }),
  onReturn(ms: number) {
    returns.push(ms);
    connected++;
    lastReturnMs = Date.now();
  },
  onLost: () => connected--,
};

let next = first;
async function connectAll(): Promise<void> {
  while (next < first + count) await new ReturningAgent(next++, load).start();
}

await Promise.all(Array.from({ length: CONNECTING }, connectAll));
process.on('message', () => {
  process.send?.({ connected, lastReturnMs, samples, returns, failures });
  samples = [];
  returns = [];
  failures = [];
});
process.send?.({});
