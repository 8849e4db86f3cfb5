import { lstat, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { Logger } from '../plugin/server-hooks/host.js';
import { writeFileDurably } from '../protocol/disk/write-file-durably.js';
import { problem } from '../protocol/problems.js';
import { type Clock, systemClock } from '../protocol/time/clock.js';

const SCHEMA_VERSION = 1;
/** Retry interval after a failed write, ms. */
const RETRY_MS = 5_000;

const TokenRecord = z.object({
  id: z.string(),
  name: z.string(),
  /** SHA-256 of the token, base64url. The token has 256 random bits, so a slow hash adds nothing. */
  hash: z.string(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  environmentId: z.number().nullable(),
});

const HostState = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  /** PHC string of the admin's password; null before the first start. */
  passwordHash: z.string().nullable(),
  /** 32 random bytes, base64url: session keys are derived from it. */
  sessionSecret: z.string(),
  /** Revoked sessions, kept until they would have expired. */
  revokedSessions: z.array(z.object({ id: z.string(), expiresAt: z.string() })),
  tokens: z.array(TokenRecord),
  /** Ids of the plugins that an admin switched off. */
  disabledPlugins: z.array(z.string()).default([]),
});

/** A stored API token: everything but the token. Times are RFC 3339. */
export type TokenRecord = z.infer<typeof TokenRecord>;

/** The host's persistent state. */
export type HostState = z.infer<typeof HostState>;

/**
 * The host's own small store: one JSON file, readable by its owner only. A change is on disk
 * (temp file, fsync, rename) before it is visible, and before `update` resolves.
 */
export class DataFile {
  readonly #file: string;
  readonly #logger: Logger;
  #state: HostState;
  #lastWrite: Promise<unknown> = Promise.resolve();
  readonly #clock: Clock;
  #cancelRetry: (() => void) | null = null;
  readonly #listeners = new Set<() => void>();

  private constructor(file: string, state: HostState, logger: Logger, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
    this.#state = state;
    this.#logger = logger;
  }

  /**
   * Reads `file`, or starts with `initial` if it does not exist.
   * @throws {Error} of the file system; or for a damaged or newer file, which is never overwritten
   */
  static async open(
    file: string,
    initial: () => HostState,
    logger: Logger,
    clock: Clock = systemClock,
  ): Promise<DataFile> {
    const folder = dirname(file);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // A killed process may have left the temp file of a write.
    const leftovers = (await readdir(folder)).filter((name) =>
      /^\.[0-9]+$/.test(extra(name, basename(file))),
    );
    for (const name of leftovers) await rm(join(folder, name), { force: true });
    const text = await readFile(file, 'utf8').catch(async (error: NodeJS.ErrnoException) => {
      // A dangling link: its disk is missing, not the file.
      const isLink = await lstat(file).catch(() => null);
      if (error.code === 'ENOENT' && isLink === null) return null;
      throw error;
    });
    return new DataFile(file, text === null ? initial() : parse(text, file), logger, clock);
  }

  get current(): Readonly<HostState> {
    return this.#state;
  }

  /** Whether the last write failed. */
  get isFailing(): boolean {
    return this.#cancelRetry !== null;
  }

  /** Called after each change is on disk, before `update` resolves. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Stops retries. Safe to call twice. */
  close(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
  }

  /**
   * Applies `change` after all earlier ones. A failed write changes nothing and rejects this caller only.
   * @throws {Problem} `store-unwritable` (503); errors of `change`
   */
  async update(change: (state: Readonly<HostState>) => HostState): Promise<void> {
    const write = this.#lastWrite.then(async () => {
      const next = change(this.#state);
      await this.#write(next);
      this.#state = next;
      for (const listener of this.#listeners) listener();
    });
    this.#lastWrite = write.catch(() => undefined);
    await write;
  }

  async #write(state: HostState): Promise<void> {
    try {
      await writeFileDurably(this.#file, `${JSON.stringify(state, null, 2)}\n`);
    } catch (error) {
      if (!this.isFailing) this.#logger.error({ err: error }, "the host's data cannot be written");
      this.close();
      this.#cancelRetry = this.#clock.after(
        RETRY_MS,
        () => void this.update((now) => now).catch(() => undefined),
      );
      throw problem('store-unwritable');
    }
    if (this.isFailing) this.#logger.info({}, "the host's data can be written again");
    this.close();
  }
}

/** The part of `name` after the prefix `beginning`; empty if it does not start with it. */
function extra(name: string, beginning: string): string {
  return name.startsWith(beginning) ? name.slice(beginning.length) : '';
}

/** The message names the member, never a value: the file contains secrets. */
function parse(text: string, file: string): HostState {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${file} is damaged: it is not JSON; restore a backup`);
  }
  const version: unknown = Object(value).schemaVersion;
  if (typeof version === 'number' && version > SCHEMA_VERSION) {
    throw new Error(
      `${file} was written by a newer version (schema ${version}, this one knows ${SCHEMA_VERSION})`,
    );
  }
  const { data, error } = HostState.safeParse(value);
  if (data) return data;
  throw new Error(
    `${file} is damaged: ${error.issues[0]?.path.join('.') || 'its structure'}; restore a backup`,
  );
}
