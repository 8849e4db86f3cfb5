import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { dockerErrorBody } from '../docker/error.js';
import type { ListedNode } from '../docker/lists/all-node-lists.js';
import { parseListRequest } from '../docker/lists/list-request.js';
import type { DockerTarget } from '../docker/proxy/admit-call.js';
import { plainResponse } from '../docker/proxy/switch-protocols.js';
import { admit } from '../http/guards/admit.js';
import { environmentIdOf, requireEnvironment } from '../http/guards/require-environment.js';
import { requireHost } from '../http/guards/require-host.js';
import type { Environment } from '../model/environment.js';
import type { Services } from '../services.js';
import { waysToNodes } from '../swarm/known-nodes.js';
import { requireNode } from '../swarm/require-node.js';
import { describeEnvironment } from '../views/status/describe-environment.js';

/** A Docker call as parsed from its URL; `path` is as sent, not decoded. */
export interface DockerCall {
  /** Null if the id is malformed. */
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

/** `ANY /api/environments/:id/docker/*`: on the raw request instead of Koa, because bytes stream both ways. */
export async function answerDockerCall(
  services: Services,
  call: DockerCall,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  try {
    const { environment, target } = await admitCaller(services, call, req);
    const listRequest = parseListRequest(call.path, req.method === 'GET' && call.node === null);
    if (listRequest) {
      const nodes = nodesOf(services, environment);
      await services.lists.answer(req, res, environment.id, listRequest, nodes);
    } else await services.docker.request(req, res, target);
  } catch (error) {
    refuse(res, error);
  }
}

/** `Upgrade: tcp`, for attach and exec. */
export async function answerDockerUpgrade(
  services: Services,
  call: DockerCall,
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  // The HTTP parser removed its own listener: a reset during authentication must not crash the process.
  socket.on('error', () => socket.destroy());
  try {
    const { target } = await admitCaller(services, call, req);
    parseListRequest(call.path, false);
    await services.docker.upgrade(req, socket, head, target);
  } catch (error) {
    refuse(plainResponse(req, socket, services.clock), error);
  }
}

function refuse(res: ServerResponse, error: unknown): void {
  const { status, headers, body } = dockerErrorBody(error);
  if (res.headersSent) return;
  res.writeHead(status, headers);
  res.end(body);
}

async function admitCaller(
  services: Services,
  { environmentId, node, path }: DockerCall,
  req: IncomingMessage,
): Promise<{ readonly environment: Environment; readonly target: DockerTarget }> {
  requireHost(req);
  const { via, environmentId: bound, ended } = await admit(services.host, req, 'docker', environmentId);
  const environment = requireEnvironment(services, environmentId);
  const route =
    node === null
      ? { environmentId: environment.id }
      : requireNode(environment, node, services.live.of(environment.id).members);
  return { environment, target: { ...route, path, via, isBound: bound !== undefined, ended } };
}

/** Outside a Swarm, the only node is the environment's engine. */
function nodesOf(services: Services, { id }: Environment): readonly ListedNode[] {
  const environment = services.availability.requireReachable(id);
  const nodes = waysToNodes(environment, services.live.of(environment.id).members);
  if (nodes.length > 0) return nodes;
  const { engine } = describeEnvironment(environment, services);
  return [{ id: engine?.id ?? '', name: engine?.name ?? environment.name, target: { environmentId: id } }];
}
