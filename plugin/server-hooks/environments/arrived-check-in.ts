import type { CheckInQuery } from '../../../protocol/agent-calls.js';
import type { AuthenticatedAgent } from './authenticate-agent.js';

/** A check-in as it arrived; the caller is authenticated. */
export interface CheckIn extends AuthenticatedAgent {
  readonly query: CheckInQuery;
  /** The state the agent knows. */
  readonly etag: string | undefined;
  /** Seconds the agent offers to wait (RFC 7240 `wait`); 0: a plain check-in. */
  readonly waitSeconds: number;
  /** Aborts when the connection is gone. */
  readonly signal: AbortSignal;
}
