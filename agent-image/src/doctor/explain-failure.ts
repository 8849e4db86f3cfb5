import type { HopResult } from '../../../protocol/hops.js';
import { AGENT_PROBLEMS } from '../../../protocol/problems/agent.js';
import { DOCTOR_PROBLEMS } from '../../../protocol/problems/doctor.js';
import { codeOf, Problem, type ProblemDefinitions, plain } from '../../../protocol/problems/problem.js';
import { toHubError } from '../hub/error.js';

const KNOWN: ProblemDefinitions<string> = { ...AGENT_PROBLEMS, ...DOCTOR_PROBLEMS };

/** The next step for a code, if the agent knows one. */
export function nextStepOf(code: string): string | undefined {
  const known = Object.hasOwn(KNOWN, code) ? KNOWN[code] : undefined;
  return known && plain(known.nextStep);
}

/** Text, code and next step of what a check threw. */
export function explainFailure(error: unknown): Pick<HopResult, 'text' | 'code' | 'nextStep'> {
  const { code, message } = toHubError(error);
  const nextStep = nextStepOf(code) ?? `See docs/errors.md#${code}`;
  return { text: error instanceof Problem ? message : sentenceOf(code, error), code, nextStep };
}

/** The sentence without the next step, which has its own field. */
function sentenceOf(code: string, error: unknown): string {
  const { sentence = code } = KNOWN[code] ?? {};
  const isTimeout = error instanceof DOMException && error.name === 'TimeoutError';
  return `${sentence} (${isTimeout ? error.message : codeOf(error)})`;
}
