import type http from 'node:http';
import type * as z from 'zod/mini';
import {
  AGENT_PATHS,
  type CheckInQuery,
  type CheckInReply,
  checkInReplySchema,
  type EnrolReply,
  type EnrolRequest,
  enrolReplySchema,
  problemSchema,
  type SwarmReport,
} from '../../protocol/agent-calls.js';
import type { Clock } from '../../protocol/clock.js';
import { deriveKey, hashJoinSecret } from '../../protocol/derived-keys.js';
import { EdgeError } from '../../protocol/edge-error.js';
import type { EdgeKey } from '../../protocol/edge-key.js';
import { openInstanceSecret } from '../../protocol/instance-secret.js';
import { parseJson } from '../../protocol/parse-json.js';
import { signRequest } from '../../protocol/request-signature.js';
import type { Snapshot } from '../../protocol/snapshot.js';
import { type Answer, callHub } from './call-hub.js';
import type { InstanceKey } from './instance-key.js';

export interface HubClientOptions {
  readonly edgeKey: EdgeKey;
  readonly edgeId: string;
  readonly instance: InstanceKey;
  /** Dials out; see `outbound.ts`. */
  readonly agent: http.Agent;
  readonly clock: Clock;
}

/** A check-in's answer; `reply` is null where nothing changed (304). */
export interface CheckInResult {
  readonly reply: CheckInReply | null;
  readonly etag: string | undefined;
}

interface Exchange {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: http.OutgoingHttpHeaders;
  /** Deadline for the whole answer, ms. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

const CALL_MS = 30_000;
/** A hold that is unanswered so long after its wait is given up, ms. */
const HOLD_SLACK_MS = 5_000;

/** The agent's calls to the hub, each signed. Knows no loop and no state but clock and instance secret. */
export class HubClient {
  readonly #options: HubClientOptions;
  #instanceSecret: Buffer | null = null;
  #clockOffsetMs = 0;
  #lastStampMs = 0;

  constructor(options: HubClientOptions) {
    this.#options = options;
  }

  /** Signs proofs on the tunnel too; null before the first enrolment. */
  get instanceSecret(): Buffer | null {
    return this.#instanceSecret;
  }

  /**
   * Makes this instance known and learns its secret.
   * @throws EdgeError with the hub's code, or as `toHubError` makes them
   */
  async enrol(
    request: Omit<EnrolRequest, 'instanceId' | 'edgeId' | 'publicKey'>,
    signal?: AbortSignal,
  ): Promise<EnrolReply> {
    const { edgeKey, edgeId, instance } = this.#options;
    const key = deriveKey(edgeId, hashJoinSecret(edgeKey.secret), 'enrol');
    const body: EnrolRequest = {
      ...request,
      edgeId,
      instanceId: instance.instanceId,
      publicKey: instance.publicKey,
    };
    const answer = await this.#send(key, {
      method: 'POST',
      path: AGENT_PATHS.enrol,
      body,
      timeoutMs: CALL_MS,
      ...(signal ? { signal } : {}),
    });
    const reply = parseAnswer(enrolReplySchema, answer);
    this.#instanceSecret = await openInstanceSecret(instance.privateKey, reply.secret);
    return reply;
  }

  /** One check-in; with `waitSeconds` above 0 the hub may hold it so long (RFC 7240). */
  async checkIn(
    query: CheckInQuery,
    etag: string | undefined,
    waitSeconds: number,
    signal: AbortSignal,
  ): Promise<CheckInResult> {
    const answer = await this.#send(this.#secret(), {
      method: 'GET',
      path: `${AGENT_PATHS.checkIn}?${new URLSearchParams(toPairs(query))}`,
      headers: {
        ...(waitSeconds > 0 ? { prefer: `wait=${waitSeconds}` } : {}),
        ...(etag === undefined ? {} : { 'if-none-match': etag }),
      },
      timeoutMs: waitSeconds > 0 ? waitSeconds * 1_000 + HOLD_SLACK_MS : CALL_MS,
      signal,
    });
    const reply = answer.status === 304 ? null : parseAnswer(checkInReplySchema, answer);
    return { reply, etag: answer.headers.etag ?? etag };
  }

  async postSnapshot(snapshot: Snapshot): Promise<void> {
    const path = AGENT_PATHS.snapshot;
    await this.#send(this.#secret(), { method: 'POST', path, body: snapshot, timeoutMs: CALL_MS });
  }

  /**
   * Offers to close an idle tunnel. Resolves once the hub has revoked it.
   * @throws EdgeError `tunnel-in-use` when a call is under way: the tunnel stays
   */
  async postIdle(tunnelId: string, snapshot: Snapshot | null): Promise<void> {
    const body = { tunnelId, snapshot };
    await this.#send(this.#secret(), { method: 'POST', path: AGENT_PATHS.idle, body, timeoutMs: CALL_MS });
  }

  /** What a manager knows of its Swarm. @throws EdgeError `manager-unconfirmed` */
  async postSwarm(report: SwarmReport): Promise<void> {
    const path = AGENT_PATHS.swarm;
    await this.#send(this.#secret(), { method: 'POST', path, body: report, timeoutMs: CALL_MS });
  }

  #secret(): Buffer {
    if (this.#instanceSecret) return this.#instanceSecret;
    throw new EdgeError('agent-unauthorized', 'The agent has not enrolled yet');
  }

  /** A refusal for the clock's sake is mended and tried once more; others are thrown. */
  async #send(key: Buffer, exchange: Exchange): Promise<Answer> {
    const body = exchange.body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(exchange.body));
    let answer = await this.#exchange(key, exchange, body);
    let problem = problemOf(answer);
    if (problem && this.#mendClock(problem)) {
      answer = await this.#exchange(key, exchange, body);
      problem = problemOf(answer);
    }
    if (!problem) return answer;
    throw new EdgeError(problem.code, problem.detail ?? `The hub answered ${answer.status}`, {
      status: answer.status,
      ...(problem.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: problem.retryAfterSeconds }),
    });
  }

  #mendClock(problem: { code: string; timeMs?: number | undefined }): boolean {
    if (problem.code !== 'clock-skew' && problem.code !== 'stamp-not-new') return false;
    if (problem.timeMs === undefined) return false;
    this.#clockOffsetMs = problem.timeMs - this.#options.clock.now();
    if (problem.code === 'clock-skew') this.#lastStampMs = 0;
    return true;
  }

  #exchange(
    key: Buffer,
    { method, path, headers, timeoutMs, signal }: Exchange,
    body: Buffer,
  ): Promise<Answer> {
    const { edgeKey, instance, agent, clock } = this.#options;
    const timeMs = Math.max(clock.now() + this.#clockOffsetMs, this.#lastStampMs + 1);
    this.#lastStampMs = timeMs;
    const claim = { environmentId: edgeKey.environmentId, instanceId: instance.instanceId, timeMs };
    const authorization = signRequest(key, claim, { method, path, body });
    return callHub(new URL(`${edgeKey.apiUrl}${path}`), {
      method,
      agent,
      clock,
      headers: { ...headers, authorization },
      body,
      timeoutMs,
      ...(signal ? { signal } : {}),
    });
  }
}

/** The hub's own refusals are problem documents; anything else on that URL is not our hub, or not yet. */
function problemOf(answer: Answer) {
  if ((answer.status >= 200 && answer.status < 300) || answer.status === 304) return null;
  const problem = problemSchema.safeParse(parseJson(answer.body));
  if (problem.success) return problem.data;
  return { code: 'hub-answer-malformed', detail: `Something on the way answered ${answer.status}` };
}

/** @throws EdgeError `hub-answer-malformed` */
function parseAnswer<T extends z.ZodMiniType>(schema: T, answer: Answer): z.infer<T> {
  const parsed = schema.safeParse(parseJson(answer.body));
  if (parsed.success) return parsed.data;
  throw new EdgeError('hub-answer-malformed', `The answer (${answer.status}) is not what a hub says`, {
    cause: parsed.error,
  });
}

function toPairs(query: CheckInQuery): [string, string][] {
  return Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}
