import { fleet } from '../../api/fleet.js';
import { selfTest, selfTestResult } from '../../api/self-test.js';
import { chooseAddresses } from '../environments/agent-addresses.js';
import { countAgents } from '../environments/count-agents.js';
import { defineOperation } from './define-operation.js';

/** `/api/fleet` and `/api/self-test`: what concerns all agents. */
export const fleetCalls = [
  defineOperation(
    {
      method: 'GET',
      path: '/api/fleet',
      id: 'getFleet',
      summary: 'How many agents there are, and what new ones are told',
      access: 'settings',
      answers: { 200: { description: 'As it is now', body: fleet } },
    },
    ({ services, origin }) => {
      const { apiUrl, tunnelAddress } = chooseAddresses({}, services, origin);
      const body = { ...countAgents(services.store.environments()), told: { url: apiUrl, tunnelAddress } };
      return { status: 200, body };
    },
  ),

  defineOperation(
    {
      method: 'POST',
      path: '/api/self-test',
      id: 'selfTest',
      summary: 'Whether agents can reach this hub at the addresses they would be told',
      description:
        'The hub goes the ways of a check-in and of a tunnel from its own machine, hop by hop, within 10 s. Ten times a minute.',
      access: 'settings',
      body: selfTest,
      maxBodyBytes: 4096,
      answers: {
        200: { description: 'What was found, also where that is nothing good', body: selfTestResult },
      },
      problems: ['too-many-self-tests'],
    },
    async ({ services, principal, body, origin, signal }) => {
      const told = chooseAddresses(body, services, origin);
      const { apiUrl: url, tunnelAddress } = told;
      services.logger.info({ principal: principal.id, url, tunnelAddress }, 'self-test');
      return { status: 200, body: { url, tunnelAddress, hops: await services.selfTest.run(told, signal) } };
    },
  ),
];
