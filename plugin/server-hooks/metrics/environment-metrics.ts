import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LiveEnvironment } from '../live/environment.js';
import type { LiveEnvironments } from '../live/environments.js';
import type { Environment } from '../model/environment.js';
import type { Store } from '../store/store.js';
import { statusOf } from '../views/status/observe-environment.js';

export interface EnvironmentMetricsSources {
  readonly store: Pick<Store, 'environments'>;
  readonly live: Pick<LiveEnvironments, 'of'>;
}

interface EnvironmentGauge {
  readonly name: string;
  readonly help: string;
  /** Null: absent. */
  readonly read: (environment: Environment, live: LiveEnvironment) => number | null;
  /** Whether its name is a label, next to its id. */
  readonly isNamed?: true;
}

const GAUGES: readonly EnvironmentGauge[] = [
  {
    name: 'fairlead_environment_info',
    help: 'The name of an environment; always 1',
    isNamed: true,
    read: () => 1,
  },
  {
    name: 'fairlead_environment_online',
    help: 'Whether an agent of the environment checks in, healthy or not',
    read: (environment, { presence }) => {
      const status = statusOf(environment, presence);
      return status === 'online' || status === 'degraded' ? 1 : 0;
    },
  },
  {
    name: 'fairlead_environment_tunnel_active',
    help: 'Whether the tunnel of the environment is open',
    read: (_, { tunnels }) => (tunnels.state() === 'active' ? 1 : 0),
  },
  {
    name: 'fairlead_environment_last_check_in_timestamp_seconds',
    help: 'Last check-in since the start of the hub, Unix time; absent before',
    read: (_, { presence }) => {
      const atMs = presence.lastCheckInAtMs();
      return atMs === null ? null : atMs / 1_000;
    },
  },
];
/** Environments a turn of the event loop: about a millisecond. */
const SLICE = 500;

/**
 * Four series for each environment, in the text format of Prometheus. Written here, in slices: the library takes a
 * quarter of a second for 15,000 environments, and the event loop would stand still.
 */
export async function environmentMetrics({ store, live }: EnvironmentMetricsSources): Promise<string> {
  const lines: string[] = [];
  for (const { name, help, read, isNamed } of GAUGES) {
    lines.push('', `# HELP ${name} ${help}`, `# TYPE ${name} gauge`);
    let count = 0;
    for (const environment of store.environments()) {
      const value = read(environment, live.of(environment.id));
      const more = isNamed ? `,name="${escaped(environment.name)}"` : '';
      if (value !== null) lines.push(`${name}{environment="${environment.id}"${more}} ${value}`);
      count++;
      if (count % SLICE === 0) await nextTurn();
    }
  }
  return `${lines.join('\n')}\n`;
}

function escaped(label: string): string {
  return label.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
