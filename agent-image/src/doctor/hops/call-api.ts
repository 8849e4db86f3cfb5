import { randomBytes, randomUUID } from 'node:crypto';
import { deriveKey, hashJoinSecret } from '../../../../protocol/crypto/derived-keys.js';
import { AGENT_PATHS } from '../../../../protocol/messages/agent-calls.js';
import { type DoctorReply, doctorReplySchema, MAX_PAD } from '../../../../protocol/messages/doctor.js';
import { parseJson } from '../../../../protocol/messages/parse-json.js';
import { problem } from '../../../../protocol/problems/agent.js';
import { doctorProblem } from '../../../../protocol/problems/doctor.js';
import { codeOf, Problem } from '../../../../protocol/problems/problem.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import type { AgentConfig } from '../../config/read-config.js';
import type { Outbound } from '../../hub/outbound.js';
import { SignedCalls } from '../../hub/signed-calls.js';
import type { Chain } from '../chain.js';

const CALL_MS = 6_000;
const SMALL: Readonly<Record<'pad' | 'answerPad', number>> = Object.freeze({ pad: 0, answerPad: 0 });
/** Codes of hubs that have no such call. */
const OLDER = ['not-found', 'method-not-allowed'];

export interface CallApiOptions {
  readonly config: Pick<AgentConfig, 'edgeKey' | 'edgeId'>;
  readonly outbound: Pick<Outbound, 'agent'>;
  readonly clock: Clock;
  /** Ends the calls. */
  readonly signal: AbortSignal;
}

/** Checks `api` with a signed call that changes nothing, and `mtu` with large ones. */
export async function callApi(
  chain: Chain,
  { config: { edgeKey, edgeId }, outbound, clock, signal }: CallApiOptions,
): Promise<void> {
  // The hub needs none: the Edge key signs.
  const instance = { instanceId: randomUUID() };
  const calls = new SignedCalls({ edgeKey, instance, agent: outbound.agent, clock });
  const key = deriveKey(edgeId, hashJoinSecret(edgeKey.secret), 'doctor');
  const call = async ({ pad, answerPad }: typeof SMALL, timeoutMs: number): Promise<DoctorReply> => {
    const answer = await calls.send(key, {
      method: 'POST',
      path: `${AGENT_PATHS.doctor}?edge=${edgeId}`,
      body: Buffer.from(JSON.stringify({ pad: padding(pad), answerPad })),
      timeoutMs,
      signal,
    });
    const reply = doctorReplySchema.safeParse(parseJson(answer.body));
    if (!reply.success) throw problem('hub-answer-malformed');
    return reply.data;
  };

  const isCurrent = await chain.run('api', CALL_MS + 1_000, async () => {
    try {
      const { refusal } = await call(SMALL, CALL_MS);
      if (refusal === null)
        return { value: true, text: `The hub knows this Edge key, of environment ${edgeKey.environmentId}` };
      throw new Problem(refusal, `The hub knows this Edge key, but refuses the Edge ID (${refusal})`);
    } catch (error) {
      if (!OLDER.includes(codeOf(error))) throw error;
      const text = 'The hub answers, but is older than this agent: the Edge key is not checked';
      return { value: false, result: 'warn', text };
    }
  });
  if (!isCurrent) {
    chain.skip('mtu', 'Not checked: it needs a call that the hub answers');
    return;
  }
  await chain.run('mtu', 2 * CALL_MS + 1_000, async () => {
    await unlessLost(() => call({ ...SMALL, pad: MAX_PAD }, CALL_MS), 'to');
    await unlessLost(() => call({ ...SMALL, answerPad: MAX_PAD }, CALL_MS), 'from');
    return { value: true, text: `${MAX_PAD / 1_024} KiB pass in both directions` };
  });
}

/** @throws Problem `mtu-black-hole` where a large call gets no answer, as small ones have */
async function unlessLost(large: () => Promise<unknown>, direction: 'to' | 'from'): Promise<void> {
  try {
    await large();
  } catch (error) {
    if (codeOf(error) !== 'hub-unreachable') throw error;
    throw doctorProblem('mtu-black-hole', {
      detail: `A small call was answered, one with ${MAX_PAD / 1_024} KiB ${direction} the hub is not: large packets vanish`,
      cause: error,
    });
  }
}

/** For `mtu` where the packets of the TLS handshake vanish already. */
export async function reportVanished(chain: Chain): Promise<void> {
  await chain.run('mtu', CALL_MS, async () => {
    throw doctorProblem('mtu-black-hole', {
      detail: 'A few bytes are answered, a TLS handshake is not: large packets vanish',
    });
  });
}

/** Random, as proxies may compress. */
function padding(characters: number): string {
  return randomBytes(characters).toString('base64url').slice(0, characters);
}
