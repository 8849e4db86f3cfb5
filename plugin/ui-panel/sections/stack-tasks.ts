import type { ResourceTask } from '../elements/resource.js';
import type { EngineClient } from '../engine/engine-client.js';
import { NAMESPACE, type StackRow } from './stack-row.js';

export type StackVerb = 'start' | 'stop' | 'restart' | 'remove';

/** What `GET /services` has of a service, as far as it is changed here; the rest goes back as it came. */
interface Service {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: ServiceSpec;
  readonly PreviousSpec?: ServiceSpec | null;
}
interface ServiceSpec {
  readonly Name: string;
  readonly Mode?: { readonly Replicated?: { readonly Replicas?: number } };
  readonly TaskTemplate?: { readonly ForceUpdate?: number };
}

/**
 * What a verb comes to: for a Compose project a call for each of its containers, for a Swarm's stack one for each of its
 * services, and, to remove it, for what else has its name on it, as `docker stack rm` does.
 * @throws {ApiError} where the Swarm does not tell what the stack has
 */
export async function stackTasks(
  engine: EngineClient,
  stack: StackRow,
  verb: StackVerb,
): Promise<readonly ResourceTask[]> {
  if (stack.kind === 'swarm')
    return verb === 'remove' ? removalOf(engine, stack) : changesOf(engine, stack, verb);
  return stack.containers
    .filter(({ isRunning }) => (verb === 'start' ? !isRunning : verb === 'remove' || isRunning))
    .map(({ id, name }) => ({
      id,
      name,
      run: (options) => {
        const path = `/containers/${encodeURIComponent(id)}`;
        if (verb !== 'remove') return engine.call('POST', `${path}/${verb}`);
        return engine.call('DELETE', `${path}?force=1${options.has('volumes') ? '&v=1' : ''}`);
      },
    }));
}

async function changesOf(
  engine: EngineClient,
  stack: StackRow,
  verb: Exclude<StackVerb, 'remove'>,
): Promise<ResourceTask[]> {
  const services = await engine.call<readonly Service[]>('GET', `/services?${ofStack(stack)}`);
  return services.flatMap(({ ID, Version, Spec, PreviousSpec }) => {
    const changed = changedSpec(Spec, PreviousSpec ?? null, verb);
    const path = `/services/${encodeURIComponent(ID)}/update?version=${Version.Index}`;
    return changed
      ? [{ id: ID, name: `Service ${Spec.Name}`, run: () => engine.call('POST', path, { body: changed }) }]
      : [];
  });
}

/** Null: there is nothing to do. A service for each node has no scale. */
export function changedSpec(
  spec: ServiceSpec,
  previous: ServiceSpec | null,
  verb: Exclude<StackVerb, 'remove'>,
): ServiceSpec | null {
  const { TaskTemplate, Mode } = spec;
  if (verb === 'restart')
    return { ...spec, TaskTemplate: { ...TaskTemplate, ForceUpdate: (TaskTemplate?.ForceUpdate ?? 0) + 1 } };
  const replicas = Mode?.Replicated?.Replicas;
  if (replicas === undefined || (replicas === 0) !== (verb === 'start')) return null;
  // As many as there were before somebody stopped it.
  const Replicas = verb === 'stop' ? 0 : previous?.Mode?.Replicated?.Replicas || 1;
  return { ...spec, Mode: { Replicated: { ...Mode?.Replicated, Replicas } } };
}

/** Services first: networks, configs and secrets in use would be refused. */
async function removalOf(engine: EngineClient, stack: StackRow): Promise<ResourceTask[]> {
  const query = ofStack(stack);
  const kinds = [
    ['services', 'Service'],
    ['secrets', 'Secret'],
    ['configs', 'Config'],
    ['networks', 'Network'],
  ] as const;
  type Item = {
    readonly ID?: string;
    readonly Id?: string;
    readonly Name?: string;
    readonly Spec?: { readonly Name?: string };
  };
  const found = await Promise.all(
    kinds.map(([path]) => engine.call<readonly Item[]>('GET', `/${path}?${query}`)),
  );
  return kinds.flatMap(([path, noun], index) =>
    (found[index] ?? []).map(({ ID, Id, Name, Spec }) => {
      const id = ID ?? Id ?? '';
      return {
        id,
        name: `${noun} ${Name ?? Spec?.Name ?? id}`,
        run: () => engine.call('DELETE', `/${path}/${encodeURIComponent(id)}`),
      };
    }),
  );
}

function ofStack({ name }: StackRow): string {
  return String(new URLSearchParams({ filters: JSON.stringify({ label: [`${NAMESPACE}=${name}`] }) }));
}
