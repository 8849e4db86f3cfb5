import { Problem } from '../../../protocol/problems.js';
import { requireTunnel, tunnelView } from '../../api/tunnel.js';
import type { TunnelView } from '../../api.js';
import type { EnvironmentAdmin } from '../environments/admin.js';
import { defineOperation, STORE_PROBLEMS } from '../http/define-operation.js';
import type { Availability } from '../live/availability.js';
import type { LiveEnvironments } from '../live/environments.js';
import { requireNode } from '../swarm/require-node.js';
import { describeEnvironment } from '../views/status/describe-environment.js';
import type { ObservationSources } from '../views/status/observe-environment.js';

export interface TunnelDeps extends ObservationSources {
  readonly live: LiveEnvironments;
  readonly availability: Availability;
  readonly admin: EnvironmentAdmin;
}

/** `/api/environments/:id/tunnel` and keep-alive. */
export const tunnelOperations = [
  defineOperation(
    {
      method: 'GET',
      path: '/api/environments/:id/tunnel',
      id: 'getTunnel',
      summary: 'Get tunnel status',
      access: 'read',
      answers: { 200: { description: 'The tunnel', body: tunnelView } },
    },
    ({ environment: { id } }, deps: TunnelDeps) => ({ status: 200, body: viewTunnel(deps, id) }),
  ),

  defineOperation(
    {
      method: 'POST',
      path: '/api/environments/:id/tunnel',
      id: 'requireTunnel',
      summary: 'Open the tunnel',
      description: 'Rarely needed: a Docker call wakes the environment automatically.',
      access: 'docker',
      body: requireTunnel,
      maxBodyBytes: 1024,
      answers: {
        200: { description: 'Active', body: tunnelView },
        202: { description: 'Not active yet', body: tunnelView },
      },
      problems: ['environment-not-associated', 'environment-offline', 'tunnel-closed'],
    },
    async ({ environment: { id }, body: { wait }, signal }, deps: TunnelDeps) => {
      deps.availability.requireReachable(id);
      const slot = deps.live.of(id).tunnels.slot();
      slot.demand();
      if (wait > 0 && slot.state !== 'active') await waitFor(deps, id, wait * 1_000, signal);
      return { status: slot.state === 'active' ? 200 : 202, body: viewTunnel(deps, id) };
    },
  ),

  defineOperation(
    {
      method: 'DELETE',
      path: '/api/environments/:id/tunnel',
      id: 'closeTunnel',
      summary: 'Close the tunnel and end all its calls',
      access: 'docker',
      answers: { 204: { description: 'Closed' } },
      problems: STORE_PROBLEMS,
    },
    async ({ environment: { id } }, deps: TunnelDeps) => {
      await deps.admin.revoke(id);
      return { status: 204 };
    },
  ),

  defineOperation(
    {
      method: 'POST',
      path: '/api/environments/:id/keep-alive',
      id: 'keepAlive',
      summary: 'Keep the tunnel open',
      description:
        'Prolongs an open or required tunnel, never wakes one. Send it once a minute while the environment is open.',
      access: 'docker',
      answers: { 200: { description: 'The tunnel', body: tunnelView } },
    },
    ({ environment: { id } }, deps: TunnelDeps) => {
      deps.live.of(id).tunnels.peek()?.keepAlive();
      return { status: 200, body: viewTunnel(deps, id) };
    },
  ),

  defineOperation(
    {
      method: 'POST',
      path: '/api/environments/:id/nodes/:node/keep-alive',
      id: 'keepNodeAlive',
      summary: 'Keep a node’s tunnel open',
      description:
        'Prolongs only the node’s own tunnel, which calls for this node use. To keep the Swarm’s tunnel open as well, send both.',
      access: 'docker',
      answers: { 200: { description: 'The node’s tunnel', body: tunnelView } },
      problems: ['node-ambiguous', 'node-not-found', 'node-without-agent'],
    },
    ({ environment, params }, deps: TunnelDeps) => {
      const { members, tunnels } = deps.live.of(environment.id);
      const { instanceId } = requireNode(environment, encodeURIComponent(params.node), members);
      tunnels.peek(instanceId)?.keepAlive();
      return { status: 200, body: viewTunnel(deps, environment.id, instanceId) };
    },
  ),
];

/** A timeout is not an error here: the answer carries the state. */
async function waitFor({ live }: TunnelDeps, id: number, waitMs: number, signal: AbortSignal): Promise<void> {
  try {
    const hold = await live.of(id).tunnels.slot().acquire(waitMs, signal);
    hold.leave();
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'tunnel-timeout') throw error;
  }
}

/** @param instanceId selects its node's tunnel; absent: the environment's */
function viewTunnel(deps: TunnelDeps, id: number, instanceId?: string): TunnelView {
  const environment = deps.admin.get(id);
  const { tunnels, credentials } = deps.live.of(id);
  const slot = tunnels.peek(instanceId);
  const state = tunnels.state(instanceId);
  const holder = environment.instances.find((instance) => instance.id === slot?.lease?.instanceId);
  const hasCredential =
    holder !== undefined &&
    credentials.ageMs(
      {
        instanceId: holder.id,
        nodeId: holder.node?.nodeId ?? null,
        purpose: instanceId === undefined ? 'environment' : 'node',
      },
      slot?.lease?.epoch,
    ) !== null;
  return {
    state,
    path: tunnels.path(instanceId),
    progress: state !== 'required' ? null : hasCredential ? 'credential-sent' : 'waiting-for-agent',
    calls: slot?.uses ?? 0,
    openedAt: slot?.tunnel ? new Date(slot.tunnel.openedAtMs).toISOString() : null,
    problem: describeEnvironment(environment, deps).problem,
  };
}
