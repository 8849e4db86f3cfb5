import { nodeList } from '../../api/nodes.js';
import { describeNodes } from '../environments/describe-nodes.js';
import { defineOperation } from './define-operation.js';

/** `/api/environments/:id/nodes`. */
export const nodeCalls = [
  defineOperation(
    {
      method: 'GET',
      path: '/api/environments/:id/nodes',
      id: 'listNodes',
      summary: 'The nodes of a Swarm, and their agents',
      description:
        'As its managers tell them, within ten seconds of a change, and what the hub knows of each agent.',
      access: 'read',
      answers: { 200: { description: 'All nodes', body: nodeList } },
    },
    ({ services, environment }) => ({ status: 200, body: { items: describeNodes(environment, services) } }),
  ),
];
