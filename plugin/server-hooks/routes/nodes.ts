import { nodeList } from '../../api/nodes.js';
import { defineOperation } from '../http/define-operation.js';
import { describeNodes } from '../views/status/describe-nodes.js';
import type { ObservationSources } from '../views/status/observe-environment.js';

/** `/api/environments/:id/nodes`. */
export const nodeOperations = [
  defineOperation(
    {
      method: 'GET',
      path: '/api/environments/:id/nodes',
      id: 'listNodes',
      summary: 'List the nodes of a Swarm and their agents',
      description:
        'The nodes as the managers report them, within ten seconds of a change, and the state of each agent.',
      access: 'read',
      answers: { 200: { description: 'All nodes', body: nodeList } },
    },
    ({ environment }, deps: ObservationSources) => ({
      status: 200,
      body: { items: describeNodes(environment, deps) },
    }),
  ),
];
