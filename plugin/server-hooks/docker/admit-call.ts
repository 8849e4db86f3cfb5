import { EdgeError } from '../../../protocol/edge-error.js';
import type { TunnelTarget } from '../tunnel/tunnel-source.js';
import type { ClientRequest } from './client-message.js';
import { type DockerPath, isAttachWebSocket, needsBuildKitSession, parseDockerPath } from './docker-path.js';

/** Where an authenticated Docker call goes. */
export interface DockerTarget extends TunnelTarget {
  /** Path and query as sent, not decoded, below `…/docker`; begins with `/`. */
  readonly path: string;
  /** How the caller proved itself; a cookie narrows what is let through. Default `bearer`. */
  readonly via?: 'bearer' | 'cookie';
  /**
   * The caller's credentials are good for this environment only: a host can tell by them where BuildKit's own
   * connections belong. Default false.
   */
  readonly isBound?: boolean;
  /** Aborts when the caller's credentials end, and the call with them. */
  readonly ended?: AbortSignal | undefined;
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);

/**
 * Refuses what is no Docker call, or one that cannot work or is not safe through the hub.
 * @throws EdgeError `method-not-allowed`, `bad-docker-path`, `buildkit-unsupported`, `attach-ws-refused`
 */
export function admitCall(req: ClientRequest, target: DockerTarget): DockerPath {
  if (!METHODS.has(req.method ?? '')) {
    throw new EdgeError('method-not-allowed', 'The Docker API has no such method', { status: 405 });
  }
  const path = parseDockerPath(target.path);
  if (needsBuildKitSession(path) && !target.isBound) {
    throw new EdgeError(
      'buildkit-unsupported',
      'BuildKit needs an API token for this environment only: use one, or set DOCKER_BUILDKIT=0',
      { status: 501 },
    );
  }
  if (isAttachWebSocket(path) && target.via === 'cookie') {
    throw new EdgeError(
      'attach-ws-refused',
      'attach/ws needs an API token: a browser opens consoles with a ticket',
      {
        status: 403,
      },
    );
  }
  return path;
}
