import { AGENT_PROBLEMS } from '../../../protocol/problems/agent.js';
import { DOCTOR_PROBLEMS } from '../../../protocol/problems/doctor.js';
import { codeOf, Problem, type ProblemDefinitions, plain } from '../../../protocol/problems/problem.js';
import { toHubError } from '../hub/error.js';

const KNOWN: ProblemDefinitions<string> = { ...AGENT_PROBLEMS, ...DOCTOR_PROBLEMS };

/** The next step for a code. */
export function nextStepOf(code: string): string {
  const known = Object.hasOwn(KNOWN, code) ? KNOWN[code] : undefined;
  return known ? plain(known.nextStep) : `See docs/errors.md#${code}`;
}

/** Text and code of what a check threw. The next step, which has its own field, is not repeated in the text. */
export function explainFailure(error: unknown): { readonly text: string; readonly code: string } {
  const { code, message } = toHubError(error);
  const text = error instanceof Problem ? message : sentenceOf(code, error);
  return { text: text.replace(`. ${nextStepOf(code)}`, ''), code };
}

function sentenceOf(code: string, error: unknown): string {
  const { sentence = code } = KNOWN[code] ?? {};
  const isTimeout = error instanceof DOMException && error.name === 'TimeoutError';
  return `${sentence} (${isTimeout ? error.message : codeOf(error)})`;
}
