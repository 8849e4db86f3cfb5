import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { dockerErrorBody } from '../docker/error.js';
import type { AllNodeLists, ListedNode } from '../docker/lists/all-node-lists.js';
import { parseListRequest } from '../docker/lists/list-request.js';
import type { DockerTarget } from '../docker/proxy/admit-call.js';
import type { DockerProxy } from '../docker/proxy/proxy.js';
import { plainResponse } from '../docker/proxy/switch-protocols.js';
import type { CertificateClaim } from '../docker-access/client-uri.js';
import type { DockerGrants } from '../docker-access/grants.js';
import { environmentIdOf, requireEnvironment } from '../http/access.js';
import type { Gateway, OpenCall } from '../http/gateway.js';
import { requireHost } from '../http/guards/require-host.js';
import type { Availability } from '../live/availability.js';
import type { LiveEnvironments } from '../live/environments.js';
import type { Environment } from '../model/environment.js';
import type { Store } from '../store/store.js';
import { waysToNodes } from '../swarm/known-nodes.js';
import { requireNode } from '../swarm/require-node.js';
import { describeEnvironment } from '../views/status/describe-environment.js';
import type { ObservationSources } from '../views/status/observe-environment.js';

export interface DockerDeps extends ObservationSources {
  readonly gateway: Gateway;
  readonly store: Pick<Store, 'environment'>;
  readonly live: LiveEnvironments;
  readonly availability: Availability;
  readonly docker: DockerProxy;
  readonly lists: AllNodeLists;
  readonly grants: Pick<DockerGrants, 'admit'>;
}

/** A Docker call as parsed from its URL; `path` is as sent, not decoded. */
export interface DockerCall {
  /** Null if the id is malformed. */
  readonly environmentId: number | null;
  /** Id or name of a Swarm node, as sent; null: the environment's leader. */
  readonly node: string | null;
  readonly path: string;
  /** The client certificate of a call by the Docker port; its access names the node. */
  readonly claim?: CertificateClaim;
}

const CALL = /^\/api\/environments\/([^/?#]+)(?:\/nodes\/([^/?#]+))?\/docker\/?(\/.*)$/;

/**
 * Recognises `/api/environments/:id[/nodes/:node]/docker/*` in a URL below the mount. Clients whose base path ends in a slash
 * send two of them.
 */
export function parseDockerCall(url: string): DockerCall | null {
  const [, id, node = null, path] = CALL.exec(url) ?? [];
  return path ? { environmentId: environmentIdOf(id), node, path } : null;
}

/** `ANY /api/environments/:id/docker/*`: on the raw request instead of Koa, because bytes stream both ways. */
export async function answerDockerCall(
  deps: DockerDeps,
  call: DockerCall,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const open = deps.gateway.open('docker', req.method ?? '', req, res);
  try {
    const { environment, target, node } = await admitCaller(deps, call, req, open);
    const listRequest = parseListRequest(call.path, req.method === 'GET' && node === null);
    if (listRequest) {
      const nodes = nodesOf(deps, environment);
      await deps.lists.answer(req, res, environment.id, listRequest, nodes);
    } else await deps.docker.request(req, res, target);
  } catch (error) {
    deps.gateway.failed.docker.add(error);
    refuse(res, error);
  }
}

/** `Upgrade: tcp`, for attach and exec. */
export async function answerDockerUpgrade(
  deps: DockerDeps,
  call: DockerCall,
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  // The HTTP parser removed its own listener: a reset during authentication must not crash the process.
  socket.on('error', () => socket.destroy());
  const open = deps.gateway.open('docker', req.method ?? '', req, socket);
  try {
    const { target } = await admitCaller(deps, call, req, open);
    parseListRequest(call.path, false);
    await deps.docker.upgrade(req, socket, head, target);
  } catch (error) {
    deps.gateway.failed.docker.add(error);
    open.status = refuse(plainResponse(req, socket, deps.clock), error);
  }
}

/** @returns the status of the answer */
function refuse(res: ServerResponse, error: unknown): number {
  const { status, headers, body } = dockerErrorBody(error);
  if (res.headersSent) return res.statusCode;
  res.writeHead(status, headers);
  res.end(body);
  return status;
}

interface Admitted {
  readonly environment: Environment;
  readonly target: DockerTarget;
  /** As {@link DockerCall.node}. */
  readonly node: string | null;
}

async function admitCaller(
  deps: DockerDeps,
  call: DockerCall,
  req: IncomingMessage,
  open: OpenCall,
): Promise<Admitted> {
  const { environmentId, path, claim } = call;
  const { principal, node } = claim ? admitClient(deps, claim, open) : await admitByHost(call, req, open);
  const { via, environmentId: bound, ended } = principal;
  const environment = requireEnvironment(deps.store, environmentId);
  const route =
    node === null
      ? { environmentId: environment.id }
      : requireNode(environment, node, deps.live.of(environment.id).members);
  const target = { ...route, path, via, isBound: bound !== undefined, ended };
  return { environment, target, node };
}

async function admitByHost({ environmentId, node }: DockerCall, req: IncomingMessage, open: OpenCall) {
  requireHost(req);
  const { principal } = await open.admit('docker', environmentId);
  return { principal, node };
}

/** The host is not asked: the access that it allowed to create is the right. */
function admitClient({ grants }: DockerDeps, claim: CertificateClaim, open: OpenCall) {
  open.environmentId = claim.environmentId;
  const { principal, node } = grants.admit(claim);
  open.principalId = principal.id;
  return { principal, node: node === null ? null : encodeURIComponent(node) };
}

/** Outside a Swarm, the only node is the environment's engine. */
function nodesOf(deps: DockerDeps, { id }: Environment): readonly ListedNode[] {
  const environment = deps.availability.requireReachable(id);
  const nodes = waysToNodes(environment, deps.live.of(environment.id).members);
  if (nodes.length > 0) return nodes;
  const { engine } = describeEnvironment(environment, deps);
  return [{ id: engine?.id ?? '', name: engine?.name ?? environment.name, target: { environmentId: id } }];
}
