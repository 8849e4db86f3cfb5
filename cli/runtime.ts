import type { EventEmitter } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../protocol/time/clock.js';

/** A stream that may be a terminal. */
type Terminal<S> = S & { readonly isTTY?: boolean };

/** What a command gets from its process. */
export interface Runtime {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: Terminal<Readable>;
  readonly stdout: Terminal<Writable>;
  readonly stderr: Terminal<Writable>;
  readonly homeFolder: string;
  readonly tempFolder: string;
  /** Names tokens and certificates, so that their list on the hub shows where they are used. */
  readonly hostName: string;
  readonly version: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Aborted by the first SIGINT, SIGTERM, SIGHUP or SIGQUIT; its reason is a Failure. */
  readonly interrupted: AbortSignal;
  /** Emits each of these signals by its name; `exec` passes them on. */
  readonly signals: EventEmitter;
}
