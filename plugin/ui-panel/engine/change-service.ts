import { changeSpec } from './change-spec.js';
import type { EngineClient } from './client.js';
import type { Service, ServiceSpec } from './model/service.js';

type ServiceId = Pick<Service, 'id'>;

/**
 * Sets the number of replicas.
 * @throws as `changeSpec`, like all functions here
 */
export function scaleService(engine: EngineClient, service: ServiceId, replicas: number): Promise<void> {
  return changeSpec<ServiceSpec>(engine, pathOf(service), (spec) => ({
    ...spec,
    Mode: { Replicated: { ...spec.Mode?.Replicated, Replicas: replicas } },
  }));
}

/** Restarts all its tasks, following its update settings. */
export function redeployService(engine: EngineClient, service: ServiceId): Promise<void> {
  return changeSpec<ServiceSpec>(engine, pathOf(service), (spec) => ({
    ...spec,
    TaskTemplate: { ...spec.TaskTemplate, ForceUpdate: (spec.TaskTemplate?.ForceUpdate ?? 0) + 1 },
  }));
}

/** Restores the spec from before the last update. */
export function rollBackService(engine: EngineClient, service: ServiceId): Promise<void> {
  const query = '&rollback=previous&registryAuthFrom=previous-spec';
  return changeSpec<ServiceSpec>(engine, pathOf(service), (spec) => spec, query);
}

export function removeService(engine: EngineClient, service: ServiceId): Promise<void> {
  return engine.call('DELETE', pathOf(service));
}

function pathOf({ id }: ServiceId): string {
  return `/services/${encodeURIComponent(id)}`;
}
