import type http from 'node:http';
import type * as z from 'zod/mini';
import { ANSWER_PROOF, verifyAnswer } from '../../../protocol/crypto/answer-proof.js';
import type { EdgeKey } from '../../../protocol/crypto/edge-key.js';
import { parseAuthorization, signRequest } from '../../../protocol/crypto/request-signature.js';
import { problemSchema } from '../../../protocol/messages/agent-calls.js';
import { parseJson } from '../../../protocol/messages/parse-json.js';
import { AGENT_PROBLEMS } from '../../../protocol/problems/agent.js';
import { Problem } from '../../../protocol/problems/problem.js';
import type { ProblemCode } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { InstanceKey } from '../machine/instance-key.js';
import { type Answer, callHub } from './call.js';

export interface SignedCallsOptions {
  readonly edgeKey: EdgeKey;
  readonly instance: Pick<InstanceKey, 'instanceId'>;
  /** Dials out; see `outbound.ts`. */
  readonly agent: http.Agent;
  /** For check-ins. Default: `agent`. */
  readonly checkInAgent?: http.Agent;
  readonly clock: Clock;
}

/** One call to the hub. */
export interface SignedCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: Buffer;
  readonly headers?: http.OutgoingHttpHeaders;
  /** Default: that of the options. */
  readonly agent?: http.Agent;
  /** Deadline for the whole answer, ms. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** An answer, and whether it is proven to be the hub's answer to this request. */
export interface CheckedAnswer extends Answer {
  readonly isProven: boolean;
}

/** Codes of refusals without a proof: sent before the caller is authenticated, or by the host. */
const UNPROVEN = new Set<string>([
  'agent-unauthorized',
  'bad-host',
  'body-incomplete',
  'body-late',
  'body-too-large',
  'host-consumed-body',
  'internal',
  'method-not-allowed',
  'not-found',
  'too-many-bodies',
] satisfies ProblemCode[]);
const FORGED = Object.freeze({
  code: 'hub-answer-forged' as const,
  detail: AGENT_PROBLEMS['hub-answer-forged'].sentence,
});

/** Signs calls to the hub and verifies the proofs of its answers. Its only state is the offset to the hub's clock. */
export class SignedCalls {
  readonly #options: SignedCallsOptions;
  #clockOffsetMs = 0;
  #lastStampMs = 0;

  constructor(options: SignedCallsOptions) {
    this.#options = options;
  }

  /**
   * Corrects the clock and retries once after a refused timestamp.
   * @throws Problem with the hub's code, or as `toHubError` makes them
   */
  async send(key: Buffer, call: SignedCall): Promise<CheckedAnswer> {
    const { body = Buffer.alloc(0) } = call;
    let answer = await this.#exchange(key, call, body);
    let problem = problemOf(answer);
    if (problem && this.#correctClock(problem)) {
      answer = await this.#exchange(key, call, body);
      problem = problemOf(answer);
    }
    if (!problem) return answer;
    const { code, detail = `The hub answered ${answer.status}`, retryAfterSeconds } = problem;
    const status = problem === FORGED ? AGENT_PROBLEMS[FORGED.code].status : answer.status;
    throw new Problem(code, detail, { status, retryAfterSeconds });
  }

  #correctClock(problem: { code: string; timeMs?: number | undefined }): boolean {
    if (problem.code !== 'clock-skew' && problem.code !== 'request-replayed') return false;
    if (problem.timeMs === undefined) return false;
    this.#clockOffsetMs = problem.timeMs - this.#options.clock.now();
    if (problem.code === 'clock-skew') this.#lastStampMs = 0;
    return true;
  }

  async #exchange(
    key: Buffer,
    { method, path, headers, agent = this.#options.agent, timeoutMs, signal }: SignedCall,
    body: Buffer,
  ): Promise<CheckedAnswer> {
    const { edgeKey, instance, clock } = this.#options;
    const timeMs = Math.max(clock.now() + this.#clockOffsetMs, this.#lastStampMs + 1);
    this.#lastStampMs = timeMs;
    const claim = { environmentId: edgeKey.environmentId, instanceId: instance.instanceId, timeMs };
    const authorization = signRequest(key, claim, { method, path, body });
    const answer = await callHub(new URL(`${edgeKey.apiUrl}${path}`), {
      method,
      agent,
      clock,
      headers: { ...headers, authorization },
      body,
      timeoutMs,
      ...(signal ? { signal } : {}),
    });
    const { mac } = parseAuthorization(authorization);
    const { status, headers: given } = answer;
    const claimed = { status, etag: given.etag, body: answer.body };
    return { ...answer, isProven: verifyAnswer(key, mac, claimed, `${given[ANSWER_PROOF] ?? ''}`) };
  }
}

/**
 * The refusal in an answer; null if it is a proven success. Only a proven answer may change clock, state, secret or
 * pause. A hub sends few unproven ones, and they only lead to a later retry.
 */
function problemOf({ status, body, isProven }: CheckedAnswer): z.infer<typeof problemSchema> | null {
  const isSuccess = (status >= 200 && status < 300) || status === 304;
  if (isProven && isSuccess) return null;
  const content = parseJson(body);
  const problem = problemSchema.safeParse(content);
  const malformed = {
    code: 'hub-answer-malformed' satisfies ProblemCode,
    detail: `A proxy or another server answered ${status}`,
  };
  if (isProven) return problem.success ? problem.data : malformed;
  if (isSuccess) return body.length === 0 || isObject(content) ? FORGED : malformed;
  if (!problem.success) return malformed;
  const { code, detail } = problem.data;
  return UNPROVEN.has(code) ? { code, ...(detail === undefined ? {} : { detail }) } : FORGED;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
