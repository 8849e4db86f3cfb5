import { fleet } from '../../api/fleet.js';
import { selfTest, selfTestResult } from '../../api/self-test.js';
import { type AddressSources, chooseAddresses } from '../environments/agent-addresses.js';
import type { Logger } from '../host.js';
import { defineOperation } from '../http/define-operation.js';
import type { SelfTest } from '../reachability/self-test.js';
import type { Store } from '../store/store.js';
import { countAgents } from '../views/status/count-agents.js';

export interface FleetDeps extends AddressSources {
  readonly store: Pick<Store, 'environments' | 'settings'>;
  readonly selfTest: SelfTest;
  readonly logger: Logger;
}

/** `/api/fleet` and `/api/self-test`. */
export const fleetOperations = [
  defineOperation(
    {
      method: 'GET',
      path: '/api/fleet',
      id: 'getFleet',
      summary: 'Count agents and get the defaults for new ones',
      access: 'settings',
      answers: { 200: { description: 'The current values', body: fleet } },
    },
    ({ origin }, deps: FleetDeps) => {
      const { apiUrl, tunnelAddress } = chooseAddresses({}, deps, origin);
      const body = {
        ...countAgents(deps.store.environments()),
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
    async ({ access, body, origin, signal }, deps: FleetDeps) => {
      const addresses = chooseAddresses(body, deps, origin);
      const { apiUrl: url, tunnelAddress } = addresses;
      deps.logger.info({ principal: access.principal.id, url, tunnelAddress }, 'self-test');
      return {
        status: 200,
        body: { url, tunnelAddress, checks: await deps.selfTest.run(addresses, signal) },
      };
    },
  ),
];
