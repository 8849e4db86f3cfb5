import { type AgentConfig, readConfig } from '../../../../agent-image/src/config/read-config.js';
import { runDoctor } from '../../../../agent-image/src/doctor/run-doctor.js';
import type { Hop, HopResult } from '../../../../protocol/hops.js';
import { systemClock } from '../../../../protocol/time/clock.js';
import { edgeVariables } from '../config/edge-variables.js';

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
