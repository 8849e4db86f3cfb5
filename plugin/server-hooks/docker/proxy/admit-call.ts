import { problem } from '../../../../protocol/problems.js';
import type { TunnelTarget } from '../../tunnel/source.js';
import type { ClientRequest } from '../client-message.js';
import { type DockerPath, isAttachWebSocket, needsBuildKitSession, parseDockerPath } from '../path.js';

/** The target of an authenticated Docker call. */
export interface DockerTarget extends TunnelTarget {
  /** Path and query as sent, not decoded, below `…/docker`; starts with `/`. */
  readonly path: string;
  /** How the caller authenticated; a cookie restricts what is allowed. Default `bearer`. */
  readonly via?: 'bearer' | 'cookie';
  /**
   * The caller's credentials are valid for this environment only, so a host can route BuildKit's own connections by
   * them. Default false.
   */
  readonly isBound?: boolean;
  /** Aborts when the caller's credentials end; the call then ends too. */
  readonly ended?: AbortSignal | undefined;
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);

/**
 * Rejects anything but Docker calls, and calls that cannot work or are unsafe through the hub.
 * @throws Problem `method-not-allowed`, `bad-docker-path`, `buildkit-unsupported`, `attach-ws-refused`
 */
export function admitCall(req: ClientRequest, target: DockerTarget): DockerPath {
  if (!METHODS.has(req.method ?? '')) {
    throw problem('method-not-allowed', { detail: 'The Docker API has no such method' });
  }
  const path = parseDockerPath(target.path);
  if (needsBuildKitSession(path) && !target.isBound) {
    throw problem('buildkit-unsupported');
  }
  if (isAttachWebSocket(path) && target.via === 'cookie') {
    throw problem('attach-ws-refused');
  }
  return path;
}
