import { AccessRecords } from './config/access-records.js';
import { configFolder } from './config/folder.js';
import { type Login, Logins } from './config/logins.js';
import { EXIT, Failure } from './failure.js';
import { parseHubAddress } from './hub/address.js';
import { readCaFile } from './hub/ca-file.js';
import { HubClient } from './hub/client.js';
import { DockerAccesses } from './hub/docker-access.js';
import type { Runtime } from './runtime.js';
import { Output } from './terminal/output.js';

/** Options of every command. */
export interface GlobalOptions {
  /** Address of one of several hubs. */
  readonly hub?: string | undefined;
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
  async login(options: GlobalOptions): Promise<Login> {
    const { env } = this.runtime;
    const url = this.namedHub(options);
    if (!env.FAIRLEAD_TOKEN) return this.storedLogin(url);
    const stored = await this.logins.find(url);
    const target = url ?? stored?.url;
    if (target === undefined)
      throw new Failure('FAIRLEAD_TOKEN is set without FAIRLEAD_HUB', {
        exitCode: EXIT.usage,
        nextStep: 'Set FAIRLEAD_HUB to the address of the hub',
      });
    const ca = env.FAIRLEAD_CA ? await readCaFile(env.FAIRLEAD_CA) : (stored?.ca ?? null);
    return { url: target, ca, token: env.FAIRLEAD_TOKEN, tokenId: null };
  }

  /**
   * The login of a hub that a file names. `FAIRLEAD_TOKEN` is for the hub that {@link login} uses, and goes to no other.
   * @throws Failure if there is none
   */
  async loginOf(url: string, options: GlobalOptions): Promise<Login> {
    const isUsual = (this.namedHub(options) ?? (await this.logins.find())?.url) === url;
    return isUsual ? this.login(options) : this.storedLogin(url);
  }

  /** The stored login of a hub, or of the current one. @throws Failure if there is none */
  async storedLogin(url?: string): Promise<Login> {
    const stored = await this.logins.find(url);
    if (stored !== undefined) return stored;
    throw new Failure(url === undefined ? 'Not logged in' : `Not logged in to ${url}`, {
      exitCode: EXIT.unauthorized,
      nextStep: `Run fairlead login ${url ?? 'URL'}`,
    });
  }

  /** The URL of the hub of `--hub`, else of `FAIRLEAD_HUB`. */
  namedHub({ hub = this.runtime.env.FAIRLEAD_HUB }: GlobalOptions): string | undefined {
    return hub ? parseHubAddress(hub) : undefined;
  }

  /** A client for the login to use. @throws Failure if there is none */
  async client(options: GlobalOptions): Promise<HubClient> {
    return this.clientOf(await this.login(options));
  }

  clientOf(login: Pick<Login, 'url' | 'ca'> & { readonly token: string | null }): HubClient {
    return new HubClient(login, this.runtime.interrupted);
  }

  accesses(hub: HubClient): DockerAccesses {
    const note = (text: string) => this.output.note(text);
    return new DockerAccesses({ hub, records: this.accessRecords, clock: this.runtime.clock, note });
  }
}
