import type { Scope } from '../scope.js';
import { type EngineDouble, startEngine } from './double.js';
import { answeringByPath, httpAnswer, type Reply } from './scripts.js';

/** An engine that answers by path. */
export interface ScriptedEngine extends EngineDouble {
  /** Requests in order, as `METHOD /path`. */
  readonly requests: readonly string[];
}

const json = (value: unknown) => httpAnswer('application/json', JSON.stringify(value));

/** What keeps an agent and its environment online. */
const HEALTHY: Readonly<Record<string, Reply>> = {
  _ping: httpAnswer('text/plain', 'OK'),
  info: json({ ID: 'engine', Name: 'engine', ServerVersion: '1', Containers: 0 }),
  version: json({ Version: '1', ApiVersion: '1.43' }),
  json: json([]),
  volumes: json({ Volumes: [] }),
  networks: json([]),
};

/**
 * An engine that answers any bytes the test wants, by the last segment of a request's path. To the agent's own requests
 * it is healthy, unless `replies` say otherwise.
 */
export async function startScriptedEngine(
  t: Scope,
  replies: Readonly<Record<string, Reply>> = {},
): Promise<ScriptedEngine> {
  const requests: string[] = [];
  const engine = await startEngine(t, answeringByPath({ ...HEALTHY, ...replies }, requests), 'forget');
  return Object.assign(engine, { requests });
}
