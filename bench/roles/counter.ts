// Counting relays: one for each agent and port, so that each counts one agent only.
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import type { WireCount } from '../wire/count.js';
import { SegmentCounter } from '../wire/segment-counter.js';

const input: { targets: Record<string, number> } = JSON.parse(process.argv[2] ?? '{}');

/** A TLS 1.3 record with an alert, such as `close_notify`: smaller than any request. */
const ALERT_BYTES = 24;

/** Since the start, by name. */
const counts: Record<string, Omit<WireCount, 'packets'>> = {};
const segments = new SegmentCounter();
const ports: Record<string, number> = {};

for (const [name, target] of Object.entries(input.targets)) {
  const count = { up: 0, down: 0, connections: 0, turns: 0 };
  counts[name] = count;
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    count.connections++;
    const far = net.connect({ host: '127.0.0.1', port: target, allowHalfOpen: true, noDelay: true });
    /** Whether the last bytes went up: more of them belong to the same request. */
    let isUp = false;
    near.on('data', ({ length }) => {
      count.up += length;
      if (length <= ALERT_BYTES) return;
      if (!isUp) count.turns++;
      isUp = true;
    });
    far.on('data', ({ length }) => {
      count.down += length;
      isUp = false;
    });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ports[name] = (server.address() as AddressInfo).port;
}
process.on('message', async () => {
  await segments.sample();
  const withPackets = ([name, count]: [string, object]) => [
    name,
    { ...count, packets: segments.total(ports[name] ?? 0) },
  ];
  process.send?.(Object.fromEntries(Object.entries(counts).map(withPackets)));
});
segments.start();
process.send?.(ports);
