import type { DockerAccessList } from '../../../plugin/api.js';
import { startAgent, type TestAgent } from '../agent/agent.js';
import { type ScriptedEngine, startScriptedEngine } from '../engine/scripted-engine.js';
import { type Hub, startHub } from '../hub/hub.js';
import type { Scope } from '../scope.js';
import { type CliUser, loggedInUser } from './run-cli.js';

/** A hub with the online environment `shop` and the new one `depot 7`, and a user of it. */
export interface Shop {
  readonly hub: Hub;
  readonly user: CliUser;
  readonly engine: ScriptedEngine;
  readonly agent: TestAgent;
  readonly shopId: number;
  readonly depotId: number;
}

/** Starts it, with a Docker port. */
export async function startShop(scope: Scope): Promise<Shop> {
  const hub = await startHub(scope, { env: { FAIRLEAD_DOCKER_PORT: '0' } });
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'shop', tags: ['north'] });
  const depot = await hub.createEnvironment({ name: 'depot 7' });
  const engine = await startScriptedEngine(scope);
  const agent = await startAgent(scope, { edgeId: edgeId ?? '', edgeKey, engine: engine.socketPath });
  await hub.until(id, ({ status, snapshot }) => status === 'online' && snapshot !== null);
  const user = await loggedInUser(scope, hub);
  return { hub, user, engine, agent, shopId: id, depotId: depot.id };
}

/** The accesses of an environment. */
export async function accessesOf(hub: Hub, environmentId: number): Promise<DockerAccessList['items']> {
  const path = `/edge/api/environments/${environmentId}/docker-access`;
  return (await hub.call<DockerAccessList>('GET', path)).body.items;
}
