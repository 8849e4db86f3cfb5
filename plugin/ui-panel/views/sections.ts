import { html, type TemplateResult } from 'lit';
import type { EnvironmentView } from '../../api.js';
import type { EngineSource } from '../engine/source.js';
import '../resources/containers/container-list.js';
import '../resources/nodes/node-cards.js';
import '../resources/services/service-list.js';
import '../resources/tasks/task-list.js';
import '../resources/events/event-list.js';
import '../resources/images/image-list.js';
import '../resources/networks/network-list.js';
import '../resources/stacks/stack-list.js';
import '../resources/volumes/volume-list.js';

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
  {
    id: 'services',
    label: 'Services',
    isSwarm: true,
    view: (source) => html`<fairlead-swarm-services .source=${source}></fairlead-swarm-services>`,
  },
  {
    id: 'tasks',
    label: 'Tasks',
    isSwarm: true,
    view: (source) => html`<fairlead-swarm-tasks .source=${source}></fairlead-swarm-tasks>`,
  },
  {
    id: 'containers',
    label: 'Containers',
    view: (source) => html`<fairlead-container-list .source=${source}></fairlead-container-list>`,
  },
  {
    id: 'stacks',
    label: 'Stacks',
    view: (source, { swarm }) =>
      html`<fairlead-stack-list .source=${source} .isSwarm=${swarm !== null}></fairlead-stack-list>`,
  },
  {
    id: 'images',
    label: 'Images',
    view: (source) => html`<fairlead-image-list .source=${source}></fairlead-image-list>`,
  },
  {
    id: 'volumes',
    label: 'Volumes',
    view: (source) => html`<fairlead-volume-list .source=${source}></fairlead-volume-list>`,
  },
  {
    id: 'networks',
    label: 'Networks',
    view: (source) => html`<fairlead-network-list .source=${source}></fairlead-network-list>`,
  },
  {
    id: 'events',
    label: 'Events',
    view: (source) => html`<fairlead-event-list .source=${source}></fairlead-event-list>`,
  },
];
