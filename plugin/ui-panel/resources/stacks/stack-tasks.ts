import type { ResourceTask } from '../../elements/resource-list/resource.js';
import { redeployService, scaleService } from '../../engine/change-service.js';
import type { EngineClient } from '../../engine/client.js';
import { itemsOf, type JsonReader } from '../../engine/model/json-reader.js';
import { NAMESPACE, type Stack } from '../../engine/model/stack.js';

export type StackVerb = 'start' | 'stop' | 'restart' | 'remove';

/**
 * The calls for a verb: one per container of a Compose project, one per service of a Swarm's stack. Removal of a stack
 * also covers its secrets, configs and networks, as `docker stack rm` does.
 * @throws {ApiError} if the Swarm cannot list the stack
 */
export async function stackTasks(
  engine: EngineClient,
  stack: Stack,
  verb: StackVerb,
): Promise<readonly ResourceTask[]> {
  if (stack.kind === 'swarm')
    return verb === 'remove' ? removalOf(engine, stack) : changesOf(engine, stack, verb);
  return stack.containers
    .filter(({ isStopped }) => verb === 'remove' || isStopped === (verb === 'start'))
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
  stack: Stack,
  verb: Exclude<StackVerb, 'remove'>,
): Promise<ResourceTask[]> {
  const services = itemsOf(await engine.call('GET', `/services?${ofStack(stack)}`));
  return services.flatMap((service) => {
    const id = service.text('ID');
    const task = { id, name: `Service ${service.get('Spec').text('Name') || id}` };
    if (verb === 'restart') return [{ ...task, run: () => redeployService(engine, { id }) }];
    const replicas = replicasFor(verb, service.get('Spec'), service.get('PreviousSpec'));
    return replicas === null ? [] : [{ ...task, run: () => scaleService(engine, { id }, replicas) }];
  });
}

/** New number of replicas; null: no change, as for global services. */
export function replicasFor(verb: 'start' | 'stop', spec: JsonReader, previous: JsonReader): number | null {
  const replicasOf = (of: JsonReader) => of.get('Mode').get('Replicated').number('Replicas');
  const replicas = replicasOf(spec);
  if (Number.isNaN(replicas) || (replicas === 0) !== (verb === 'start')) return null;
  // The number from before it was stopped.
  return verb === 'stop' ? 0 : replicasOf(previous) || 1;
}

/** Services first: the engine does not remove networks, configs and secrets in use. */
async function removalOf(engine: EngineClient, stack: Stack): Promise<ResourceTask[]> {
  const query = ofStack(stack);
  const kinds = [
    ['services', 'Service'],
    ['secrets', 'Secret'],
    ['configs', 'Config'],
    ['networks', 'Network'],
  ] as const;
  const found = await Promise.all(kinds.map(([path]) => engine.call<unknown>('GET', `/${path}?${query}`)));
  return kinds.flatMap(([path, noun], index) =>
    itemsOf(found[index]).map((item) => {
      const id = item.text('ID') || item.text('Id');
      return {
        id,
        name: `${noun} ${item.text('Name') || item.get('Spec').text('Name') || id}`,
        run: () => engine.call('DELETE', `/${path}/${encodeURIComponent(id)}`),
      };
    }),
  );
}

function ofStack({ name }: Stack): string {
  return String(new URLSearchParams({ filters: JSON.stringify({ label: [`${NAMESPACE}=${name}`] }) }));
}
