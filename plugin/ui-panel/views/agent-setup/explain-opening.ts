import type { OpeningStep } from '../../engine/open-environment.js';
import { nextStep } from '../../format/problem.js';

/** Why an environment does not open, and what to do about it. */
export interface Explanation {
  /** The failed step. */
  readonly title: string;
  readonly code: string;
  readonly nextStep: string;
}

const TITLES = {
  refused: 'An agent was rejected.',
  'check-in': 'The agent does not answer.',
  tunnel: 'The agent checks in, but its tunnel does not open.',
  engine: 'The tunnel is open, but the engine does not answer.',
} as const;

const DEFAULT_STEPS = {
  refused: 'Check the agent’s log.',
  'check-in':
    'Check that the agent is running on the remote machine (docker logs fairlead-agent) and can reach the hub.',
  tunnel:
    'Check the agent’s log for errors with the tunnel address. Firewalls must allow outbound connections to that port.',
  engine: 'Check that Docker is running on the remote machine and that its socket is mounted into the agent.',
} as const;

/**
 * @param step the step that failed, or `refused`
 * @param code from the hub or the agent; null: timeout
 */
export function explainOpening(step: OpeningStep | 'refused', code: string | null): Explanation {
  const known = code === null ? null : nextStep(code);
  return { title: TITLES[step], code: code ?? 'no answer in time', nextStep: known ?? DEFAULT_STEPS[step] };
}
