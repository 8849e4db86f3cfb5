import type http from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
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
} from '../../../protocol/agent-calls.js';
import { ANSWER_PROOF, strongTag, verifyAnswer } from '../../../protocol/answer-proof.js';
import type { Clock } from '../../../protocol/clock.js';
import { deriveKey, hashJoinSecret } from '../../../protocol/derived-keys.js';
import { codeOf, EdgeError } from '../../../protocol/edge-error.js';
import type { EdgeKey } from '../../../protocol/edge-key.js';
import { openInstanceSecret } from '../../../protocol/instance-secret.js';
import { parseJson } from '../../../protocol/parse-json.js';
import { parseAuthorization, signRequest } from '../../../protocol/request-signature.js';
import type { Snapshot } from '../../../protocol/snapshot.js';
import type { InstanceKey } from '../machine/instance-key.js';
import { type Answer, callHub } from './call.js';

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
  readonly body?: Buffer;
  readonly headers?: http.OutgoingHttpHeaders;
  /** Deadline for the whole answer, ms. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** An answer, and whether it is proven to be the hub's answer to this request. */
interface CheckedAnswer extends Answer {
  readonly isProven: boolean;
}

/** Codes of refusals without a proof: sent before the caller is authenticated, or by the host. */
const UNPROVEN = new Set([
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
]);
const FORGED = Object.freeze({
  code: 'hub-answer-forged',
  detail:
    'The answer carries no valid proof: the hub is older than this agent, or something answers in its place',
});
const gzipAsync = promisify(gzip);
const MIN_COMPRESSED_BYTES = 1_024;
const CALL_MS = 30_000;
/** A hold that is unanswered this long after its wait is aborted, ms. */
const HOLD_SLACK_MS = 5_000;

/** The agent's signed calls to the hub. Its only state is the clock offset and the instance secret. */
export class HubClient {
  readonly #options: HubClientOptions;
  #instanceSecret: Buffer | null = null;
  #clockOffsetMs = 0;
  #lastStampMs = 0;

  constructor(options: HubClientOptions) {
    this.#options = options;
  }

  /** Also signs proofs on the tunnel; null before the first enrolment. */
  get instanceSecret(): Buffer | null {
    return this.#instanceSecret;
  }

  /**
   * Enrols this instance and receives its secret.
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
      body: jsonOf(body),
      timeoutMs: CALL_MS,
      ...(signal ? { signal } : {}),
    });
    const reply = parseAnswer(enrolReplySchema, answer);
    this.#instanceSecret = await openInstanceSecret(instance.privateKey, reply.secret);
    return reply;
  }

  /** One check-in; with `waitSeconds` above 0 the hub may hold it that long (RFC 7240). */
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
    const tag = strongTag(answer.headers.etag) ?? etag;
    // A 304 for another tag than ours means that the request was modified: that state is unknown.
    if (answer.status === 304) return { reply: null, etag: tag === etag ? tag : undefined };
    return { reply: parseAnswer(checkInReplySchema, answer), etag: tag };
  }

  async postSnapshot(snapshot: Snapshot): Promise<void> {
    const path = AGENT_PATHS.snapshot;
    const body = await compressed(snapshot);
    await this.#send(this.#secret(), { method: 'POST', path, body, timeoutMs: CALL_MS });
  }

  /**
   * Offers to close an idle tunnel. Resolves once the hub has revoked it.
   * @throws EdgeError `tunnel-in-use` when a call is under way: the tunnel stays
   */
  async postIdle(tunnelId: string, snapshot: Snapshot | null): Promise<void> {
    const post = async (body: Buffer) =>
      void (await this.#send(this.#secret(), {
        method: 'POST',
        path: AGENT_PATHS.idle,
        body,
        timeoutMs: CALL_MS,
      }));
    try {
      await post(await compressed({ tunnelId, snapshot }));
    } catch (error) {
      // The hub rate-limits snapshots, not closes.
      if (codeOf(error) !== 'body-too-soon' || snapshot === null) throw error;
      await post(jsonOf({ tunnelId, snapshot: null }));
    }
  }

  /** Sends a manager's report of its Swarm. @throws EdgeError `manager-unconfirmed` */
  async postSwarm(report: SwarmReport): Promise<void> {
    const path = AGENT_PATHS.swarm;
    await this.#send(this.#secret(), { method: 'POST', path, body: jsonOf(report), timeoutMs: CALL_MS });
  }

  #secret(): Buffer {
    if (this.#instanceSecret) return this.#instanceSecret;
    throw new EdgeError('agent-unauthorized', 'The agent has not enrolled yet');
  }

  /** Corrects the clock and retries once after a refused timestamp; other refusals are thrown. */
  async #send(key: Buffer, exchange: Exchange): Promise<CheckedAnswer> {
    const { body = Buffer.alloc(0) } = exchange;
    let answer = await this.#exchange(key, exchange, body);
    let problem = problemOf(answer);
    if (problem && this.#correctClock(problem)) {
      answer = await this.#exchange(key, exchange, body);
      problem = problemOf(answer);
    }
    if (!problem) return answer;
    throw new EdgeError(problem.code, problem.detail ?? `The hub answered ${answer.status}`, {
      status: problem === FORGED ? 502 : answer.status,
      ...(problem.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: problem.retryAfterSeconds }),
    });
  }

  #correctClock(problem: { code: string; timeMs?: number | undefined }): boolean {
    if (problem.code !== 'clock-skew' && problem.code !== 'stamp-not-new') return false;
    if (problem.timeMs === undefined) return false;
    this.#clockOffsetMs = problem.timeMs - this.#options.clock.now();
    if (problem.code === 'clock-skew') this.#lastStampMs = 0;
    return true;
  }

  async #exchange(
    key: Buffer,
    { method, path, headers, timeoutMs, signal }: Exchange,
    body: Buffer,
  ): Promise<CheckedAnswer> {
    const { edgeKey, instance, agent, clock } = this.#options;
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
  const malformed = { code: 'hub-answer-malformed', detail: `A proxy or another server answered ${status}` };
  if (isProven) return problem.success ? problem.data : malformed;
  if (isSuccess) return body.length === 0 || isObject(content) ? FORGED : malformed;
  if (!problem.success) return malformed;
  const { code, detail } = problem.data;
  return UNPROVEN.has(code) ? { code, ...(detail === undefined ? {} : { detail }) } : FORGED;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** @throws EdgeError `hub-answer-malformed` */
function parseAnswer<T extends z.ZodMiniType>(schema: T, answer: Answer): z.infer<T> {
  const parsed = schema.safeParse(parseJson(answer.body));
  if (parsed.success) return parsed.data;
  throw new EdgeError('hub-answer-malformed', `The answer (${answer.status}) is not a valid hub answer`, {
    cause: parsed.error,
  });
}

function toPairs(query: CheckInQuery): [string, string][] {
  return Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

function jsonOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/**
 * JSON, compressed with gzip above a threshold: labels and names shrink to a tenth. No `Content-Encoding`, because a
 * proxy that inflates requests would break the signature.
 */
async function compressed(value: unknown): Promise<Buffer> {
  const json = jsonOf(value);
  return json.length > MIN_COMPRESSED_BYTES ? gzipAsync(json) : json;
}
