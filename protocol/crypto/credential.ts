import { CompactEncrypt, compactDecrypt } from 'jose';
import * as z from 'zod/mini';
import { problem } from '../problems/agent.js';

const schema = z.object({
  /** Environment id. */
  env: z.int().check(z.positive()),
  /** Instance the credential was made for. */
  instance: z.string(),
  /** Swarm node id, or null. */
  node: z.nullable(z.string()),
  /** The environment's generation when it was made. */
  generation: z.int(),
  purpose: z.enum(['environment', 'node']),
  /** Milliseconds since the epoch by the hub's clock. */
  exp: z.int(),
  /** 256 random bits, base64url: what the agent presents. */
  token: z.string().check(z.minLength(43), z.maxLength(43)),
});

/** The one-time right to open a tunnel: the JWE's plaintext. */
export type Credential = z.infer<typeof schema>;

/**
 * Seals a credential as a compact JWE (RFC 7516), `dir` + `A256GCM`, with the key derived for
 * `credential`. `kid` names environment and key generation: `5.1`.
 */
export async function sealCredential(key: Uint8Array, kid: string, credential: Credential): Promise<string> {
  return new CompactEncrypt(Buffer.from(JSON.stringify(credential)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid })
    .encrypt(key);
}

/**
 * Opens a sealed credential and checks that it is meant for this agent.
 * @throws Problem `credential-unreadable` when the key is wrong or the content is malformed;
 *   `credential-foreign` when it was made for another environment, instance or purpose
 */
export async function openCredential(
  key: Uint8Array,
  sealed: string,
  expected: Pick<Credential, 'env' | 'instance' | 'purpose'>,
): Promise<Credential> {
  let credential: Credential;
  try {
    const { plaintext } = await compactDecrypt(sealed, key, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
      maxDecompressedLength: 0,
    });
    credential = schema.parse(JSON.parse(Buffer.from(plaintext).toString('utf8')));
  } catch (cause) {
    throw problem('credential-unreadable', { cause });
  }
  const { env, instance, purpose } = expected;
  if (credential.env !== env || credential.instance !== instance || credential.purpose !== purpose) {
    throw problem('credential-foreign');
  }
  return credential;
}
