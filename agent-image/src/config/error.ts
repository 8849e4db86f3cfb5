import type { AGENT_PROBLEMS, AgentProblemCode } from '../../../protocol/problems/agent.js';
import { Problem } from '../../../protocol/problems/problem.js';

/** `EX_CONFIG` of sysexits.h: the agent's exit code after a {@link ConfigError}. */
export const EXIT_CONFIG = 78;

/** A code with which the agent ends at its start. */
export type ConfigProblemCode = {
  [Code in AgentProblemCode]: (typeof AGENT_PROBLEMS)[Code] extends { readonly exit: typeof EXIT_CONFIG }
    ? Code
    : never;
}[AgentProblemCode];

/**
 * A person has to change something before the agent can start. The message is one line that names the
 * variable (or file), the reason and the next step, and never holds a secret.
 */
export class ConfigError extends Problem {
  constructor(code: ConfigProblemCode, message: string, cause?: unknown) {
    super(code, message.replace(/\s+/g, ' ').trim(), cause === undefined ? {} : { cause });
  }
}
