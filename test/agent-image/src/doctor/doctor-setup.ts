import { type AgentConfig, readConfig } from '../../../../agent-image/src/config/read-config.js';
import { runDoctor } from '../../../../agent-image/src/doctor/run-doctor.js';
import { encodeEdgeKey, parseEdgeKey } from '../../../../protocol/crypto/edge-key.js';
import type { Hop, HopResult } from '../../../../protocol/hops.js';
import { systemClock } from '../../../../protocol/time/clock.js';
import { edgeKeyFor, edgeVariables } from '../config/edge-variables.js';

/** The results of a doctor with these variables, by hop. */
export async function diagnose(
  variables: NodeJS.ProcessEnv,
  clock = systemClock,
): Promise<Readonly<Record<Hop, HopResult>>> {
  const config: AgentConfig = readConfig(edgeVariables(variables));
  const hops = await runDoctor(config, { clock });
  return Object.fromEntries(hops.map((result) => [result.hop, result])) as Record<Hop, HopResult>;
}

/** `hop result` of each hop, and its code if it has one. */
export function summary(hops: Readonly<Record<Hop, HopResult>>): string[] {
  return Object.values(hops).map(({ hop, result, code }) => [hop, result, code].filter(Boolean).join(' '));
}

/** An Edge key of this API, with a tunnel port at which nothing listens. */
export function edgeKeyAt(apiUrl: string): string {
  return encodeEdgeKey({ ...parseEdgeKey(edgeKeyFor(apiUrl)), tunnelAddress: '127.0.0.1:1' });
}
