import test from 'ava';
import { FlowWindow } from '../../../protocol/tunnel/flow-window.js';
import { SimulatedTransfer } from './simulated-link.js';

const KIB = 1024;
const MIB = 1024 * KIB;

interface Row {
  readonly mbit: number;
  readonly rttMs: number;
  readonly megabytes: number;
  /** Of the link, its start included. */
  readonly leastShare: number;
  /** What a key waits behind, in 99 of 100 moments, ms. */
  readonly mostQueueMs: number;
  /** Window at the end, KiB. */
  readonly least: number;
  readonly most: number;
}

const LINKS: readonly Row[] = [
  { mbit: 10, rttMs: 1, megabytes: 12, leastShare: 0.95, mostQueueMs: 60, least: 64, most: 64 },
  { mbit: 10, rttMs: 20, megabytes: 12, leastShare: 0.9, mostQueueMs: 90, least: 64, most: 128 },
  { mbit: 10, rttMs: 100, megabytes: 12, leastShare: 0.9, mostQueueMs: 350, least: 256, most: 480 },
  { mbit: 100, rttMs: 100, megabytes: 50, leastShare: 0.8, mostQueueMs: 350, least: 2_400, most: 4_800 },
  { mbit: 200, rttMs: 50, megabytes: 50, leastShare: 0.8, mostQueueMs: 220, least: 2_400, most: 4_800 },
  { mbit: 50, rttMs: 200, megabytes: 30, leastShare: 0.7, mostQueueMs: 650, least: 2_400, most: 4_800 },
];

let seed = 1;
const random = () => {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
};
/** One turn in twenty waits long. */
const busy = () => (random() < 0.05 ? random() * 40 : random() * 3);

for (const { mbit, rttMs, megabytes, leastShare, mostQueueMs, least, most } of LINKS) {
  for (const lateMs of [undefined, busy]) {
    const loop = lateMs ? ', on a busy machine' : '';
    test(`flow window: fills ${mbit} Mbit/s with a round trip of ${rttMs} ms${loop}`, (t) => {
      const window = new FlowWindow();
      const transfer = new SimulatedTransfer(window, { mbit, rttMs, lateMs });
      const queues: number[] = [];
      for (let ms = 25; transfer.received < megabytes * 1e6; ms += 25) {
        transfer.run(25);
        queues.push(transfer.queueMs);
        if (ms > 60_000) return t.fail(`${transfer.received} bytes in a minute`);
      }
      const share = transfer.received / (queues.length * 25) / transfer.rate;
      const queueMs = queues.sort((a, b) => a - b)[Math.floor(queues.length * 0.99)] ?? 0;
      t.true(share >= leastShare, `${share} of the link`);
      t.true(queueMs <= mostQueueMs, `${queueMs} ms of queue`);
      t.true(window.size >= least * KIB && window.size <= most * KIB, `${window.size / KIB} KiB`);
    });
  }
}

test('flow window: grows beyond 1 MiB on loopback within half a second', (t) => {
  const window = new FlowWindow();
  window.addRoundTrip(0.3, 0);
  for (let ms = 0; ms < 500; ms += window.sampleMs) {
    // Window by window, each as soon as two event loops turned.
    window.addDelivery(Math.min(400_000, window.size / 0.5) * window.sampleMs, window.sampleMs);
  }
  t.true(window.size > MIB && window.size < 4 * MIB, `${window.size} bytes`);
});

test('flow window: does not grow before a round trip is known', (t) => {
  const window = new FlowWindow();
  t.is(window.addDelivery(64 * KIB, 100), null);
  t.is(window.size, 64 * KIB);
});

test('flow window: shrinks within seconds after the rate has fallen, not immediately', (t) => {
  const window = new FlowWindow();
  const transfer = new SimulatedTransfer(window, { mbit: 100, rttMs: 100 });
  transfer.run(3_000);
  const grown = window.size;
  window.addDelivery(0, 1_000);
  t.is(window.size, grown, 'a pause of a second costs nothing');
  for (let i = 0; i < 20; i++) window.addDelivery(0, 250);
  t.is(window.size, 64 * KIB);
});

test('flow window: a round trip that waited in its own queue does not make it grow', (t) => {
  const window = new FlowWindow();
  const transfer = new SimulatedTransfer(window, { mbit: 10, rttMs: 20 });
  transfer.run(10_000);
  const settled = window.size;
  // A minute and a half of a download: each ping waits behind the window.
  transfer.run(90_000);
  t.true(window.size <= Math.max(settled, 128 * KIB), `${settled} → ${window.size}`);
});

test('flow window: a longer round trip is learned from pings that did not wait', (t) => {
  const window = new FlowWindow();
  for (let i = 0; i < 10; i++) window.addRoundTrip(10, 0);
  for (let i = 0; i < 10; i++) window.addRoundTrip(100, 1_000);
  new SimulatedTransfer(window, { mbit: 100, rttMs: 100 }).run(3_000);
  t.true(window.size >= 2 * 1.25e6, `${window.size} bytes`);
});

test('flow window: a ping under load counts if it is faster than all others', (t) => {
  const window = new FlowWindow();
  window.addRoundTrip(500, 0);
  window.addRoundTrip(600, 1 * MIB);
  t.is(window.sampleMs, 500);
  window.addRoundTrip(200, 1 * MIB);
  t.is(window.sampleMs, 200);
});

test('flow window: reports only sizes that differ by a quarter', (t) => {
  const window = new FlowWindow();
  window.addRoundTrip(100, 0);
  const reported = window.addDelivery(1_000_000, 100);
  t.is(reported, window.size);
  t.is(window.addDelivery(1_050_000, 100), null);
  t.is(reported, window.size);
});

test('flow window: a single stream may use all of it, many share a bound', (t) => {
  const window = new FlowWindow();
  t.is(window.streamSize(1), 1 * MIB, 'at least as much as a stream needs on a short path');
  window.addRoundTrip(200, 0);
  window.addDelivery(200 * MIB, 1_000);
  t.is(window.size, 16 * MIB);
  t.is(window.streamSize(0), 16 * MIB);
  t.is(window.streamSize(1), 16 * MIB);
  t.is(window.streamSize(16), 4 * MIB);
  t.is(window.streamSize(512), 1 * MIB);
});

test('flow window: stays within its bounds for any input', (t) => {
  const window = new FlowWindow();
  for (let i = 0; i < 10_000; i++) {
    if (random() < 0.1) window.addRoundTrip(10 ** (random() * 6 - 2), 10 ** (random() * 8));
    window.addDelivery(Math.floor(10 ** (random() * 9)), random() < 0.05 ? 0 : 10 ** (random() * 5 - 1));
    t.true(window.size >= 64 * KIB && window.size <= 16 * MIB);
  }
});
