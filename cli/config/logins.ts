import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../failure.js';
import { withFileLock } from './file-lock.js';
import { readPrivateFile, writePrivateFile } from './private-file.js';

/** One hub this machine is logged in to. */
export interface Login {
  /** The plugin's base URL, such as `https://hub.example:9443/edge`. */
  readonly url: string;
  /** PEM of the pinned CA; null: certificates of public authorities. */
  readonly ca: string | null;
  readonly token: string;
  /** To revoke it; null if the user brought the token. */
  readonly tokenId: string | null;
}

interface LoginFile {
  /** URL of the hub that is used without `--hub`. */
  readonly current: string | null;
  readonly logins: readonly Login[];
}

const EMPTY: LoginFile = { current: null, logins: [] };

/** The file `hubs.json`: the hubs of this user, with their tokens. */
export class Logins {
  readonly #path: string;
  readonly #warn: (message: string) => void;

  constructor(folder: string, warn: (message: string) => void) {
    this.#path = join(folder, 'hubs.json');
    this.#warn = warn;
  }

  /** The login of a hub, or of the current one. */
  async find(url?: string): Promise<Login | undefined> {
    const { current, logins } = await this.#read();
    return logins.find((login) => login.url === (url ?? current));
  }

  /** Adds or replaces a login, and makes it the current one. */
  save(login: Login): Promise<void> {
    return withFileLock(this.#path, async () => {
      const { logins } = await this.#read();
      await this.#write({
        current: login.url,
        logins: [...logins.filter(({ url }) => url !== login.url), login],
      });
    });
  }

  /** Forgets a login; the one before becomes the current one. */
  remove(url: string): Promise<void> {
    return withFileLock(this.#path, async () => {
      const { current, logins } = await this.#read();
      const left = logins.filter((login) => login.url !== url);
      if (left.length === 0) await rm(this.#path, { force: true });
      else
        await this.#write({ current: current === url ? (left.at(-1)?.url ?? null) : current, logins: left });
    });
  }

  async #read(): Promise<LoginFile> {
    const text = await readPrivateFile(this.#path, this.#warn);
    if (text === undefined) return EMPTY;
    try {
      const file = JSON.parse(text) as LoginFile;
      if (Array.isArray(file.logins)) return file;
    } catch {
      // Reported below, as any other content.
    }
    throw new Failure(`${this.#path} is damaged`, {
      nextStep: `Remove it, then run fairlead login again`,
    });
  }

  #write(file: LoginFile): Promise<void> {
    return writePrivateFile(this.#path, `${JSON.stringify(file, null, 2)}\n`);
  }
}
