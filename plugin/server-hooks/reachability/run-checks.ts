import { Problem } from '../../../protocol/problems.js';
import type { SelfTestHop } from '../../api.js';
import { explainCheck } from './explain-check.js';

/**
 * One step of the self-test. `check` returns the code of a problem that does not prevent the next step, or null; an
 * error it throws ends the run.
 */
export interface Step {
  readonly hop: SelfTestHop['hop'];
  readonly check: () => Promise<string | null>;
}

/** Runs the steps in order. `place` names the other end in the texts. */
export async function runChecks(place: string, steps: readonly Step[]): Promise<SelfTestHop[]> {
  const hops: SelfTestHop[] = [];
  let isBlocked = false;
  for (const { hop, check } of steps) {
    if (isBlocked) {
      hops.push({ hop, ok: null, code: null, detail: 'Not checked.', nextStep: null });
      continue;
    }
    try {
      hops.push(explainCheck(hop, await check(), place));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      isBlocked = true;
      hops.push(explainCheck(hop, error.code, place));
    }
  }
  return hops;
}
