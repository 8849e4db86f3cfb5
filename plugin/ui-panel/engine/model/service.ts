import type { SnapshotView } from '../../../api.js';
import { withoutDigest } from './image.js';
import { itemsOf, type JsonReader } from './json-reader.js';

/** The used part of a service's spec; updates write back the whole spec. */
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

/** A service in the panel. All texts are the engine's. */
export interface Service {
  readonly id: string;
  readonly name: string;
  /** Without its digest. */
  readonly image: string;
  /** `replicated`, `global`, `replicated-job` or `global-job`. */
  readonly mode: string;
  /** Null: not scalable. */
  readonly replicas: number | null;
  readonly running: number;
  readonly desired: number;
  /** Such as `8080 → 80/tcp`. */
  readonly ports: readonly string[];
  /** `updating`, `paused`, `completed` and Docker's other states; '' if it was never updated. */
  readonly update: string;
  readonly updateMessage: string;
  /** Whether there is a previous spec. */
  readonly canRollBack: boolean;
}

/** From Docker's list. */
export function servicesOfList(services: unknown): Service[] {
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
      ports: service.get('Endpoint').get('Ports').items().map(portText),
      update: update.text('State'),
      updateMessage: update.text('Message'),
      canRollBack: service.has('PreviousSpec'),
    };
  });
}

/** Its name, or its id if it has none. */
export function nameOfService(service: JsonReader): string {
  return service.get('Spec').text('Name') || service.text('ID');
}

/** From a snapshot. */
export function servicesOfSnapshot({ swarm }: SnapshotView): Service[] {
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

/** Whether its state is about to change. */
export function isChanging(row: Service): boolean {
  return (!row.mode.endsWith('-job') && row.running !== row.desired) || isUpdating(row);
}

export function isUpdating({ update }: Pick<Service, 'update'>): boolean {
  return update === 'updating' || update === 'rollback_started';
}

function modeOf(mode: JsonReader): string {
  if (mode.has('Global')) return 'global';
  if (mode.has('ReplicatedJob')) return 'replicated-job';
  return mode.has('GlobalJob') ? 'global-job' : 'replicated';
}

function portText(port: JsonReader): string {
  const target = `${port.text('TargetPort') || '?'}/${port.text('Protocol') || 'tcp'}`;
  if (!port.number('PublishedPort')) return target;
  return `${port.text('PublishedPort')} → ${target}${port.text('PublishMode') === 'host' ? ' on its host' : ''}`;
}
