import { readFile } from 'node:fs/promises';
import { AccessRecords } from './config/access-records.js';
import { configFolder } from './config/folder.js';
import { type Login, Logins } from './config/logins.js';
import { EXIT, Failure } from './failure.js';
import { parseHubAddress } from './hub/address.js';
import { HubClient } from './hub/client.js';
import { DockerAccesses } from './hub/docker-access.js';
import type { Runtime } from './runtime.js';
import { Output } from './terminal/output.js';

/** Options of every command. */
export interface GlobalOptions {
  /** Address of one of several hubs. */
  readonly hub?: string;
  readonly json?: boolean;
}

/** What a command works with: its process, its output, and the user's files. */
export class Session {
  readonly runtime: Runtime;
  readonly output: Output;
  readonly folder: string;
  readonly logins: Logins;
  readonly accessRecords: AccessRecords;

  constructor(runtime: Runtime) {
    this.runtime = runtime;
    this.output = new Output(runtime);
    this.folder = configFolder(runtime);
    this.logins = new Logins(this.folder, (message) => this.output.note(message));
    this.accessRecords = new AccessRecords(this.folder);
  }

  /**
   * The login to use: `--hub`, else `FAIRLEAD_HUB`, else the current one. `FAIRLEAD_TOKEN` replaces a stored token, and
   * `FAIRLEAD_CA` the pinned CA.
   * @throws Failure if there is none
   */
  async login({ hub }: GlobalOptions): Promise<Login> {
    const { env } = this.runtime;
    const named = hub ?? (env.FAIRLEAD_HUB || undefined);
    const url = named === undefined ? undefined : parseHubAddress(named);
    const stored = await this.logins.find(url);
    if (!env.FAIRLEAD_TOKEN) {
      if (stored !== undefined) return stored;
      throw new Failure(url === undefined ? 'Not logged in' : `Not logged in to ${url}`, {
        exitCode: EXIT.unauthorized,
        nextStep: `Run fairlead login ${url ?? 'URL'}`,
      });
    }
    const target = url ?? stored?.url;
    if (target === undefined)
      throw new Failure('FAIRLEAD_TOKEN is set without FAIRLEAD_HUB', {
        exitCode: EXIT.usage,
        nextStep: 'Set FAIRLEAD_HUB to the address of the hub',
      });
    const ca = env.FAIRLEAD_CA ? await readFile(env.FAIRLEAD_CA, 'utf8') : (stored?.ca ?? null);
    return { url: target, ca, token: env.FAIRLEAD_TOKEN, tokenId: null };
  }

  /** A client for the login to use. @throws Failure if there is none */
  async client(options: GlobalOptions): Promise<HubClient> {
    return this.clientOf(await this.login(options));
  }

  clientOf(login: Pick<Login, 'url' | 'ca'> & { readonly token: string | null }): HubClient {
    return new HubClient(login, this.runtime.interrupted);
  }

  accesses(hub: HubClient): DockerAccesses {
    return new DockerAccesses(hub, this.accessRecords, this.runtime.clock);
  }
}
