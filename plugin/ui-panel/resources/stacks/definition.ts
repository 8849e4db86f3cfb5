import { ApiError } from '../../api/client.js';
import type { ResourceAction } from '../../elements/resource-list/resource.js';
import type { EngineClient } from '../../engine/client.js';
import { type Stack, stacksOfList, stacksOfSnapshot } from '../../engine/model/stack.js';
import { statusBadge } from '../../format/status-badge.js';
import { nameColumn } from '../columns.js';
import { defineResource, type ListRequest } from '../define-resource.js';
import { type StackVerb, stackTasks } from './stack-tasks.js';

const KINDS = {
  compose: 'Compose project',
  swarm: 'Swarm stack',
  'swarm-part': 'Containers of a stack; only managers list its services',
};

/** The Compose projects of an engine, and the stacks of its Swarm. */
export const stacks = defineResource<Stack>({
  noun: ['stack', 'stacks'],
  events: ['container', 'service', 'network'],
  list: async (request) =>
    stacksOfList(
      ...(await Promise.all([
        request.engine.list('/containers/json?all=1', { signal: request.signal }),
        request.isSwarm ? servicesOf(request) : [],
      ])),
    ),
  ofSnapshot: stacksOfSnapshot,
  heading: ({ length }) => `Stacks: ${length}`,
  columns: () => [
    nameColumn(({ kind }) => KINDS[kind]),
    {
      title: 'State',
      track: 'minmax(7rem, 11rem)',
      cell: ({ running, total }) =>
        statusBadge(
          running === 0 ? 'quiet' : running < total ? 'busy' : 'good',
          `${running} of ${total} running`,
        ),
      order: ({ running, total }) => (total === 0 ? 0 : running / total),
    },
    {
      title: 'Services',
      track: 'minmax(0, 1fr)',
      cell: ({ services }) =>
        services.map(({ name, running, total }) => `${name} ${running}/${total}`).join(', '),
      text: ({ services }) => services.map(({ name }) => name).join(' '),
    },
  ],
  actions,
});

/** Null if no manager is available: containers are still shown. */
async function servicesOf({ engine, signal, warn }: ListRequest): Promise<unknown> {
  try {
    return await engine.call<unknown>('GET', '/services?status=true', { signal });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    warn(`The Swarm’s services are unknown: ${error.message}`);
    return null;
  }
}

function actions(engine: EngineClient): readonly ResourceAction<Stack>[] {
  const action = (verb: StackVerb, appliesTo: (row: Stack) => boolean) => ({
    isQuick: true,
    appliesTo: (row: Stack) => row.kind !== 'swarm-part' && appliesTo(row),
    tasks: (row: Stack) => stackTasks(engine.of(row), row, verb),
  });
  return [
    { label: 'Start', ...action('start', hasStopped) },
    { label: 'Stop', ...action('stop', hasStarted) },
    { label: 'Restart', ...action('restart', hasStarted) },
    {
      label: 'Remove',
      ...action('remove', () => true),
      isSequential: true,
      confirm: {
        warning: 'Named volumes stay, and so do the networks of a Compose project.',
        options: [{ id: 'volumes', label: 'Remove anonymous volumes' }],
      },
    },
  ];
}

function hasStopped({ kind, services, containers }: Stack): boolean {
  return kind === 'swarm'
    ? services.some(({ total }) => total === 0)
    : containers.some(({ isStopped }) => isStopped);
}

function hasStarted({ kind, total, containers }: Stack): boolean {
  return kind === 'swarm' ? total > 0 : containers.some(({ isStopped }) => !isStopped);
}
