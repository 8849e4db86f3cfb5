import type { SnapshotView } from '../../api.js';
import { itemsOf, type JsonReader } from '../engine/json-reader.js';
import type { Tone } from '../status-badges.js';
import { withoutDigest } from './without-digest.js';

/** What a service is to be, as far as it is read here; what is written back has all the rest, too. */
export interface ServiceSpec {
  readonly Mode?: {
    readonly Replicated?: { readonly Replicas?: number };
    readonly Global?: object;
    readonly ReplicatedJob?: object;
    readonly GlobalJob?: object;
  };
  readonly TaskTemplate?: {
    readonly ForceUpdate?: number;
    readonly ContainerSpec?: { readonly Image?: string };
  };
}

/** One of what `GET /services?status=true` tells. */
export type DockerService = unknown;

/** A service as the panel shows it. All texts are the engine's. */
export interface ServiceRow {
  readonly id: string;
  readonly name: string;
  /** Without its digest. */
  readonly image: string;
  /** `replicated`, `global`, `replicated-job` or `global-job`. */
  readonly mode: string;
  /** Null: their number is not for anybody to choose. */
  readonly replicas: number | null;
  readonly running: number;
  readonly desired: number;
  /** Such as `8080 → 80/tcp`. */
  readonly ports: readonly string[];
  /** `updating`, `paused`, `completed` and what else Docker says; '' where it was never updated. */
  readonly update: string;
  readonly updateMessage: string;
  /** Whether there is a spec to go back to. */
  readonly canRollBack: boolean;
}

/** Docker's own list. */
export function servicesOfList(services: unknown): ServiceRow[] {
  return itemsOf(services).map((service) => {
    const spec = service.get('Spec');
    const replicated = spec.get('Mode').get('Replicated');
    const status = service.get('ServiceStatus');
    const update = service.get('UpdateStatus');
    return {
      id: service.text('ID'),
      name: nameOfService(service),
      image: withoutDigest(spec.get('TaskTemplate').get('ContainerSpec').text('Image')),
      mode: modeOf(spec.get('Mode')),
      replicas: spec.get('Mode').has('Replicated') ? replicated.number('Replicas') || 0 : null,
      running: status.number('RunningTasks') || 0,
      desired: status.number('DesiredTasks') || 0,
      ports: service.get('Endpoint').get('Ports').items().map(portWords),
      update: update.text('State'),
      updateMessage: update.text('Message'),
      canRollBack: service.has('PreviousSpec'),
    };
  });
}

/** One without a name has its id for one. */
export function nameOfService(service: JsonReader): string {
  return service.get('Spec').text('Name') || service.text('ID');
}

/** A snapshot's. */
export function servicesOfSnapshot({ swarm }: SnapshotView): ServiceRow[] {
  return (swarm?.services ?? []).map(({ id, name, image, mode, running, desired }) => ({
    id,
    name,
    image: withoutDigest(image),
    mode,
    replicas: null,
    running,
    desired,
    ports: [],
    update: '',
    updateMessage: '',
    canRollBack: false,
  }));
}

/** Whether all of it runs. */
export function serviceMood({ running, desired, mode }: ServiceRow): Tone {
  if (mode.endsWith('-job')) return 'quiet';
  if (running < desired) return running === 0 ? 'bad' : 'busy';
  return running > desired ? 'busy' : desired === 0 ? 'quiet' : 'good';
}

export function updateMood({ update }: ServiceRow): Tone {
  if (update === 'updating' || update === 'rollback_started') return 'busy';
  if (update.endsWith('paused')) return 'bad';
  return update === 'completed' ? 'good' : 'quiet';
}

/** Whether it will soon be otherwise. */
export function isChanging(row: ServiceRow): boolean {
  return (!row.mode.endsWith('-job') && row.running !== row.desired) || updateMood(row) === 'busy';
}

function modeOf(mode: JsonReader): string {
  if (mode.has('Global')) return 'global';
  if (mode.has('ReplicatedJob')) return 'replicated-job';
  return mode.has('GlobalJob') ? 'global-job' : 'replicated';
}

function portWords(port: JsonReader): string {
  const target = `${port.text('TargetPort') || '?'}/${port.text('Protocol') || 'tcp'}`;
  if (!port.number('PublishedPort')) return target;
  return `${port.text('PublishedPort')} → ${target}${port.text('PublishMode') === 'host' ? ' on its host' : ''}`;
}
