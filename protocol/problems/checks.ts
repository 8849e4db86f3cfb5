import type { ProblemDefinition } from './problem.js';

/** Codes that only the hub's self-test finds; its other findings have the agent's codes. */
export const CHECK_PROBLEMS = {
  'address-not-tested': {
    sentence: 'No agent can reach a hub at this address',
    cause:
      'A self-test was requested for an address at which no agent can reach a hub: link-local, multicast, unspecified',
    nextStep: "Use the hub's address or name in the agents' network",
  },
  'hub-loopback': {
    sentence: 'The address is a loopback address: on each machine it means that machine',
    cause:
      'A self-test was requested for `localhost` or the like, which on each machine means the machine itself',
    nextStep: 'For agents on other machines use a name or address at which they reach the hub',
  },
  'hub-other': {
    sentence: 'Another hub answers at the address',
    cause: 'A self-test found another hub at the address',
    nextStep: 'Correct the address; for a hub that was moved, point its name to the new one',
  },
} as const satisfies Record<string, ProblemDefinition>;
