import { lstat, readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Adapter } from 'lowdb';
import { removeLeftovers, writeFileDurably } from '../../../../protocol/disk/write-file-durably.js';
import { Problem, problem } from '../../../../protocol/problems.js';
import type { StoreContents } from '../records.js';
import { parseStoreFile, SCHEMA_VERSION } from './store-file.js';

/**
 * A durable file adapter for lowdb: lowdb's own neither fsyncs nor validates. lowdb's presets are not used because they
 * keep everything in memory when `NODE_ENV` is `test`.
 */
export class JsonFileAdapter implements Adapter<StoreContents> {
  readonly #path: string;
  /** Records are replaced, never mutated, so a record's text stays valid. */
  readonly #texts = new WeakMap<object, string>();

  constructor(path: string) {
    this.#path = path;
  }

  /** Null if there is no file yet. @throws Problem `store-damaged`, `store-newer`, `store-unreadable` */
  async read(): Promise<StoreContents | null> {
    try {
      await removeLeftovers(dirname(this.#path), (name) => name === basename(this.#path));
      return parseStoreFile(await readFile(this.#path, 'utf8'), this.#path);
    } catch (cause) {
      if (cause instanceof Problem) throw cause;
      if (Object(cause).code === 'ENOENT' && (await isAbsent(this.#path))) return null;
      throw problem('store-unreadable', { detail: `${this.#path} cannot be opened`, cause });
    }
  }

  write(contents: StoreContents): Promise<void> {
    return writeFileDurably(this.#path, this.#serialize(contents));
  }

  /** One record per line: readable, and most of it is reused between writes. */
  #serialize({ nextEnvironmentId, settings, webhooks, environments }: StoreContents): string {
    const head = {
      schemaVersion: SCHEMA_VERSION,
      nextEnvironmentId,
      settingsRevision: settings.revision,
      settings: settings.settings,
    };
    const lists = `"webhooks":${this.#lines(webhooks)},"environments":${this.#lines(environments)}`;
    return `${JSON.stringify(head).slice(0, -1)},${lists}}\n`;
  }

  #lines(records: readonly object[]): string {
    const lines = records.map((record) => {
      let text = this.#texts.get(record);
      if (text === undefined) {
        text = JSON.stringify(record);
        this.#texts.set(record, text);
      }
      return text;
    });
    return `[\n${lines.join(',\n')}\n]`;
  }
}

/** A dangling link does not count as absent: its disk is missing, and an empty store must not replace it. */
function isAbsent(path: string): Promise<boolean> {
  return lstat(path).then(
    () => false,
    () => true,
  );
}
