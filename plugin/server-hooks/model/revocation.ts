import type { Environment, Machine } from './environment.js';

/** The next agent is trusted on first use. */
export const NO_AGENTS = Object.freeze({ instances: [], swarm: null, swarmAuthority: null });

/** Ends every credential granted so far. */
export function revoke(environment: Environment): Environment {
  return { ...environment, generation: environment.generation + 1 };
}

/** Forgets the Edge ID and its agents, and bars it until the key is rotated. Null: it has no Edge ID. */
export function disassociate(environment: Environment): Environment | null {
  const { edgeId, barredEdgeIds } = environment;
  if (edgeId === null) return null;
  return revoke({
    ...environment,
    ...NO_AGENTS,
    edgeId: null,
    associatedAt: null,
    barredEdgeIds: [...barredEdgeIds, edgeId],
  });
}

/** Gives an instance to a machine; the secret locks out the one that had it. */
export function moveInstance(
  environment: Environment,
  instanceId: string,
  machine: Machine,
  secret: string,
): Environment {
  const instances = environment.instances.map((one) =>
    one.id === instanceId ? { ...one, machine, secret } : one,
  );
  return { ...environment, instances };
}
