import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { AgentProblemCode } from '../../../protocol/problems/agent.js';
import { codeOf } from '../../../protocol/problems/problem.js';
import { ConfigError } from '../config/error.js';
import type { Logger } from '../log.js';
import { replaceFile } from './replace-file.js';

/** Identity of this agent towards the hub; lives as long as `DATA_DIR`. */
export interface InstanceKey {
  /** UUID, made once. */
  readonly instanceId: string;
  /** X25519; opens the instance secret that the hub seals. */
  readonly privateKey: KeyObject;
  /** The public half as the enrolment carries it: JWK `x`, base64url. */
  readonly publicKey: string;
}

const FILE = 'instance.json';
const schema = z.object({
  version: z.literal(1),
  instanceId: z.string().check(z.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)),
  privateKey: z.object({ kty: z.literal('OKP'), crv: z.literal('X25519'), x: z.string(), d: z.string() }),
});

/**
 * Reads `DATA_DIR/instance.json`, or creates it at the first start (mode 0600, fsynced, renamed into place).
 * A directory that is not writable causes a warning: the agent works, and is a new instance after a restart.
 * An existing but unusable file is never replaced silently, because the hub would see another agent.
 * @throws ConfigError `data-dir-damaged`
 */
export async function loadInstanceKey(dataDir: string, logger: Pick<Logger, 'warn'>): Promise<InstanceKey> {
  const path = join(dataDir, FILE);
  const stored = await readStored(path);
  if (stored !== null) return stored;
  const { privateKey } = generateKeyPairSync('x25519');
  const instanceId = randomUUID();
  const jwk = privateKey.export({ format: 'jwk' });
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await replaceFile(path, `${JSON.stringify({ version: 1, instanceId, privateKey: jwk })}\n`, true);
  } catch (error) {
    logger.warn(
      { code: 'data-dir-unwritable' satisfies AgentProblemCode, path, err: error },
      'DATA_DIR cannot be written: this agent will be a new instance after a restart; mount a volume there',
    );
  }
  return toInstanceKey(instanceId, privateKey);
}

async function readStored(path: string): Promise<InstanceKey | null> {
  try {
    const { instanceId, privateKey } = schema.parse(JSON.parse(await readFile(path, 'utf8')));
    return toInstanceKey(instanceId, createPrivateKey({ key: privateKey, format: 'jwk' }));
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null;
    const reason =
      error instanceof Error && 'syscall' in error ? `cannot be read (${codeOf(error)})` : 'is damaged';
    throw new ConfigError(
      'data-dir-damaged',
      `DATA_DIR: ${path} ${reason}: restore it, or delete it to enrol as a new instance`,
      error,
    );
  }
}

function toInstanceKey(instanceId: string, privateKey: KeyObject): InstanceKey {
  const { x } = privateKey.export({ format: 'jwk' });
  if (typeof x !== 'string') throw new TypeError('instance key: not an X25519 key');
  return Object.freeze({ instanceId, privateKey, publicKey: x });
}
