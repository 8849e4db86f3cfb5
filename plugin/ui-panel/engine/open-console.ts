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
  const exec = {
    Cmd: words.length > 0 ? words : BEST_SHELL,
    Tty: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    ...(user && { User: user }),
  };
  const { Id: execId } = await engine.call<{ Id: string }>('POST', path, { body: exec });
  const body: CreateTicket = { environmentId, execId, ...(node !== null && { node }) };
  const { url } = await client.call<Ticket>('POST', '/tickets', { body });
  return new URL(url, location.href.replace(/^http/, 'ws'));
}
