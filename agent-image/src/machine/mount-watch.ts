import { readFileSync } from 'node:fs';

export interface MountWatchOptions {
  /** Paths the agent opens repeatedly. */
  readonly paths: readonly string[];
  /** Called with the path whose mount shows a file that was replaced on the host. */
  readonly onStale: (path: string) => void;
  /** Text of `/proc/self/mountinfo`; '' where there is none. */
  readonly readMounts?: () => string;
}

/** A single failure may be a restart in progress. */
const FAILURES = 2;

/**
 * Detects failures caused by a mount of a deleted file: a restarted engine has a new socket, a renewed certificate is a
 * new file, and a running container keeps the old ones. Only a new container mounts them again.
 */
export class MountWatch {
  readonly #options: MountWatchOptions;
  #hasWorked = false;
  #failures = 0;

  constructor(options: MountWatchOptions) {
    this.#options = options;
  }

  /** Call it after each use of the paths. */
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

/**
 * The first path whose file was replaced on the host: its mount still holds the deleted file, for as long as the
 * container runs. Null: none.
 * @param mountinfo text of `/proc/self/mountinfo` (proc_pid_mountinfo(5)): the fourth field is the mount's source, with
 *   a `//deleted` suffix once that is deleted, and the fifth its target
 */
export function staleMount(paths: readonly string[], mountinfo: string): string | null {
  const deleted = mountinfo.split('\n').flatMap((line) => {
    const [, , , root = '', at = ''] = line.split(' ');
    return root.endsWith('//deleted') ? [unescaped(at)] : [];
  });
  return paths.find((path) => deleted.some((at) => path === at || path.startsWith(`${at}/`))) ?? null;
}

/** Spaces and other special characters are escaped as `\\040`. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
