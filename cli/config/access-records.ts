import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../protocol/problems/problem.js';
import { ACCESS_FIELDS } from '../hub/access-fields.js';
import { readPrivateFile, writePrivateFile } from './private-file.js';

/** An access to a Docker port that this machine created, without its key. */
export interface AccessRecord {
  readonly id: string;
  /** The hub's URL, as in its login. */
  readonly url: string;
  readonly environmentId: number;
  /** `tcp://host:port`. */
  readonly host: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

/** One file for each access, so that processes that run at the same time do not overwrite each other. `logout` revokes them. */
export class AccessRecords {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = join(folder, 'accesses');
  }

  add(record: AccessRecord): Promise<void> {
    return writePrivateFile(this.#path(record.id), `${JSON.stringify(record)}\n`);
  }

  remove(id: string): Promise<void> {
    return rm(this.#path(id), { force: true });
  }

  /** Those of a hub. */
  async of(url: string): Promise<AccessRecord[]> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
      throw error;
    });
    const records: AccessRecord[] = [];
    for (const name of names.filter((candidate) => candidate.endsWith('.json'))) {
      // It may have been removed meanwhile, or be damaged.
      const text = await readPrivateFile(join(this.#folder, name), () => undefined).catch(() => undefined);
      const record = text === undefined ? undefined : parse(text);
      if (record?.url === url) records.push(record);
    }
    return records;
  }

  #path(id: string): string {
    // The hub chooses the id.
    return join(this.#folder, `${id.replaceAll(/[^\w-]/g, '_')}.json`);
  }
}

function parse(text: string): AccessRecord | undefined {
  try {
    const record = JSON.parse(text) as AccessRecord;
    const { id, environmentId, host, expiresAt } = record;
    const isValid =
      ACCESS_FIELDS.id(id) &&
      ACCESS_FIELDS.environmentId(environmentId) &&
      ACCESS_FIELDS.host(host) &&
      ACCESS_FIELDS.time(expiresAt);
    return isValid ? record : undefined;
  } catch {
    return undefined;
  }
}
