import { createHash, hkdfSync } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';
import type { Clock } from '../../../protocol/time/clock.js';

export interface SealedAnswersOptions {
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Buffer;
}

interface Sealed {
  readonly jwe: string;
  readonly cancel: () => void;
}

/** How long an answer can be repeated, ms. */
const KEPT_MS = 15 * 60_000;
/** A few kilobytes each; the oldest is evicted first. */
const MAX_ANSWERS = 5_000;

/**
 * Keeps answers that contain a secret, for repeated messages. In memory only, and encrypted: the key is derived from
 * the answered message, which is not kept. So memory alone does not reveal the answer, and another message under the
 * same name does not open it.
 */
export class SealedAnswers {
  readonly #options: SealedAnswersOptions;
  readonly #salt: Buffer;
  readonly #answers = new Map<string, Sealed>();
  #isStopped = false;

  constructor(options: SealedAnswersOptions) {
    this.#options = options;
    this.#salt = options.randomBytes(32);
  }

  /** Forgets all answers permanently; safe to call twice. */
  stop(): void {
    this.#isStopped = true;
    for (const name of [...this.#answers.keys()]) this.#forget(name);
  }

  /** @param name of the message; @param message its bytes; @param answer any JSON value */
  async keep(name: string, message: Buffer, answer: unknown): Promise<void> {
    const jwe = await new CompactEncrypt(Buffer.from(JSON.stringify(answer)))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(this.#key(name, message));
    if (this.#isStopped) return;
    this.#forget(name);
    const cancel = this.#options.clock.after(KEPT_MS, () => this.#forget(name));
    this.#answers.set(name, { jwe, cancel });
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > MAX_ANSWERS && oldest !== undefined) this.#forget(oldest);
  }

  /** The answer that {@link keep} stored for this message; undefined: none, expired, or other bytes. */
  async open(name: string, message: Buffer): Promise<unknown> {
    const sealed = this.#answers.get(name);
    if (!sealed) return undefined;
    try {
      const { plaintext } = await compactDecrypt(sealed.jwe, this.#key(name, message), {
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
      });
      return JSON.parse(Buffer.from(plaintext).toString('utf8'));
    } catch {
      return undefined;
    }
  }

  #key(name: string, message: Buffer): Uint8Array {
    const digest = createHash('sha256').update(message).digest();
    return new Uint8Array(hkdfSync('sha256', digest, this.#salt, `fairlead/1 answer ${name}`, 32));
  }

  #forget(name: string): void {
    this.#answers.get(name)?.cancel();
    this.#answers.delete(name);
  }
}
