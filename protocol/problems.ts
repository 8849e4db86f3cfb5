import { AGENT_PROBLEMS } from './problems/agent.js';
import { API_PROBLEMS } from './problems/api.js';
import { CHECK_PROBLEMS } from './problems/checks.js';
import { DOCKER_PROBLEMS } from './problems/docker.js';
import { DOCTOR_PROBLEMS } from './problems/doctor.js';
import { ENROLMENT_PROBLEMS } from './problems/enrolment.js';
import { ENVIRONMENT_PROBLEMS } from './problems/environments.js';
import { HOST_PROBLEMS } from './problems/host.js';
import { type ProblemDefinition, problemsOf } from './problems/problem.js';
import { START_PROBLEMS } from './problems/start.js';

export { codeOf, Problem, type ProblemOptions } from './problems/problem.js';

/**
 * Every code of the project, with its status and its texts. `npm run docs:errors` writes docs/errors.md from it. The
 * agent and the panel import single areas below `problems/`, so that their bundles hold no more than they use.
 */
export const PROBLEMS = Object.freeze({
  ...API_PROBLEMS,
  ...ENVIRONMENT_PROBLEMS,
  ...ENROLMENT_PROBLEMS,
  ...START_PROBLEMS,
  ...HOST_PROBLEMS,
  ...DOCKER_PROBLEMS,
  ...AGENT_PROBLEMS,
  ...CHECK_PROBLEMS,
  ...DOCTOR_PROBLEMS,
});

/** A stable code: it never changes its meaning. */
export type ProblemCode = keyof typeof PROBLEMS;

/** A code that an HTTP answer may have. */
export type HttpProblemCode = {
  [Code in ProblemCode]: (typeof PROBLEMS)[Code] extends { readonly status: number } ? Code : never;
}[ProblemCode];

/** Makes the problem of a code: `throw problem('name-taken')`. */
export const problem = problemsOf<ProblemCode>(PROBLEMS);

/** Whether a code, which may come from anywhere, is one of ours. */
export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}

/** The definition of a code that may come from anywhere, such as an agent; undefined if it is not one of ours. */
export function definitionOf(code: string): ProblemDefinition | undefined {
  return isProblemCode(code) ? PROBLEMS[code] : undefined;
}
