import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ProblemCode, problem } from '../../../protocol/problems.js';
import { dockerErrorBody } from '../docker/error.js';
import { isUpgradePath, parseDockerPath } from '../docker/path.js';
import type { Logger } from '../host.js';
import { answerError } from '../http/error-reply.js';
import type { DockerCall } from './docker.js';

const LINE =
  "server.on('upgrade', (req, socket, head) => plugin.upgrade(req, socket, head) || socket.destroy())";

/**
 * Upgrades that arrive as plain requests because the server has no `upgrade` listener. Node then drops `Upgrade` and
 * parses what follows as the next request: `docker run -it` would hang. They are rejected, and logged once.
 */
export class MissedUpgrades {
  readonly #logger: Logger;
  #hasWarned = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @returns whether the request was one and has been answered */
  refuse(req: IncomingMessage, res: ServerResponse, call: DockerCall | null, isConsole: boolean): boolean {
    if (!wantsUpgrade(req) || !(call ? acceptsUpgrade(call) : isConsole)) return false;
    if (!this.#hasWarned) {
      this.#hasWarned = true;
      const text = `upgrades do not reach the plugin, so docker exec, docker run -it and tunnels by this address do not work: add ${LINE}`;
      this.#logger.warn({ code: 'host-lost-upgrade' satisfies ProblemCode }, text);
    }
    const error = problem('host-lost-upgrade');
    res.shouldKeepAlive = false;
    if (!call) answerError(res, error);
    else {
      const { status, headers, body } = dockerErrorBody(error);
      res.writeHead(status, headers).end(body);
    }
    return true;
  }
}

/** An HTTP/2 request cannot ask for an upgrade. */
function wantsUpgrade({ headers, httpVersionMajor }: IncomingMessage): boolean {
  return (
    httpVersionMajor === 1 && headers.upgrade !== undefined && /\bupgrade\b/i.test(headers.connection ?? '')
  );
}

function acceptsUpgrade({ path }: DockerCall): boolean {
  try {
    return isUpgradePath(parseDockerPath(path));
  } catch {
    return false;
  }
}
