// Agents of `many-environments.ts`, each with a TLS connection of its own, that check in until the process ends. Ready once all have.
import { RawAgent } from '../fleet/raw-agent.js';

const { port, first, count, intervalMs, waitSeconds } = JSON.parse(process.argv[2] ?? '{}');
/** Handshakes under way at a time. */
const CONNECTING = 32;
const TICK_MS = 10;

let samples: number[] = [];
let failures: string[] = [];
const agents: RawAgent[] = [];
const load = {
  port,
  waitSeconds,
  onAnswer: (ms: number) => samples.push(ms),
  onFailure: (reason: string) => failures.push(reason),
};

let next = first;
async function connectAll(): Promise<void> {
  while (next < first + count) {
    const agent = new RawAgent(next++, load);
    await agent.connect();
    agents.push(agent);
  }
}

/** Sends the plain check-ins in turn, evenly over the interval. */
function checkInByTurns(): void {
  let turn = 0;
  let due = 0;
  let lastMs = performance.now();
  setInterval(() => {
    const now = performance.now();
    due += (agents.length * (now - lastMs)) / intervalMs;
    lastMs = now;
    for (; due >= 1; due--) agents[turn++ % agents.length]?.checkIn();
  }, TICK_MS);
}

if (waitSeconds === 0) checkInByTurns();
await Promise.all(Array.from({ length: CONNECTING }, connectAll));
process.on('message', () => {
  process.send?.({ samples, failures });
  samples = [];
  failures = [];
});
process.send?.({});
