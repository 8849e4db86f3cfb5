import type { CheckInQuery } from '../../../protocol/messages/agent-calls.js';
import type { AuthenticatedAgent } from './authenticate-agent.js';

/** A check-in from an authenticated agent. */
export interface CheckIn extends AuthenticatedAgent {
  readonly query: CheckInQuery;
  /** ETag of the state the agent has. */
  readonly etag: string | undefined;
  /** Seconds the agent offers to wait (RFC 7240 `wait`); 0: a plain check-in. */
  readonly waitSeconds: number;
  /** Aborts when the connection closes. */
  readonly signal: AbortSignal;
}
