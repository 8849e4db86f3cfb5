import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { writeFileDurably } from './write-file-durably.js';

const TokenRecord = z.object({
  id: z.string(),
  name: z.string(),
  /** SHA-256 of the token, base64url. The token has 256 random bits, so that a slow hash adds nothing. */
  hash: z.string(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  environmentId: z.number().nullable(),
});

const HostState = z.object({
  schemaVersion: z.literal(1),
  /** PHC string of the admin's password; null before the first start has made one. */
  passwordHash: z.string().nullable(),
  /** 32 random bytes, base64url: what session keys are derived from. */
  sessionSecret: z.string(),
  /** Sessions ended before their time. Kept until they would have ended anyway. */
  revokedSessions: z.array(z.object({ id: z.string(), expiresAt: z.string() })),
  tokens: z.array(TokenRecord),
});

/** A stored API token: everything but the token. Times are RFC 3339. */
export type TokenRecord = z.infer<typeof TokenRecord>;

/** All that the host remembers. */
export type HostState = z.infer<typeof HostState>;

/**
 * The host's own small store: one JSON file, readable by its owner only. A change is on disk
 * (temp file, fsync, rename) before it is seen, and before `update` resolves.
 */
export class HostData {
  readonly #file: string;
  #state: HostState;
  #lastWrite: Promise<unknown> = Promise.resolve();

  private constructor(file: string, state: HostState) {
    this.#file = file;
    this.#state = state;
  }

  /**
   * Reads `file`, or begins with `initial` where there is none yet.
   * @throws what reading or parsing throws, a file of a newer version included: better to stop than to overwrite.
   */
  static async open(file: string, initial: () => HostState): Promise<HostData> {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    return new HostData(file, text === null ? initial() : HostState.parse(JSON.parse(text)));
  }

  get current(): Readonly<HostState> {
    return this.#state;
  }

  /** Applies `change` after all earlier ones. A failed write changes nothing and rejects this caller alone. */
  async update(change: (state: Readonly<HostState>) => HostState): Promise<void> {
    const write = this.#lastWrite.then(async () => {
      const next = change(this.#state);
      await writeFileDurably(this.#file, `${JSON.stringify(next, null, 2)}\n`);
      this.#state = next;
    });
    this.#lastWrite = write.catch(() => undefined);
    await write;
  }
}
