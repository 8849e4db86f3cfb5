import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type * as z from 'zod/mini';
import { strongTag } from '../../../protocol/crypto/answer-proof.js';
import { deriveKey, hashJoinSecret } from '../../../protocol/crypto/derived-keys.js';
import { openInstanceSecret } from '../../../protocol/crypto/instance-secret.js';
import {
  AGENT_PATHS,
  type CheckInQuery,
  type CheckInReply,
  checkInReplySchema,
  type EnrolReply,
  type EnrolRequest,
  enrolReplySchema,
  type SwarmReport,
} from '../../../protocol/messages/agent-calls.js';
import type { DoctorReport } from '../../../protocol/messages/doctor.js';
import { parseJson } from '../../../protocol/messages/parse-json.js';
import type { Snapshot } from '../../../protocol/messages/snapshot.js';
import { problem } from '../../../protocol/problems/agent.js';
import { codeOf } from '../../../protocol/problems/problem.js';
import type { InstanceKey } from '../machine/instance-key.js';
import type { Answer } from './call.js';
import { SignedCalls, type SignedCallsOptions } from './signed-calls.js';

/** A check-in's answer; `reply` is null where nothing changed (304). */
export interface CheckInResult {
  readonly reply: CheckInReply | null;
  readonly etag: string | undefined;
}

const gzipAsync = promisify(gzip);
const MIN_COMPRESSED_BYTES = 1_024;
const CALL_MS = 30_000;
/** A hold that is unanswered this long after its wait is aborted, ms. */
const HOLD_SLACK_MS = 5_000;

export interface HubClientOptions extends SignedCallsOptions {
  readonly edgeId: string;
  readonly instance: InstanceKey;
}

/** The hub's operations for agents. Its only state is the instance secret. */
export class HubClient {
  readonly #options: HubClientOptions;
  readonly #calls: SignedCalls;
  #instanceSecret: Buffer | null = null;

  constructor(options: HubClientOptions) {
    this.#options = options;
    this.#calls = new SignedCalls(options);
  }

  /** Also signs proofs on the tunnel; null before the first enrolment. */
  get instanceSecret(): Buffer | null {
    return this.#instanceSecret;
  }

  /**
   * Enrols this instance and receives its secret.
   * @throws Problem with the hub's code, or as `toHubError` makes them
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
    const answer = await this.#calls.send(key, {
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
    const answer = await this.#calls.send(this.#secret(), {
      method: 'GET',
      path: `${AGENT_PATHS.checkIn}${toSearch(query)}`,
      headers: {
        ...(waitSeconds > 0 ? { prefer: `wait=${waitSeconds}` } : {}),
        ...(etag === undefined ? {} : { 'if-none-match': etag }),
      },
      agent: this.#options.checkInAgent ?? this.#options.agent,
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
    await this.#calls.send(this.#secret(), { method: 'POST', path, body, timeoutMs: CALL_MS });
  }

  /**
   * Offers to close an idle tunnel. Resolves once the hub has revoked it.
   * @throws Problem `tunnel-in-use` when a call is under way: the tunnel stays
   */
  async postIdle(tunnelId: string, snapshot: Snapshot | null): Promise<void> {
    const post = async (body: Buffer) =>
      void (await this.#calls.send(this.#secret(), {
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

  /** Sends a manager's report of its Swarm. @throws Problem `manager-unconfirmed` */
  async postSwarm(report: SwarmReport): Promise<void> {
    const path = AGENT_PATHS.swarm;
    await this.#calls.send(this.#secret(), {
      method: 'POST',
      path,
      body: jsonOf(report),
      timeoutMs: CALL_MS,
    });
  }

  /** Sends the result of `agent doctor` from before the enrolment. */
  async postDoctor(report: DoctorReport): Promise<void> {
    const path = AGENT_PATHS.doctorReport;
    await this.#calls.send(this.#secret(), {
      method: 'POST',
      path,
      body: jsonOf(report),
      timeoutMs: CALL_MS,
    });
  }

  #secret(): Buffer {
    if (this.#instanceSecret) return this.#instanceSecret;
    throw problem('agent-unauthorized', { detail: 'The agent has not enrolled yet' });
  }
}

/** @throws Problem `hub-answer-malformed` */
function parseAnswer<T extends z.ZodMiniType>(schema: T, answer: Answer): z.infer<T> {
  const parsed = schema.safeParse(parseJson(answer.body));
  if (parsed.success) return parsed.data;
  throw problem('hub-answer-malformed', {
    detail: `The answer (${answer.status}) is not a valid hub answer`,
    cause: parsed.error,
  });
}

/** The usual values are the defaults, which are left out. */
function toSearch(query: CheckInQuery): string {
  const usual: Partial<CheckInQuery> = { engine: 'up', tunnel: 'none', nodeTunnel: 'none' };
  const pairs = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === Reflect.get(usual, name) ? [] : [[name, value]],
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
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
