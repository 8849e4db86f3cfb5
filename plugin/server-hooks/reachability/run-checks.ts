import { Problem } from '../../../protocol/problems.js';
import type { SelfTestCheck } from '../../api.js';
import { type CheckProblemCode, explainCheck } from './explain-check.js';

/**
 * One step of the self-test. `run` returns the code of a problem that does not prevent the next step, or null; an
 * error it throws ends the run.
 */
export interface Step {
  readonly check: SelfTestCheck['check'];
  readonly run: () => Promise<CheckProblemCode | null>;
}

/** Runs the steps in order. `place` names the other end in the texts. */
export async function runChecks(place: string, steps: readonly Step[]): Promise<SelfTestCheck[]> {
  const checks: SelfTestCheck[] = [];
  let isBlocked = false;
  for (const { check, run } of steps) {
    if (isBlocked) {
      checks.push({ check, ok: null, code: null, detail: 'Not checked.', nextStep: null });
      continue;
    }
    try {
      checks.push(explainCheck(check, await run(), place));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      isBlocked = true;
      checks.push(explainCheck(check, error.code, place));
    }
  }
  return checks;
}
