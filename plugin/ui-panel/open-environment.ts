import type { EnvironmentProblem, TunnelView } from '../api.js';
import type { ApiClient } from './api-client.js';

/** What is waited for, in this order. */
export type OpeningStep = 'check-in' | 'tunnel' | 'engine';

/** How far an opening is. */
export interface OpeningProgress {
  readonly step: OpeningStep;
  /** What hinders it, as the agent says. */
  readonly problem: EnvironmentProblem | null;
}

/**
 * Wakes an environment: asks for its tunnel until it stands, then for its engine.
 * @throws {ApiError} what the hub or the engine says; `AbortError`
 */
export async function openEnvironment(
  client: ApiClient,
  id: number,
  onProgress: (progress: OpeningProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  onProgress({ step: 'check-in', problem: null });
  for (;;) {
    const body = { wait: 1 };
    const tunnel = await client.call<TunnelView>('POST', `/environments/${id}/tunnel`, { body, signal });
    const { state, progress, problem } = tunnel;
    if (state === 'active') break;
    onProgress({ step: progress === 'credential-sent' ? 'tunnel' : 'check-in', problem });
  }
  onProgress({ step: 'engine', problem: null });
  await client.call('GET', `/environments/${id}/docker/version`, { signal });
}
