import test from 'ava';
import { FlowWindow } from '../../../protocol/tunnel/flow-window.js';

const KIB = 1024;
const MIB = 1024 * KIB;

/** A link as its receiver sees it. */
interface Link {
  /** Bytes a millisecond. */
  readonly rate: number;
  readonly rttMs: number;
}

/** What arrives over the link within `ms` while the window is what limits it, or the link itself. */
function deliver(window: FlowWindow, { rate, rttMs }: Link, ms = window.sampleMs): void {
  const windowRate = window.size / Math.max(rttMs, 0.1);
  window.addDelivery(Math.min(rate, windowRate) * ms, ms);
}

const mbit = (rate: number) => (rate * 1e6) / 8 / 1e3;

const LINKS: readonly (Link & { name: string; least: number; most: number; samples: number })[] = [
  { name: '10 Mbit/s, 1 ms', rate: mbit(10), rttMs: 1, least: 64 * KIB, most: 64 * KIB, samples: 100 },
  { name: '10 Mbit/s, 20 ms', rate: mbit(10), rttMs: 20, least: 64 * KIB, most: 64 * KIB, samples: 100 },
  {
    name: '100 Mbit/s, 100 ms',
    rate: mbit(100),
    rttMs: 100,
    least: 1.6 * 1.25e6,
    most: 2.6 * 1.25e6,
    samples: 8,
  },
  {
    name: '200 Mbit/s, 50 ms',
    rate: mbit(200),
    rttMs: 50,
    least: 1.6 * 1.25e6,
    most: 2.6 * 1.25e6,
    samples: 8,
  },
  { name: 'loopback', rate: 400e6 / 1e3, rttMs: 0.3, least: 1 * MIB, most: 3 * MIB, samples: 8 },
  { name: '10 Gbit/s, 200 ms', rate: mbit(10_000), rttMs: 200, least: 16 * MIB, most: 16 * MIB, samples: 12 },
];

for (const { name, least, most, samples, ...link } of LINKS) {
  test(`flow window: ${name}: settles between ${Math.round(least / KIB)} and ${Math.round(most / KIB)} KiB`, (t) => {
    const window = new FlowWindow();
    window.addRoundTrip(link.rttMs, 0);
    for (let i = 0; i < samples; i++) deliver(window, link);
    t.true(window.size >= least && window.size <= most, `${window.size} bytes`);
    const settled = window.size;
    for (let i = 0; i < 50; i++) deliver(window, link);
    t.true(
      window.size >= settled * 0.75 && window.size <= settled * 1.25,
      `${settled} → ${window.size} bytes`,
    );
  });
}

test('flow window: does not grow before a round trip is known', (t) => {
  const window = new FlowWindow();
  t.is(window.addDelivery(64 * KIB, 50), null);
  t.is(window.size, 64 * KIB);
});

test('flow window: shrinks within seconds after the rate has fallen, and not at once', (t) => {
  const window = new FlowWindow();
  window.addRoundTrip(100, 0);
  for (let i = 0; i < 20; i++) deliver(window, { rate: mbit(100), rttMs: 100 });
  const grown = window.size;
  window.addDelivery(0, 1_000);
  t.is(window.size, grown, 'a pause of a second costs nothing');
  for (let i = 0; i < 20; i++) window.addDelivery(0, 250);
  t.is(window.size, 64 * KIB);
});

test('flow window: a round trip that waited in its own queue does not make it grow', (t) => {
  const link = { rate: mbit(10), rttMs: 20 };
  const window = new FlowWindow();
  window.addRoundTrip(link.rttMs, 0);
  // A minute and a half of a download: each ping waits behind the window, and the window is full all the time.
  for (let second = 0; second < 90; second += 3) {
    for (let i = 0; i < 12; i++) deliver(window, link, 250);
    const queuedMs = window.size / link.rate;
    window.addRoundTrip(Math.max(link.rttMs, queuedMs), window.size);
  }
  t.is(window.size, 64 * KIB);
});

test('flow window: a longer way is learned from pings that did not wait', (t) => {
  const window = new FlowWindow();
  for (let i = 0; i < 10; i++) window.addRoundTrip(10, 0);
  for (let i = 0; i < 10; i++) window.addRoundTrip(100, 1_000);
  for (let i = 0; i < 10; i++) deliver(window, { rate: mbit(100), rttMs: 100 });
  t.true(window.size >= 1.6 * 1.25e6, `${window.size} bytes`);
});

test('flow window: a ping under load that is faster than all others counts', (t) => {
  const window = new FlowWindow();
  window.addRoundTrip(500, 0);
  window.addRoundTrip(20, 1 * MIB);
  t.is(window.sampleMs, 50);
  for (let i = 0; i < 10; i++) deliver(window, { rate: mbit(100), rttMs: 20 });
  t.true(window.size <= 2.6 * 0.25e6, `${window.size} bytes`);
});

test('flow window: tells only sizes that differ by a quarter', (t) => {
  const window = new FlowWindow();
  window.addRoundTrip(100, 0);
  t.is(window.addDelivery(1_000_000, 100), 2_040_000);
  t.is(window.addDelivery(1_100_000, 100), null);
  t.is(window.size, 2_040_000);
  t.is(window.addDelivery(1_300_000, 100), 2_652_000);
});

test('flow window: stays within its bounds whatever it is told', (t) => {
  const window = new FlowWindow();
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  for (let i = 0; i < 10_000; i++) {
    if (random() < 0.1) window.addRoundTrip(10 ** (random() * 6 - 2), 10 ** (random() * 8));
    window.addDelivery(Math.floor(10 ** (random() * 9)), random() < 0.05 ? 0 : 10 ** (random() * 5 - 1));
    t.true(window.size >= 64 * KIB && window.size <= 16 * MIB);
  }
});
