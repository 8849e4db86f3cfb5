import { deriveKey } from '../../../protocol/crypto/derived-keys.js';
import { parseEdgeId } from '../../../protocol/crypto/edge-id.js';
import {
  type RequestClaim,
  type SignedHead,
  unauthorized,
  verifyBody,
  verifyHead,
} from '../../../protocol/crypto/request-signature.js';
import { type DoctorReply, doctorRequestSchema, MAX_PAD } from '../../../protocol/messages/doctor.js';
import { parseJson } from '../../../protocol/messages/parse-json.js';
import { problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { type Environment, isKeyValid } from '../model/environment.js';
import type { Store } from '../store/store.js';
import { AgentPace, type Pace } from './agent-pace.js';
import { checkSkew } from './authenticate-agent.js';

export interface DoctorCallsOptions {
  readonly store: Pick<Store, 'environment'>;
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Buffer;
}

export const MAX_DOCTOR_BYTES = MAX_PAD + 256;
/** Of one environment: a doctor makes three calls, and the agents of a Swarm may start theirs together. */
const PACE: Pace = Object.freeze({ gapMs: 200, burst: 60 });
/** All callers of an environment count as one: an Edge key can sign for any instance. */
const ANY_INSTANCE = Object.freeze({ id: '' });
const NO_SECRET = Buffer.alloc(32);

/**
 * Answers `agent doctor`, which holds an Edge key and no instance secret. Its calls change nothing and are no sign of
 * life, so repeating one has no effect.
 */
export class DoctorCalls {
  readonly #options: DoctorCallsOptions;
  readonly #pace: AgentPace;

  constructor(options: DoctorCallsOptions) {
    this.#options = options;
    this.#pace = new AgentPace(options.clock);
  }

  /**
   * @param onProven called with the signing key before any other check
   * @param readBody called once the call is admitted
   * @throws Problem `agent-unauthorized`, `clock-skew` (401), `body-too-soon` (429), `bad-request` (400)
   */
  async answer(
    claim: RequestClaim,
    head: SignedHead,
    onProven: (key: Buffer) => void,
    readBody: () => Promise<Buffer>,
  ): Promise<DoctorReply> {
    const { clock, randomBytes } = this.#options;
    const edgeId = edgeIdIn(head.path);
    const { environment, key } = this.#prove(claim, head, edgeId);
    onProven(key);
    checkSkew(clock, claim.timeMs);
    this.#pace.admit({ environment, instance: ANY_INSTANCE }, 'doctor', PACE);
    const body = await readBody();
    if (!verifyBody(claim, body)) throw unauthorized();
    const request = doctorRequestSchema.safeParse(parseJson(body));
    if (!request.success) throw problem('bad-request');
    // Random, as proxies may compress.
    const pad = randomBytes(request.data.answerPad).toString('base64url').slice(0, request.data.answerPad);
    return { timeMs: clock.now(), refusal: refusalOf(environment, edgeId), pad };
  }

  #prove(claim: RequestClaim, head: SignedHead, edgeId: string) {
    const environment = this.#options.store.environment(claim.environmentId);
    const now = this.#options.clock.now();
    const secrets = (environment?.keys ?? [])
      .filter((key) => isKeyValid(key, now))
      .map(({ secretHash }) => Buffer.from(secretHash, 'base64url'));
    // Without a key do the same work, so that timing does not reveal which ids exist.
    for (const secret of secrets.length > 0 ? secrets : [NO_SECRET]) {
      const key = deriveKey(edgeId, secret, 'doctor');
      if (verifyHead(key, claim, head) && environment && secret !== NO_SECRET) return { environment, key };
    }
    throw unauthorized();
  }
}

/** The Edge ID is part of the derived key, and an environment may have none yet. */
function edgeIdIn(path: string): string {
  try {
    return parseEdgeId(new URLSearchParams(path.split('?')[1]).get('edge') ?? '');
  } catch {
    throw unauthorized();
  }
}

function refusalOf({ edgeId: bound, barredEdgeIds }: Environment, edgeId: string): string | null {
  if (barredEdgeIds.includes(edgeId)) return 'association-removed';
  return bound === null || bound === edgeId ? null : 'edge-id-mismatch';
}
