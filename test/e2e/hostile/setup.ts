import { startAgent } from '../../kit/agent/agent.js';
import { type ScriptedEngine, startScriptedEngine } from '../../kit/engine/scripted-engine.js';
import { httpAnswer, type Reply } from '../../kit/engine/scripts.js';
import { type Hub, startHub } from '../../kit/hub/hub.js';
import type { Scope } from '../../kit/scope.js';

/** A hub with two environments: one whose engine is hostile, and a quiet one that is called all the while. */
export interface HostileSetup {
  readonly hub: Hub;
  readonly engine: ScriptedEngine;
  /** Path of the hostile engine's Docker API on the hub. */
  readonly path: string;
  /** Ends the calls: how many there were, those that were not answered rightly, and the longest, ms. */
  stopCalling(): Promise<{ calls: number; failures: unknown[]; longestMs: number }>;
}

export async function startHostileSetup(
  t: Scope,
  replies: Readonly<Record<string, Reply>>,
): Promise<HostileSetup> {
  const hub = await startHub(t);
  const engine = await startScriptedEngine(t, replies);
  const quiet = await startScriptedEngine(t, { quiet: httpAnswer('text/plain', 'quiet') });
  const [path, quietPath] = await Promise.all([
    enrol(t, hub, 'hostile', engine.socketPath),
    enrol(t, hub, 'quiet', quiet.socketPath),
  ]);
  return { hub, engine, path, stopCalling: keepCalling(t, hub, quietPath) };
}

/** An agent for that engine, online. */
async function enrol(t: Scope, hub: Hub, name: string, engine: string): Promise<string> {
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name });
  await startAgent(t, { edgeId: edgeId ?? '', edgeKey, engine });
  await hub.until(id, ({ status }) => status === 'online', 90_000);
  return `/edge/api/environments/${id}/docker`;
}

function keepCalling(t: Scope, hub: Hub, path: string): HostileSetup['stopCalling'] {
  const stop = new AbortController();
  // A failed test must not keep calling a hub that has ended.
  t.teardown(() => stop.abort());
  const failures: unknown[] = [];
  let calls = 0;
  let longestMs = 0;
  const calling = (async () => {
    while (!stop.signal.aborted) {
      const began = performance.now();
      const call = hub.call('GET', `${path}/containers/quiet`);
      const { status, body } = await call.catch((error: Error) => ({ status: 0, body: error.message }));
      if (status !== 200 || body !== 'quiet') failures.push({ status, body });
      // The first one wakes the tunnel.
      if (calls > 0) longestMs = Math.max(longestMs, performance.now() - began);
      calls++;
    }
  })();
  return async () => {
    stop.abort();
    await calling;
    return { calls, failures, longestMs };
  };
}
