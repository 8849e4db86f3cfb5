import { fleet } from '../../api/fleet.js';
import { selfTest, selfTestResult } from '../../api/self-test.js';
import { chooseAddresses } from '../environments/agent-addresses.js';
import { defineOperation } from '../http/define-operation.js';
import { countAgents } from '../views/status/count-agents.js';

/** `/api/fleet` and `/api/self-test`. */
export const fleetCalls = [
  defineOperation(
    {
      method: 'GET',
      path: '/api/fleet',
      id: 'getFleet',
      summary: 'Count agents and get the defaults for new ones',
      access: 'settings',
      answers: { 200: { description: 'The current values', body: fleet } },
    },
    ({ services, origin }) => {
      const { apiUrl, tunnelAddress } = chooseAddresses({}, services, origin);
      const body = {
        ...countAgents(services.store.environments()),
        agentDefaults: { url: apiUrl, tunnelAddress },
      };
      return { status: 200, body };
    },
  ),

  defineOperation(
    {
      method: 'POST',
      path: '/api/self-test',
      id: 'selfTest',
      summary: 'Test whether agents can reach this hub',
      description:
        'The hub checks the path of a check-in and of a tunnel from its own machine, step by step, within 10 s. At most ten times a minute.',
      access: 'settings',
      body: selfTest,
      maxBodyBytes: 4096,
      answers: {
        200: { description: 'Self-test results', body: selfTestResult },
      },
      problems: ['too-many-self-tests'],
    },
    async ({ services, principal, body, origin, signal }) => {
      const addresses = chooseAddresses(body, services, origin);
      const { apiUrl: url, tunnelAddress } = addresses;
      services.logger.info({ principal: principal.id, url, tunnelAddress }, 'self-test');
      return {
        status: 200,
        body: { url, tunnelAddress, checks: await services.selfTest.run(addresses, signal) },
      };
    },
  ),
];
