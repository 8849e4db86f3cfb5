import { readFileSync } from 'node:fs';
import { staleMount } from './stale-mount.js';

export interface MountWatchOptions {
  /** What the agent opens again and again. */
  readonly paths: readonly string[];
  /** Called with the path whose mount shows a file that was replaced on the host. */
  readonly onStale: (path: string) => void;
  /** Text of `/proc/self/mountinfo`; '' where there is none. */
  readonly readMounts?: () => string;
}

/** One failure may be a restart that is under way. */
const FAILURES = 2;

/**
 * Notices that what has worked fails because a mount shows a deleted file: an engine that was restarted has a new socket,
 * a renewed certificate is a new file, and a container that outlives them keeps the old ones. Only a new container
 * mounts them again.
 */
export class MountWatch {
  readonly #options: MountWatchOptions;
  #hasWorked = false;
  #failures = 0;

  constructor(options: MountWatchOptions) {
    this.#options = options;
  }

  /** After each use of the paths. */
  note(hasFailed: boolean): void {
    if (!hasFailed) this.#hasWorked = true;
    this.#failures = hasFailed ? this.#failures + 1 : 0;
    if (!this.#hasWorked || this.#failures < FAILURES) return;
    const { paths, readMounts = readOwnMounts, onStale } = this.#options;
    const stale = staleMount(paths, readMounts());
    if (stale !== null) onStale(stale);
  }
}

function readOwnMounts(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return '';
  }
}
