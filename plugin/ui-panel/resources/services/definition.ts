import './service-scale.js';
import { html } from 'lit';
import type { Column, ResourceAction } from '../../elements/resource-list/resource.js';
import { redeployService, removeService, rollBackService } from '../../engine/change-service.js';
import type { EngineClient } from '../../engine/client.js';
import { isChanging, type Service, servicesOfList, servicesOfSnapshot } from '../../engine/model/service.js';
import { statusBadge } from '../../format/status-badge.js';
import { nameColumn } from '../columns.js';
import { BUSY_POLL_MS, type ColumnContext, defineResource, IDLE_POLL_MS } from '../define-resource.js';
import { serviceTone, updateTone } from '../tones.js';

/** The services of a Swarm. */
export const services = defineResource<Service>({
  noun: ['service', 'services'],
  events: ['service', 'node'],
  list: async ({ engine, signal }) =>
    servicesOfList(await engine.call<unknown>('GET', '/services?status=true', { signal })),
  ofSnapshot: servicesOfSnapshot,
  pollMs: (rows) => (rows.some(isChanging) ? BUSY_POLL_MS : IDLE_POLL_MS),
  heading: (rows) =>
    `Services: ${rows.filter(({ running, desired }) => running >= desired).length} of ${rows.length} complete`,
  columns,
  actions,
  tools: {
    kind: 'service',
    links: [
      { label: 'Logs', tool: 'logs' },
      { label: 'Inspect', tool: 'inspect' },
    ],
  },
});

function columns({ engine }: ColumnContext): readonly Column<Service>[] {
  return [
    nameColumn(({ image }) => image),
    {
      title: 'Replicas',
      track: 'minmax(9rem, 12rem)',
      cell: (row) => html`
        ${statusBadge(serviceTone(row), `${row.running} of ${row.desired} running`)}
        ${
          row.replicas === null || !engine
            ? html`<br><span class="soft">${row.mode}</span>`
            : html`<fairlead-service-scale .service=${row} .engine=${engine}></fairlead-service-scale>`
        }
      `,
      text: ({ mode }) => mode,
      order: ({ running, desired }) => running - desired,
    },
    {
      title: 'Ports',
      track: 'minmax(5rem, 11rem)',
      cell: ({ ports }) =>
        ports.length > 0
          ? html`${ports.map((port) => html`<span class="line">${port}</span>`)}`
          : html`<span class="soft">none</span>`,
      text: ({ ports }) => ports.join(' '),
    },
    {
      title: 'Update',
      track: 'minmax(6rem, 14rem)',
      cell: (row) =>
        row.update === ''
          ? html`<span class="soft">none yet</span>`
          : html`${statusBadge(updateTone(row), row.update.replace('_', ' '))}<br><span class="soft">${row.updateMessage}</span>`,
      text: ({ update }) => update,
      order: ({ update }) => update,
    },
  ];
}

function actions(engine: EngineClient): readonly ResourceAction<Service>[] {
  return [
    {
      label: 'Redeploy',
      isQuick: true,
      appliesTo: ({ mode }) => !mode.endsWith('-job'),
      run: (row) => redeployService(engine, row),
      confirm: {
        warning:
          'Its tasks restart, following its update settings. A service with one task is unavailable meanwhile.',
      },
    },
    {
      label: 'Roll back',
      isQuick: true,
      appliesTo: ({ canRollBack }) => canRollBack,
      run: (row) => rollBackService(engine, row),
      confirm: {
        warning: 'Restores the spec from before its last update, and restarts its tasks.',
      },
    },
    {
      label: 'Remove',
      isQuick: true,
      appliesTo: () => true,
      run: (row) => removeService(engine, row),
      confirm: {
        warning:
          'All its tasks stop, and their containers are removed. Volumes stay. If it runs the agents, this environment goes offline.',
      },
    },
  ];
}
