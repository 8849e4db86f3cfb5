import { html } from 'lit';
import type { ResourceAction } from '../../elements/resource-list/resource.js';
import type { EngineClient } from '../../engine/client.js';
import { type Container, containersOfList, containersOfSnapshot } from '../../engine/model/container.js';
import { statusBadge } from '../../format/status-badge.js';
import { nameColumn } from '../columns.js';
import { defineResource } from '../define-resource.js';
import { containerTone } from '../tones.js';

/** The containers of an engine. */
export const containers = defineResource<Container>({
  noun: ['container', 'containers'],
  events: ['container'],
  list: async ({ engine, signal }) =>
    containersOfList(await engine.list('/containers/json?all=1', { signal })),
  ofSnapshot: containersOfSnapshot,
  heading: (rows) => `Containers: ${rows.filter(isRunning).length} of ${rows.length} running`,
  columns: ({ engine }) => [
    nameColumn(({ image }) => image),
    {
      title: 'State',
      track: 'minmax(8rem, 14rem)',
      cell: ({ state, status }) => statusBadge(containerTone(state), status || state || 'Unknown'),
      text: ({ state }) => state,
      order: ({ state }) => state,
    },
    ...(engine
      ? [
          {
            title: 'Ports',
            track: 'minmax(0, 9rem)',
            cell: ({ ports }: Container) => html`<span class="soft">${ports.join(', ') || 'none'}</span>`,
            text: ({ ports }: Container) => ports.join(' '),
          },
        ]
      : []),
  ],
  actions,
  tools: {
    kind: 'container',
    links: [
      { label: 'Logs', tool: 'logs' },
      { label: 'Console', tool: 'console', appliesTo: isRunning },
      { label: 'Stats', tool: 'stats', appliesTo: isRunning },
      { label: 'Inspect', tool: 'inspect' },
    ],
  },
});

function actions(engine: EngineClient): readonly ResourceAction<Container>[] {
  const call = (method: string, row: Container, rest: string) =>
    engine.of(row).call(method, `/containers/${encodeURIComponent(row.id)}${rest}`);
  const post = (action: string) => (row: Container) => call('POST', row, `/${action}`);
  return [
    { label: 'Start', isQuick: true, appliesTo: (row) => !isUp(row), run: post('start') },
    { label: 'Stop', isQuick: true, appliesTo: mayBeUp, run: post('stop') },
    { label: 'Restart', isQuick: true, appliesTo: mayBeUp, run: post('restart') },
    { label: 'Kill', appliesTo: mayBeUp, run: post('kill') },
    { label: 'Pause', appliesTo: isRunning, run: post('pause') },
    { label: 'Unpause', appliesTo: ({ state }) => state === 'paused', run: post('unpause') },
    {
      label: 'Remove',
      appliesTo: () => true,
      run: (row, options) =>
        call('DELETE', row, `?force=${options.has('force')}&v=${options.has('volumes')}`),
      confirm: {
        warning: 'Data outside of volumes is lost.',
        options: [
          { id: 'force', label: 'Force: kill running containers first' },
          { id: 'volumes', label: 'Remove anonymous volumes' },
        ],
      },
    },
  ];
}

function isRunning({ state }: Container): boolean {
  return state === 'running';
}

function isUp({ state }: Container): boolean {
  return ['running', 'paused', 'restarting'].includes(state);
}

/** With an unknown state, offer both. */
function mayBeUp(row: Container): boolean {
  return isUp(row) || row.state === '';
}
