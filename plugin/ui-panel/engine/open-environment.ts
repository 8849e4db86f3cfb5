import type { EnvironmentProblem, TunnelView } from '../../api.js';
import type { EngineClient } from './client.js';
import { isOneNode } from './model/node-name.js';

/** The steps, in this order. */
export type OpeningStep = 'check-in' | 'tunnel' | 'engine';

/** Progress of an opening. */
export interface OpeningProgress {
  readonly step: OpeningStep;
  /** The agent's current problem. */
  readonly problem: EnvironmentProblem | null;
}

/**
 * Opens an environment: requests its tunnel until it is open, then calls its engine. A Swarm node's own tunnel is opened
 * by the first call to its engine.
 * @throws {ApiError} from the hub or the engine; `AbortError`
 */
export async function openEnvironment(
  engine: EngineClient,
  onProgress: (progress: OpeningProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  if (!isOneNode(engine.node)) await openTunnel(engine, onProgress, signal);
  onProgress({ step: 'engine', problem: null });
  await engine.call('GET', '/version', { signal });
}

async function openTunnel(
  { client, environmentId }: EngineClient,
  onProgress: (progress: OpeningProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  onProgress({ step: 'check-in', problem: null });
  for (;;) {
    const body = { wait: 1 };
    const tunnel = await client.call<TunnelView>('POST', `/environments/${environmentId}/tunnel`, {
      body,
      signal,
    });
    const { state, progress, problem } = tunnel;
    if (state === 'active') return;
    onProgress({ step: progress === 'credential-sent' ? 'tunnel' : 'check-in', problem });
  }
}
