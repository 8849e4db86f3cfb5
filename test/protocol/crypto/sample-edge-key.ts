import type { EdgeKey } from '../../../protocol/crypto/edge-key.js';

/** A valid Edge key's content. */
export const KEY = {
  apiUrl: 'https://hub.example:9443/edge',
  tunnelAddress: 'hub.example:8000',
  fingerprint: `${'A'.repeat(43)}=`,
  environmentId: 5,
  secret: 'yuXzVyFR2EDR98lWLQEHVqMUrcU5SO1Hkjb7G3_C8Ag',
} satisfies EdgeKey;

/** The parts of {@link KEY} as they are encoded. */
export const GOOD = [KEY.apiUrl, KEY.tunnelAddress, KEY.fingerprint, `5.${KEY.secret}`] as const;

/** An Edge key from whatever parts, valid or not: the encoder itself refuses bad ones. */
export function pack(...parts: string[]): string {
  return Buffer.from(parts.join('|'), 'utf8').toString('base64');
}
