import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../protocol/problems/problem.js';
import { ACCESS_FIELDS } from '../hub/access-fields.js';
import { isHubUrl } from '../hub/address.js';
import type { DockerAccess } from '../hub/docker-access.js';
import type { Runtime } from '../runtime.js';
import { writeCertificates } from './write-certificates.js';

/** What a context of ours says about itself, in its metadata. */
export interface ContextOrigin {
  readonly hub: string;
  readonly environmentId: number;
  readonly accessId: string;
}

/** A Docker context. */
export interface DockerContext {
  readonly name: string;
  /** Undefined: it is not ours. */
  readonly origin: ContextOrigin | undefined;
}

/** `meta.json` of Docker. */
interface Meta {
  readonly Name: string;
  readonly Metadata: { readonly Description?: string; readonly Fairlead?: ContextOrigin };
  readonly Endpoints: Readonly<Record<string, { readonly Host: string; readonly SkipTLSVerify: boolean }>>;
}

/** Docker's configuration folder of this user. */
export function dockerFolder({ env, homeFolder }: Pick<Runtime, 'env' | 'homeFolder'>): string {
  return env.DOCKER_CONFIG || join(homeFolder, '.docker');
}

/**
 * Docker's contexts as files, below `contexts/` of its folder: `meta/<id>/meta.json` and `tls/<id>/docker/*.pem`, where the
 * id is the SHA-256 of the name. So neither creating nor renewing one needs the docker client.
 */
export class ContextStore {
  readonly #dockerFolder: string;

  constructor(dockerFolder: string) {
    this.#dockerFolder = dockerFolder;
  }

  get #folder(): string {
    return join(this.#dockerFolder, 'contexts');
  }

  async find(name: string): Promise<DockerContext | undefined> {
    const context = await this.#read(idOf(name));
    // Docker finds it by its folder, whatever its metadata say.
    return context && { name, origin: context.origin };
  }

  /** The name of the one that `docker context use` chose; undefined: the default one, or an unreadable configuration. */
  async current(): Promise<string | undefined> {
    try {
      const { currentContext } = JSON.parse(await readFile(join(this.#dockerFolder, 'config.json'), 'utf8'));
      return currentContext;
    } catch {
      return undefined;
    }
  }

  /** Our contexts for a hub. */
  async of(hub: string): Promise<DockerContext[]> {
    const ids = await readdir(join(this.#folder, 'meta')).catch(() => []);
    const contexts = await Promise.all(ids.map((id) => this.#read(id)));
    return contexts.filter((context) => context?.origin?.hub === hub) as DockerContext[];
  }

  /** Creates or replaces a context. A docker client that reads it meanwhile may get an error, never half of a file. */
  async save(name: string, description: string, access: DockerAccess, hub: string): Promise<void> {
    const id = idOf(name);
    const { environmentId, id: accessId, host } = access;
    const meta: Meta = {
      Name: name,
      Metadata: { Description: description, Fairlead: { hub, environmentId, accessId } },
      Endpoints: { docker: { Host: host, SkipTLSVerify: false } },
    };
    await this.#replace(join('tls', id), 0o700, async (folder) => {
      await mkdir(join(folder, 'docker'), { mode: 0o700 });
      await writeCertificates(join(folder, 'docker'), access);
    });
    await this.#replace(join('meta', id), 0o755, (folder) =>
      writeFile(join(folder, 'meta.json'), JSON.stringify(meta), { mode: 0o644 }),
    );
  }

  async remove(name: string): Promise<void> {
    const id = idOf(name);
    for (const kind of ['meta', 'tls'])
      await rm(join(this.#folder, kind, id), { recursive: true, force: true });
  }

  /** Metadata that are damaged, or not as we write them, are of a context that is not ours. */
  async #read(id: string): Promise<DockerContext | undefined> {
    try {
      const text = await readFile(join(this.#folder, 'meta', id, 'meta.json'), 'utf8');
      const { Name, Metadata } = JSON.parse(text) as Meta;
      return { name: String(Name), origin: idOf(String(Name)) === id ? readOrigin(Metadata) : undefined };
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
      return { name: '', origin: undefined };
    }
  }

  /** Fills a new folder, and puts it in place of the former one. */
  async #replace(name: string, mode: number, fill: (folder: string) => Promise<void>): Promise<void> {
    const target = join(this.#folder, name);
    // Outside of `meta` and `tls`, whose folders Docker takes for contexts.
    const made = join(this.#folder, `.fairlead-${randomBytes(6).toString('hex')}`);
    await mkdir(join(target, '..'), { recursive: true, mode });
    try {
      await mkdir(made, { mode });
      await fill(made);
      await rm(target, { recursive: true, force: true });
      await rename(made, target);
    } finally {
      await rm(made, { recursive: true, force: true });
    }
  }
}

function readOrigin(metadata: Meta['Metadata'] | undefined): ContextOrigin | undefined {
  const { hub, environmentId, accessId } = metadata?.Fairlead ?? {};
  const isOurs = isHubUrl(hub) && ACCESS_FIELDS.environmentId(environmentId) && ACCESS_FIELDS.id(accessId);
  return isOurs ? { hub, environmentId, accessId } : undefined;
}

function idOf(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}
