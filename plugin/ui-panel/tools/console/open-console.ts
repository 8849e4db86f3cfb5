import type { CreateTicket, Ticket } from '../../../api.js';
import type { EngineClient } from '../../engine/client.js';

/** The command of a console. */
export interface ConsoleCommand {
  /** Empty: the best available shell. */
  readonly args: readonly string[];
  /** Name or number, also `user:group`; empty: the container's default. */
  readonly user: string;
}

const BEST_SHELL = ['sh', '-c', 'command -v bash >/dev/null && exec bash || exec sh'];

const MARKER_BYTES = 16;

/**
 * Creates an exec in a container without starting it. Resolves to the one-time URL of its WebSocket.
 * @throws {ApiError} and `AbortError`
 */
export async function openConsole(
  engine: EngineClient,
  containerId: string,
  { args, user }: ConsoleCommand,
): Promise<URL> {
  const { client, environmentId, node } = engine;
  const path = `/containers/${encodeURIComponent(containerId)}/exec`;
  const marker = newMarker();
  const exec = {
    Env: [`FAIRLEAD_CONSOLE=${marker}`],
    Cmd: args.length > 0 ? args : BEST_SHELL,
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

/** The hub uses it to find the command's process when the console is closed. */
function newMarker(): string {
  // `randomUUID` is not available on pages without TLS.
  const bytes = crypto.getRandomValues(new Uint8Array(MARKER_BYTES));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
