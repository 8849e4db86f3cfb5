import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { DockerTarget } from '../docker/admit-call.js';
import { dockerErrorBody } from '../docker/docker-error.js';
import type { Services } from '../services.js';
import { requireNode } from '../swarm/require-node.js';
import { admit } from './guards/admit.js';
import { environmentIdOf, requireEnvironment } from './guards/require-environment.js';

/** A Docker call as its URL tells it; `path` is as sent, not decoded. */
export interface DockerCall {
  /** Null: what stands in its place cannot be an id. */
  readonly environmentId: number | null;
  /** Id or name of a Swarm node, as sent; null: the environment's leader. */
  readonly node: string | null;
  readonly path: string;
}

const CALL = /^\/api\/environments\/([^/?#]+)(?:\/nodes\/([^/?#]+))?\/docker(\/.*)$/;

/** Recognises `/api/environments/:id[/nodes/:node]/docker/*` in a URL below the mount. */
export function parseDockerCall(url: string): DockerCall | null {
  const [, id, node = null, path] = CALL.exec(url) ?? [];
  return path ? { environmentId: environmentIdOf(id), node, path } : null;
}

/** `ANY /api/environments/:id/docker/*`: past Koa, on the raw request, because bytes stream both ways. */
export async function answerDockerCall(
  services: Services,
  call: DockerCall,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  try {
    await services.docker.request(req, res, await admitCaller(services, call, req));
  } catch (error) {
    refuse(res, error);
  }
}

/** The same for `Upgrade: tcp`: attach and exec. */
export async function answerDockerUpgrade(
  services: Services,
  call: DockerCall,
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  // The HTTP parser took its own listener with it: a caller's reset must not end the process while it is identified.
  socket.on('error', () => socket.destroy());
  try {
    await services.docker.upgrade(req, socket, head, await admitCaller(services, call, req));
  } catch (error) {
    refuseUpgrade(socket, error);
  }
}

function refuse(res: ServerResponse, error: unknown): void {
  const { status, headers, body } = dockerErrorBody(error);
  if (res.headersSent) return;
  res.writeHead(status, headers);
  res.end(body);
}

function refuseUpgrade(socket: Duplex, error: unknown): void {
  const { status, headers, body } = dockerErrorBody(error);
  const lines = Object.entries({ ...headers, connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  socket.once('finish', () => socket.destroy());
}

async function admitCaller(
  services: Services,
  { environmentId, node, path }: DockerCall,
  req: IncomingMessage,
): Promise<DockerTarget> {
  const { via, environmentId: bound } = await admit(services.host, req, 'docker', environmentId);
  const environment = requireEnvironment(services, environmentId);
  return {
    environmentId: environment.id,
    ...(node === null ? {} : { instanceId: requireNode(environment, node, services.roster).id }),
    path,
    via,
    isBound: bound !== undefined,
  };
}
