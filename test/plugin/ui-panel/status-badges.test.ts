import test from 'ava';
import type { EnvironmentView } from '../../../plugin/api.js';
import { ago } from '../../../plugin/ui-panel/ago.js';
import { statusBadges } from '../../../plugin/ui-panel/status-badges.js';

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

for (const [name, view, moods] of rows) {
  test(`signs: check-in, tunnel and engine of an environment that is ${name}`, (t) => {
    t.is(
      statusBadges(view)
        .map(({ tone }) => tone)
        .join(' '),
      moods,
    );
  });
}

test('ago: says how long as people do', (t) => {
  const now = Date.parse('2026-01-02T03:04:05.000Z');
  const said = [-5, 0, 4, 59, 60, 3_599, 7_200, 200_000].map((seconds) =>
    ago(new Date(now - seconds * 1000).toISOString(), now),
  );
  t.deepEqual(said, [
    '0 s ago',
    '0 s ago',
    '4 s ago',
    '59 s ago',
    '1 min ago',
    '59 min ago',
    '2 h ago',
    '2 d ago',
  ]);
  t.is(ago(null, now), 'never');
});
