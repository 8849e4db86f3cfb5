import type { CallerInput } from '../roles/caller.js';

/** A way from a client to an engine. */
export interface Route extends Pick<CallerInput, 'at' | 'pids'> {
  readonly name: string;
  /** Precedes the engine's own paths. */
  readonly prefix: string;
  readonly authorization: string | null;
}

/** Registers how to stop a process. */
export type Defer = (stop: () => Promise<unknown>) => void;

/** A route without hub: its paths are the engine's own. */
export function bareRoute(name: string, at: Route['at'], pids: readonly number[]): Route {
  return { name, at, pids, prefix: '', authorization: null };
}
