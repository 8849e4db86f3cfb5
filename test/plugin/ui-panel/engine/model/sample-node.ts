import type { NodeView } from '../../../../../plugin/api.js';

/** A node as the hub knows it: without data from a manager. */
export function sampleNode(id: string, confirmed = true): NodeView {
  return {
    id,
    name: `old-${id}`,
    role: 'worker',
    availability: null,
    state: null,
    isLeader: false,
    reachability: null,
    engineVersion: null,
    cpus: null,
    memoryBytes: null,
    confirmed,
    agent: { isLeader: true } as NodeView['agent'],
  };
}
