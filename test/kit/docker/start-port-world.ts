import type { ExecutionContext } from 'ava';
import type { Host, PluginOptions } from '../../../plugin/server-hooks/index.js';
import { startAgent } from '../agent/agent.js';
import { type ScriptedEngine, startScriptedEngine } from '../engine/scripted-engine.js';
import { ONE_EVENT } from '../engine/scripts.js';
import { startPlugin, type TestPlugin } from '../hub/plugin.js';

/** A hub with a Docker port, and an environment whose engine answers. */
export interface PortWorld {
  readonly hub: TestPlugin;
  readonly engine: ScriptedEngine;
  /** Of the environment. */
  readonly id: number;
}

/** Starts it; ready when the environment is online. */
export async function startPortWorld(
  t: ExecutionContext,
  options: Partial<PluginOptions> = {},
  host: Partial<Host> = {},
): Promise<PortWorld> {
  const hub = await startPlugin(t, { dockerPort: 0, ...options }, host);
  const engine = await startScriptedEngine(t, { events: ONE_EVENT });
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'shop' });
  await startAgent(t, { edgeId: edgeId ?? '', edgeKey, engine: engine.socketPath });
  await hub.until(id, ({ status }) => status === 'online', 60_000);
  return { hub, engine, id };
}
