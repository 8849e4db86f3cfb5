// Agents of `many-environments.ts` that check in: each once, then at a fixed rate.
import http from 'node:http';
import { signRequest } from '../../protocol/crypto/request-signature.js';
import { agentOf } from '../lab/many-environments.js';

const { port, count, perSecond } = JSON.parse(process.argv[2] ?? '{}');
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const PATH = '/agent/check-in';
let samples: number[] = [];
let lastMs = 0;

function checkIn(environmentId: number): Promise<void> {
  const { instanceId, secret } = agentOf(environmentId);
  lastMs = Math.max(lastMs + 1, Date.now());
  const claim = { environmentId, instanceId, timeMs: lastMs };
  const authorization = signRequest(secret, claim, { method: 'GET', path: PATH, body: Buffer.alloc(0) });
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const req = http.get(
      { host: '127.0.0.1', port, path: `/edge${PATH}`, agent, headers: { authorization } },
      (res) => {
        if (res.statusCode !== 200) reject(new Error(`a check-in was answered ${res.statusCode}`));
        res.resume().once('end', () => {
          samples.push(performance.now() - start);
          resolve();
        });
      },
    );
    req.once('error', reject);
  });
}

for (let id = 1; id <= count; id += 64) {
  const batch = Array.from({ length: Math.min(64, count - id + 1) }, (_, offset) => checkIn(id + offset));
  await Promise.all(batch);
}
let next = 0;
setInterval(() => {
  for (let sent = 0; sent < perSecond / 50; sent++) void checkIn(1 + (next++ % count));
}, 20);
process.on('message', () => {
  process.send?.({ samples });
  samples = [];
});
process.send?.({});
