import '../resources/events/event-list.js';
import '../resources/nodes/node-cards.js';
import { html, type TemplateResult } from 'lit';
import type { EnvironmentView } from '../../api.js';
import type { Resource } from '../elements/resource-list/resource.js';
import type { EngineSource } from '../engine/source.js';
import { containers } from '../resources/containers/definition.js';
import type { ResourceDefinition } from '../resources/define-resource.js';
import { images } from '../resources/images/definition.js';
import { networks } from '../resources/networks/definition.js';
import { resourceSection } from '../resources/resource-section.js';
import { services } from '../resources/services/definition.js';
import { stacks } from '../resources/stacks/definition.js';
import { tasks } from '../resources/tasks/definition.js';
import { volumes } from '../resources/volumes/definition.js';

/** A section of the environment page. */
export interface Section {
  /** Path segment. */
  readonly id: string;
  readonly label: string;
  /** Whether it is for Swarms only. */
  readonly isSwarm?: boolean;
  readonly view: (source: EngineSource, environment: EnvironmentView) => TemplateResult;
}

/** In display order; the first one is the default. */
export const SECTIONS: readonly Section[] = [
  {
    id: 'nodes',
    label: 'Nodes',
    isSwarm: true,
    view: (source, environment) =>
      html`<fairlead-swarm-nodes .source=${source} .environment=${environment}></fairlead-swarm-nodes>`,
  },
  { ...list('services', 'Services', services), isSwarm: true },
  { ...list('tasks', 'Tasks', tasks), isSwarm: true },
  list('containers', 'Containers', containers),
  list('stacks', 'Stacks', stacks),
  list('images', 'Images', images),
  list('volumes', 'Volumes', volumes),
  list('networks', 'Networks', networks),
  {
    id: 'events',
    label: 'Events',
    view: (source) => html`<fairlead-event-list .source=${source}></fairlead-event-list>`,
  },
];

function list<R extends Resource>(id: string, label: string, definition: ResourceDefinition<R>): Section {
  return { id, label, view: (source, { swarm }) => resourceSection(definition, source, swarm !== null) };
}
