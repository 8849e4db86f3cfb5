import type { OpeningStep } from './engine/open-environment.js';

/** What keeps an environment from opening, and what to do about it. */
export interface Explanation {
  /** Which hop it is. */
  readonly title: string;
  readonly code: string;
  readonly nextStep: string;
}

const TITLES = {
  refused: 'An agent came, and was refused.',
  'check-in': 'The agent does not answer.',
  tunnel: 'The agent checks in, but its tunnel does not open.',
  engine: 'The tunnel is open, but the engine does not answer.',
} as const;

const OTHERWISE = {
  refused: 'Look at the agent’s log.',
  'check-in':
    'See whether the agent still runs on the remote machine (docker logs fairlead-agent), and reaches the hub.',
  tunnel:
    'See in the agent’s log whether it reaches the tunnel’s address. Firewalls must let it out to that port, too.',
  engine: 'See whether Docker runs on the remote machine, and whether its socket is given to the agent.',
} as const;

const REFUSED = 'Start it with the EDGE_ID of the command above.';
const ADDRESS = 'Correct the tunnel’s address under Edit, and start the agent with the new key.';

/** By code; see docs/errors.md. */
const NEXT_STEPS: Readonly<Record<string, string>> = {
  'edge-id-mismatch': REFUSED,
  duplicate: 'Another agent with this key works already. Stop one of the two.',
  'association-removed':
    'This Edge ID was disassociated. Make a new key under Edit, and start the agent with it.',
  'agent-too-old': 'Update the agent: newer image, same command.',
  'swarm-mismatch': 'Its node is in another Swarm, or in none: give that an environment of its own.',
  'environment-not-associated': 'Run the command on the remote machine.',
  'environment-not-found': 'Create it again.',
  'hub-dns': `The remote machine cannot resolve the name in the tunnel’s address. ${ADDRESS}`,
  'hub-refused': `Nothing listens at the tunnel’s address. Publish or forward the hub’s tunnel port. Or: ${ADDRESS}`,
  'hub-unreachable':
    'There is no answer from the tunnel’s address. Let the remote machine out to that port, and forward it to the hub.',
  'proxy-refused': 'The proxy of the remote machine must allow CONNECT to the tunnel’s port.',
  'proxy-unreachable': 'HTTPS_PROXY of the agent names a proxy that does not answer.',
  'tunnel-fingerprint-mismatch': `Another server, or a proxy that ends TLS, is at the tunnel’s address. ${ADDRESS}`,
  'tunnel-handshake': 'What is in front of the hub must pass the tunnel’s port on as TCP.',
  'tunnel-protocol': `What answers at the tunnel’s address is no tunnel port. ${ADDRESS}`,
  'tunnel-closed': 'Somebody closed it, or changed the key. Test again.',
};

/**
 * @param hop what was being waited for, or `refused`
 * @param code of the hub's or the agent's; null: it took too long
 */
export function explainOpening(hop: OpeningStep | 'refused', code: string | null): Explanation {
  // Agents may say anything, `constructor` for one.
  const known = code !== null && Object.hasOwn(NEXT_STEPS, code) ? NEXT_STEPS[code] : undefined;
  const nextStep = known ?? OTHERWISE[hop];
  return { title: TITLES[hop], code: code ?? 'no answer in time', nextStep };
}
