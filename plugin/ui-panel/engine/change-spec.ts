import type { EngineClient } from './engine-client.js';
import { JsonReader } from './json-reader.js';

/**
 * Changes what a Swarm is to do with a node or a service: reads its spec, and writes it back with the version that was
 * read, so that nobody's change in between is lost.
 * @param path such as `/nodes/k3v1`
 * @param query what goes along, such as `&rollback=previous`
 * @throws {ApiError} and, where it changed meanwhile, an error that says so
 */
export async function changeSpec<S extends object>(
  engine: EngineClient,
  path: string,
  change: (spec: S) => S,
  query = '',
): Promise<void> {
  const found = await engine.call<{ readonly Spec?: S } | null>('GET', path);
  const version = versionOf(found);
  if (!found?.Spec || version === '') throw new Error('The engine does not tell what it is to be now.');
  try {
    await engine.call('POST', `${path}/update?version=${version}${query}`, { body: change(found.Spec) });
  } catch (error) {
    // Docker's own answer is a 500 like any other.
    const now = await engine.call<unknown>('GET', path).catch(() => null);
    if (now === null || versionOf(now) === version) throw error;
    throw new Error(
      'It was changed by something else at the same moment. Look at it as it is now, and try again.',
      {
        cause: error,
      },
    );
  }
}

function versionOf(found: unknown): string {
  return new JsonReader(found).get('Version').text('Index');
}
