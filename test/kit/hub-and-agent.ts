import type { CreateEnvironment, EnvironmentCreated, TunnelView } from '../../plugin/api.js';
import { startAgent, type TestAgent } from './agent/agent.js';
import { sharedEngine } from './engine/lab.js';
import { type Hub, startHub } from './hub/hub.js';
import type { Scope } from './scope.js';
import { until } from './until.js';

/** Hub and agent as processes, the engine of the run, and their environment, online. */
export interface HubAndAgent {
  readonly hub: Hub;
  readonly created: EnvironmentCreated;
  readonly agent: TestAgent;
  /** What this line's agent is started with; for a restart. */
  readonly agentOptions: Parameters<typeof startAgent>[1];
}

/** Starts one; `environment` may send the agent another way, such as a relay. */
export async function startHubAndAgent(
  t: Scope,
  options: {
    hub?: Hub;
    environment?: (hub: Hub) => Promise<Partial<CreateEnvironment>>;
    env?: NodeJS.ProcessEnv;
    settings?: object;
  } = {},
): Promise<HubAndAgent> {
  const engine = await sharedEngine();
  const hub = options.hub ?? (await startHub(t));
  if (options.settings) await hub.call('PATCH', '/edge/api/settings', options.settings);
  const created = await hub.createEnvironment({
    name: `line ${process.hrtime.bigint()}`,
    ...(await options.environment?.(hub)),
  });
  const agentOptions = {
    edgeId: created.edgeId ?? '',
    edgeKey: created.edgeKey,
    engine: engine.socketPath,
    env: options.env ?? {},
  };
  const agent = await startAgent(t, agentOptions);
  await hub.until(created.id, ({ status, snapshot }) => status === 'online' && snapshot !== null);
  return { hub, created, agent, agentOptions: { ...agentOptions, dataDir: agent.dataDir } };
}

/** Asks for the tunnel and waits until it is open. */
export async function openTunnel(hub: Hub, id: number): Promise<TunnelView> {
  const path = `/edge/api/environments/${id}/tunnel`;
  const { status, body } = await hub.call<TunnelView>('POST', path, { wait: 30 });
  if (status !== 200) throw new Error(`no tunnel: ${status} ${JSON.stringify(body)}`);
  return body;
}

/** The tunnel once `holds` accepts it, and the time until then, ms. */
export async function untilTunnel(
  hub: Hub,
  id: number,
  holds: (view: TunnelView) => boolean,
  ms = 30_000,
): Promise<{ view: TunnelView; tookMs: number }> {
  const startedMs = performance.now();
  const path = `/edge/api/environments/${id}/tunnel`;
  const view = await until(async () => (await hub.call<TunnelView>('GET', path)).body, holds, {
    ms,
    everyMs: 5,
  });
  return { view, tookMs: performance.now() - startedMs };
}
