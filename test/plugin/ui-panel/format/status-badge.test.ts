import test from 'ava';
import type { EnvironmentView } from '../../../../plugin/api.js';
import { statusBadges } from '../../../../plugin/ui-panel/format/status-badge.js';

const engine = {} as EnvironmentView['engine'];
const problem = (code: string) => ({ code, detail: '', at: '' });
const rows: [string, Parameters<typeof statusBadges>[0], string][] = [
  ['new', { status: 'new', tunnel: 'idle', engine: null, problem: null }, 'quiet quiet quiet'],
  ['at work', { status: 'online', tunnel: 'active', engine, problem: null }, 'good good good'],
  ['waking', { status: 'online', tunnel: 'required', engine, problem: null }, 'good busy good'],
  [
    'without its engine',
    { status: 'degraded', tunnel: 'active', engine, problem: problem('engine-unreachable') },
    'good good bad',
  ],
  [
    'without its tunnel',
    { status: 'degraded', tunnel: 'required', engine, problem: problem('tunnel-handshake') },
    'good bad good',
  ],
  ['offline', { status: 'offline', tunnel: 'idle', engine, problem: null }, 'bad quiet quiet'],
];

for (const [name, view, tones] of rows) {
  test(`status badges: check-in, tunnel and engine of an environment that is ${name}`, (t) => {
    t.is(
      statusBadges(view)
        .map(({ tone }) => tone)
        .join(' '),
      tones,
    );
  });
}
