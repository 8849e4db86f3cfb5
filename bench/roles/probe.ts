// One connected agent that checks in throughout, before all other processes: the load generator's own delays are not in its times.
import { setPriority } from 'node:os';
import { RawAgent } from '../fleet/raw-agent.js';

const { port, environmentId } = JSON.parse(process.argv[2] ?? '{}');
const EVERY_MS = 50;
/** As `nice -n -18`; only root may. */
const PRIORITY = -18;

try {
  setPriority(PRIORITY);
} catch {
  console.error('probe: not root, so other processes delay it');
}
let samples: number[] = [];
let failures: string[] = [];
const agent = new RawAgent(environmentId, {
  port,
  waitSeconds: 0,
  onAnswer: (ms) => samples.push(ms),
  onFailure: (reason) => failures.push(reason),
});
agent.connect().catch(() => undefined);
setInterval(() => {
  if (agent.hasAnswered) agent.checkIn();
}, EVERY_MS);
process.on('message', () => {
  process.send?.({ samples, failures });
  samples = [];
  failures = [];
});
process.send?.({});
