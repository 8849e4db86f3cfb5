import { html } from 'lit';
import { listSwarm } from '../../engine/list-swarm.js';
import { isChanging, type Task, taskOrder, taskPhase, tasksOfSnapshot } from '../../engine/model/task.js';
import { statusBadge } from '../../format/status-badge.js';
import { timeView } from '../../format/time.js';
import { nameColumn } from '../columns.js';
import { BUSY_POLL_MS, defineResource, IDLE_POLL_MS } from '../define-resource.js';
import { taskTone } from '../tones.js';

/** The tasks of a Swarm, failed ones first. */
export const tasks = defineResource<Task>({
  noun: ['task', 'tasks'],
  events: ['service', 'node'],
  list: async ({ engine, signal }) => (await listSwarm(engine, { signal })).tasks,
  ofSnapshot: tasksOfSnapshot,
  pollMs: (rows) => (rows.some(isChanging) ? BUSY_POLL_MS : IDLE_POLL_MS),
  heading: (rows) => {
    const count = (phase: ReturnType<typeof taskPhase>) =>
      rows.filter((row) => taskPhase(row) === phase).length;
    return `Tasks: ${count('running')} running, ${count('failed')} failed, ${rows.length} in total`;
  },
  columns: ({ nowMs }) => [
    nameColumn<Task>(({ image }) => image, { title: 'Task', order: taskOrder }),
    {
      title: 'Service',
      track: 'minmax(5rem, 12rem)',
      cell: ({ service }) => service,
      text: ({ service }) => service,
      order: ({ service, name }) => `${service} ${name}`,
    },
    {
      title: 'State',
      track: 'minmax(0, 1.4fr)',
      cell: (row) => html`
        ${statusBadge(taskTone(row), row.state)} <span class="soft">desired: ${row.desired}, ${timeView(row.changedAtMs, nowMs())}</span>
        ${row.error ? html`<br>${row.error}` : ''}
      `,
      text: ({ state, error }) => `${state} ${error}`,
      order: ({ changedAtMs }) => -changedAtMs,
    },
  ],
  tools: {
    kind: 'task',
    links: [
      { label: 'Logs', tool: 'logs' },
      { label: 'Inspect', tool: 'inspect' },
    ],
  },
});
