import { setTimeout as delay } from 'node:timers/promises';
import type { SnapshotView } from '../plugin/api.js';
import { type Benchmark, machine, type ReportRow } from './report.js';
import { connectionCost, OPENINGS, openingCosts } from './wire/costs.js';
import { wireBetween } from './wire/count.js';
import { perMinute, spent, type Window } from './wire/figures.js';
import { AGENT_NAMES, type AgentName, startWireLab, type WireLab } from './wire/lab.js';

/** How long a check-in is held. Windows must be whole numbers of holds, or one may count one more. */
const HOLD_MS = 50_000;
const WINDOW_S = (3 * HOLD_MS) / 1_000;
const SETTLE_S = 30;
/** Longer than the hub's 75 s for idle connections: at the default 300 s each snapshot also opens a new one. */
const SNAPSHOT_S = 90;
const SNAPSHOTS = 2;
const SNAPSHOTS_MS = 4 * HOLD_MS;

/** No snapshots except where measured, and tunnels that close soon. */
const QUIET = { snapshotSeconds: 0, heldCheckIns: true, inactivitySeconds: 5 };

/** An agent's traffic and CPU time while idle, and while it leads a Swarm. */
export const wire: Benchmark = {
  title: 'bytes, requests and CPU of an agent: plain and held check-ins, in a Swarm, with a tunnel',
  async run({ rounds = 1, say }) {
    const windowS = WINDOW_S * rounds;
    say('wire: hub, engines and agents start');
    const lab = await startWireLab({ ...QUIET, heldCheckIns: false });
    const settle = () => delay(SETTLE_S * 1_000);
    const during = async (what: string, run: () => Promise<unknown>): Promise<Window> => {
      await settle();
      say(`wire: ${what}`);
      const before = await lab.read();
      await run();
      return { before, after: await lab.read() };
    };
    const change = (settings: object) =>
      lab.hub.call('PATCH', '/edge/api/settings', { ...QUIET, ...settings });
    const quietly = () => delay(windowS * 1_000);
    try {
      const polling = await during(`plain check-ins, ${windowS} s`, quietly);
      await change({});
      let opened: ReportRow[] = [];
      const opening = await during(`${OPENINGS} openings`, async () => {
        opened = await openingCosts(lab, HOLD_MS);
      });
      await change({ inactivitySeconds: 86_400 });
      // An agent without an open hold cannot lead: among equals, one that can be notified immediately does.
      await settle();
      await lab.hub.call('POST', `${lab.paths.swarm}/tunnel`, { wait: 30 });
      const holding = await during(`held check-ins, a tunnel open, ${windowS} s`, quietly);
      requireOneTunnel(holding);
      await change({ inactivitySeconds: 86_400, snapshotSeconds: SNAPSHOT_S });
      const snapshots = await during(`snapshots, ${SNAPSHOTS_MS / 1e3} s`, () => delay(SNAPSHOTS_MS));
      const baseline = spent(polling, 'standalone');
      const steady = (name: string, window: Window, agent: AgentName): ReportRow => ({
        name,
        figures: perMinute(spent(window, agent), baseline),
      });
      return {
        benchmark: 'wire',
        machine: machine(),
        node: process.version,
        setup: `${windowS} s each, both ports, TLS included; snapshots of ${await snapshotBytes(lab)} bytes of JSON`,
        rows: [
          steady('standalone, plain check-ins', polling, 'standalone'),
          steady('standalone, held check-ins', holding, 'standalone'),
          steady('standby manager', holding, 'standby-manager'),
          steady('standby worker', holding, 'standby-worker'),
          steady('leader, tunnel open and unused', holding, 'leader'),
          steady('standby manager during openings', opening, 'standby-manager'),
          steady('standby worker during openings', opening, 'standby-worker'),
          ...opened,
          { name: 'connection to the API port', figures: await connectionCost(lab) },
          { name: 'snapshot', figures: snapshotFigures(snapshots, holding) },
        ],
      };
    } finally {
      await lab.close();
    }
  },
};

/** Checks the names of the rows: one agent leads, and its tunnel stays open. */
function requireOneTunnel({ before, after }: Window): void {
  for (const name of AGENT_NAMES) {
    const { connections } = after.agents[name].tunnel;
    if (connections > 0 !== (name === 'leader')) throw new Error(`${name} opened ${connections} tunnels`);
  }
  const { connections } = wireBetween(before.agents.leader.tunnel, after.agents.leader.tunnel);
  if (connections > 0) throw new Error('the tunnel did not stay open');
}

async function snapshotBytes({ hub, paths }: WireLab): Promise<number> {
  const view = await hub.call<SnapshotView>('GET', `${paths.standalone}/snapshot`);
  return JSON.stringify(view).length;
}

/** Cost of one snapshot on top of the check-ins. */
function snapshotFigures(snapshots: Window, quiet: Window): ReportRow['figures'] {
  const [all, alone] = [spent(snapshots, 'standalone'), spent(quiet, 'standalone')];
  const share = all.minutes / alone.minutes;
  const one = (name: 'up' | 'down' | 'requests' | 'cpuMs') => (all[name] - share * alone[name]) / SNAPSHOTS;
  return {
    'B up each': one('up'),
    'B down each': one('down'),
    'requests each': one('requests'),
    'CPU ms each': one('cpuMs'),
  };
}
