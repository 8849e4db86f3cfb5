import type { CreateTicket, Ticket } from '../../api.js';
import type { EngineClient } from './engine-client.js';

/** What runs in a console. */
export interface ConsoleCommand {
  /** None: the best shell there is. */
  readonly words: readonly string[];
  /** Name or number, `user:group` as well; empty: the container's own. */
  readonly user: string;
}

const BEST_SHELL = ['sh', '-c', 'command -v bash >/dev/null && exec bash || exec sh'];

const MARKER_BYTES = 16;

/**
 * Makes a command in a container, which is not started yet. Resolves to its WebSocket's one-time address.
 * @throws {ApiError} and `AbortError`
 */
export async function openConsole(
  engine: EngineClient,
  containerId: string,
  { words, user }: ConsoleCommand,
): Promise<URL> {
  const { client, environmentId, node } = engine;
  const path = `/containers/${encodeURIComponent(containerId)}/exec`;
  const marker = newMarker();
  const exec = {
    Env: [`FAIRLEAD_CONSOLE=${marker}`],
    Cmd: words.length > 0 ? words : BEST_SHELL,
    Tty: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    ...(user && { User: user }),
  };
  const { Id: execId } = await engine.call<{ Id: string }>('POST', path, { body: exec });
  const body: CreateTicket = { environmentId, execId, marker, ...(node !== null && { node }) };
  const { url } = await client.call<Ticket>('POST', '/tickets', { body });
  return new URL(url, location.href.replace(/^http/, 'ws'));
}

/** By it the hub finds the command's process when the console is closed. */
function newMarker(): string {
  // `randomUUID` is not there on pages without TLS.
  const bytes = crypto.getRandomValues(new Uint8Array(MARKER_BYTES));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
