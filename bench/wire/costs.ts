import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import tls from 'node:tls';
import type { TunnelView } from '../../plugin/api.js';
import { quantile, type ReportRow } from '../report.js';
import { wireBetween } from './count.js';
import { spent } from './figures.js';
import type { WireLab } from './lab.js';

export const OPENINGS = 10;
/** Time for all effects of a change, ms. */
const QUIET_MS = 1_000;
const IDLE_MS = 60_000;

type Figures = ReportRow['figures'];
type Passed = ReturnType<typeof wireBetween>;

/**
 * Opens and closes the Swarm's tunnel ten times: the leader's cost of each, as medians.
 * @param holdMs it runs for a whole number of these, so that the cost of the others can be compared
 */
export async function openingCosts(lab: WireLab, holdMs: number): Promise<ReportRow[]> {
  const parts = {
    checkIns: [] as Passed[],
    proof: [] as Passed[],
    close: [] as Passed[],
    open: [] as Passed[],
  };
  const first = await lab.read();
  let last = first;
  for (let round = 0; round < OPENINGS; round++) {
    const before = last.agents.leader;
    await lab.hub.call('POST', `${lab.paths.swarm}/tunnel`, { wait: 30 });
    await delay(QUIET_MS);
    const { leader: active } = (await lab.read()).agents;
    await untilIdle(lab);
    await delay(QUIET_MS);
    last = await lab.read();
    const { leader: closed } = last.agents;
    parts.checkIns.push(wireBetween(before.api, active.api));
    parts.proof.push(wireBetween(before.tunnel, active.tunnel));
    parts.close.push(wireBetween(active.api, closed.api));
    parts.open.push(wireBetween(active.tunnel, closed.tunnel));
  }
  const window = { before: first, after: last };
  // Evaluates its engine as often as the leader does, and is not woken.
  const standby = spent(window, 'standby-manager').cpuMs;
  const cpuMs = (spent(window, 'leader').cpuMs - standby) / OPENINGS;
  const elapsedMs = last.atMs - first.atMs;
  await delay(Math.ceil(elapsedMs / holdMs) * holdMs - elapsedMs);
  const rows = [
    { name: 'opening: check-ins, credential', figures: medians(parts.checkIns) },
    { name: 'opening: TLS, HTTP/2, proof', figures: bytesOnly(parts.proof) },
    { name: 'tunnel open for 5 s, goodbye', figures: bytesOnly(parts.open) },
    { name: 'idle close: snapshot, check-ins', figures: medians(parts.close) },
  ];
  const figures = { ...sum(rows.map(({ figures }) => figures)), 'CPU ms each': cpuMs };
  return [...rows, { name: 'all four', figures }];
}

/** Cost of a connection to the API port: without TCP, with the agents' TLS. */
export async function connectionCost({ probePort, readProbe }: WireLab): Promise<Figures> {
  const before = await readProbe();
  const socket = tls.connect({
    host: '127.0.0.1',
    port: probePort,
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
  });
  // Session tickets arrive after the handshake, only if the client reads.
  socket.resume();
  await once(socket, 'secureConnect');
  await delay(QUIET_MS);
  socket.end();
  await once(socket, 'close');
  await delay(QUIET_MS);
  return bytesOnly([wireBetween(before, await readProbe())]);
}

async function untilIdle({ hub, paths }: WireLab): Promise<void> {
  const deadline = Date.now() + IDLE_MS;
  while ((await hub.call<TunnelView>('GET', `${paths.swarm}/tunnel`)).state !== 'idle') {
    if (Date.now() > deadline) throw new Error('the unused tunnel does not close');
    await delay(100);
  }
}

function medians(samples: readonly Passed[]): Figures {
  const median = (name: 'up' | 'down' | 'requests') =>
    quantile(
      samples.map((sample) => sample[name]),
      0.5,
    );
  return { 'B up each': median('up'), 'B down each': median('down'), 'requests each': median('requests') };
}

/** For phases without requests. */
function bytesOnly(samples: readonly Passed[]): Figures {
  const { 'requests each': _, ...bytes } = medians(samples);
  return bytes;
}

function sum(parts: readonly Figures[]): Figures {
  const columns = Object.keys(parts[0] ?? {});
  return Object.fromEntries(
    columns.map((name) => [name, parts.reduce((total, part) => total + (part[name] ?? 0), 0)]),
  );
}
