import type { SnapshotView } from '../../api.js';
import type { Mood } from '../signs.js';

interface DockerPort {
  readonly Protocol?: string;
  readonly TargetPort?: number;
  readonly PublishedPort?: number;
  readonly PublishMode?: string;
}

/** What a service is to be, as far as it is read here; what is written back has all the rest, too. */
export interface ServiceSpec {
  readonly Name: string;
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

/** What `GET /services?status=true` has of a service, as far as it is shown. */
export interface DockerService {
  readonly ID: string;
  readonly Spec: ServiceSpec;
  readonly PreviousSpec?: object;
  readonly Endpoint?: { readonly Ports?: readonly DockerPort[] | null };
  readonly UpdateStatus?: { readonly State?: string; readonly Message?: string };
  readonly ServiceStatus?: { readonly RunningTasks: number; readonly DesiredTasks: number };
}

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
export function servicesOfList(services: readonly DockerService[]): ServiceRow[] {
  return services.map(({ ID, Spec, PreviousSpec, Endpoint, UpdateStatus, ServiceStatus }) => ({
    id: ID,
    name: Spec.Name,
    image: Spec.TaskTemplate?.ContainerSpec?.Image?.replace(/@sha256:.*$/, '') ?? '',
    mode: modeOf(Spec),
    replicas: Spec.Mode?.Replicated ? (Spec.Mode.Replicated.Replicas ?? 0) : null,
    running: ServiceStatus?.RunningTasks ?? 0,
    desired: ServiceStatus?.DesiredTasks ?? 0,
    ports: (Endpoint?.Ports ?? []).map(portWords),
    update: UpdateStatus?.State ?? '',
    updateMessage: UpdateStatus?.Message ?? '',
    canRollBack: PreviousSpec !== undefined,
  }));
}

/** A snapshot's. */
export function servicesOfSnapshot({ swarm }: SnapshotView): ServiceRow[] {
  return (swarm?.services ?? []).map(({ id, name, image, mode, running, desired }) => ({
    id,
    name,
    image: image.replace(/@sha256:.*$/, ''),
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
export function serviceMood({ running, desired, mode }: ServiceRow): Mood {
  if (mode.endsWith('-job')) return 'quiet';
  if (running < desired) return running === 0 ? 'bad' : 'busy';
  return running > desired ? 'busy' : desired === 0 ? 'quiet' : 'good';
}

export function updateMood({ update }: ServiceRow): Mood {
  if (update === 'updating' || update === 'rollback_started') return 'busy';
  if (update.endsWith('paused')) return 'bad';
  return update === 'completed' ? 'good' : 'quiet';
}

/** Whether it will soon be otherwise. */
export function isChanging(row: ServiceRow): boolean {
  return (!row.mode.endsWith('-job') && row.running !== row.desired) || updateMood(row) === 'busy';
}

function modeOf({ Mode = {} }: ServiceSpec): string {
  if (Mode.Global) return 'global';
  if (Mode.ReplicatedJob) return 'replicated-job';
  return Mode.GlobalJob ? 'global-job' : 'replicated';
}

function portWords({ Protocol = 'tcp', TargetPort, PublishedPort, PublishMode }: DockerPort): string {
  const target = `${TargetPort ?? '?'}/${Protocol}`;
  if (!PublishedPort) return target;
  return `${PublishedPort} → ${target}${PublishMode === 'host' ? ' on its host' : ''}`;
}
