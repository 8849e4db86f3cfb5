import { createHmac, timingSafeEqual } from 'node:crypto';
import type { DataFile } from '../data-file.js';

/** Marks a browser that signed in before. Not a credential: it only prevents others from using up its attempts. */
export const DEVICE_COOKIE = '__Host-fairlead-device';
const ID = /^([\w-]{22})\.([\w-]{43})$/;

/** Proofs that a device signed in with the current password; nothing is stored. */
export class Devices {
  readonly #data: DataFile;
  readonly #randomBytes: (size: number) => Buffer;

  constructor(data: DataFile, randomBytes: (size: number) => Buffer) {
    this.#data = data;
    this.#randomBytes = randomBytes;
  }

  /** The cookie's value after a sign-in; a device keeps its id. */
  mark(id: string | null): string {
    const kept = id ?? this.#randomBytes(16).toString('base64url');
    return `${kept}.${this.#proof(kept).toString('base64url')}`;
  }

  /** The id in a cookie's value; null if the value is invalid. */
  identify(value: string | undefined): string | null {
    const [, id, proof] = ID.exec(value ?? '') ?? [];
    if (id === undefined || proof === undefined) return null;
    const given = Buffer.from(proof, 'base64url');
    const expected = this.#proof(id);
    return given.length === expected.length && timingSafeEqual(given, expected) ? id : null;
  }

  #proof(id: string): Buffer {
    const { sessionSecret, passwordHash } = this.#data.current;
    const secret = Buffer.from(sessionSecret, 'base64url');
    return createHmac('sha256', secret).update(`device ${id} ${passwordHash}`).digest();
  }
}
