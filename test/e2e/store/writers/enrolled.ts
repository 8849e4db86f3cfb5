import { generateKeyPairSync, randomUUID } from 'node:crypto';
import https from 'node:https';
import { HubClient } from '../../../../agent-image/src/hub/client.js';
import type { InstanceKey } from '../../../../agent-image/src/machine/instance-key.js';
import { parseEdgeKey } from '../../../../protocol/crypto/edge-key.js';
import { codeOf } from '../../../../protocol/problems.js';
import { systemClock } from '../../../../protocol/time/clock.js';

/** An agent enrolled at a hub. */
export interface Enrolled {
  readonly client: HubClient;
}

const agent = new https.Agent({ rejectUnauthorized: false });
/** One installation for all environments: making a key for each would be most of the work. */
const instance = makeInstanceKey();

/** @throws Problem with the hub's code, or what happened on the way */
export async function enrolAt(edgeKey: string, edgeId: string): Promise<Enrolled> {
  const client = new HubClient({
    edgeKey: parseEdgeKey(edgeKey),
    edgeId,
    instance,
    agent,
    clock: systemClock,
  });
  const facts = { protocol: 1, engineId: null, node: null, agentVersion: '0.0.0', platform: 'linux/amd64' };
  await client.enrol(facts);
  return { client };
}

/** Whether the hub still accepts its check-ins. @throws Problem for anything but a refusal of its identity */
export async function isAccepted({ client }: Enrolled): Promise<boolean> {
  try {
    await client.checkIn({ engine: 'up', tunnel: 'none' }, undefined, 0, new AbortController().signal);
    return true;
  } catch (error) {
    if (codeOf(error) === 'agent-unauthorized') return false;
    throw error;
  }
}

/** @throws Error when that enrolment is not refused with that code */
export async function mustBeRefused(edgeKey: string, edgeId: string, code: string): Promise<void> {
  const refusal = await enrolAt(edgeKey, edgeId).then(() => 'accepted', codeOf);
  if (refusal !== code) throw new Error(`an enrolment with ${edgeId} is ${refusal}, and not ${code}`);
}

function makeInstanceKey(): InstanceKey {
  const { privateKey } = generateKeyPairSync('x25519');
  const { x = '' } = privateKey.export({ format: 'jwk' });
  return { instanceId: randomUUID(), privateKey, publicKey: x };
}
