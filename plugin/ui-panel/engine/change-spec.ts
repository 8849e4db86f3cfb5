import type { EngineClient } from './client.js';
import { JsonReader } from './model/json-reader.js';

/**
 * Changes the spec of a Swarm node or service: reads it, and writes it back with the version read, so that no concurrent
 * change is lost.
 * @param path such as `/nodes/k3v1`
 * @param query extra parameters, such as `&rollback=previous`
 * @throws {ApiError} and, after a concurrent change, an error that says so
 */
export async function changeSpec<S extends object>(
  engine: EngineClient,
  path: string,
  change: (spec: S) => S,
  query = '',
): Promise<void> {
  const found = await engine.call<{ readonly Spec?: S } | null>('GET', path);
  const version = versionOf(found);
  if (!found?.Spec || version === '') throw new Error('The engine did not return the current spec.');
  try {
    await engine.call('POST', `${path}/update?version=${version}${query}`, { body: change(found.Spec) });
  } catch (error) {
    // Docker reports a version conflict as a plain 500.
    const now = await engine.call<unknown>('GET', path).catch(() => null);
    if (now === null || versionOf(now) === version) throw error;
    throw new Error('It was changed at the same time. Refresh and try again.', {
      cause: error,
    });
  }
}

function versionOf(found: unknown): string {
  return new JsonReader(found).get('Version').text('Index');
}
