import type { EnvironmentView } from '../../plugin/api.js';
import { Failure } from '../failure.js';
import type { HubClient } from '../hub/client.js';
import type { DockerAccesses } from '../hub/docker-access.js';
import { printable } from '../terminal/printable.js';
import { contextNameOf } from './context-name.js';
import type { ContextStore } from './context-store.js';

export interface ContextOptions {
  /** What the access is for, as the hub lists it. */
  readonly accessName: string;
  /** Id or name of a Swarm node. */
  readonly node?: string | undefined;
  /** Default: made from the environment's name, and the node's. */
  readonly contextName?: string | undefined;
  /** Replace a context that is not ours. */
  readonly isForced?: boolean | undefined;
}

/** A context that was made or renewed. */
export interface MadeContext {
  readonly context: string;
  readonly environment: string;
  readonly isNew: boolean;
  /** RFC 3339. */
  readonly expiresAt: string;
}

/** Makes or renews the Docker contexts of environments. */
export class EnvironmentContexts {
  readonly #hub: HubClient;
  readonly #accesses: DockerAccesses;
  readonly #store: ContextStore;

  constructor(hub: HubClient, accesses: DockerAccesses, store: ContextStore) {
    this.#hub = hub;
    this.#accesses = accesses;
    this.#store = store;
  }

  /**
   * Gives an environment's context a new certificate, and revokes the former one.
   * @throws Failure if the name belongs to a context of another origin
   */
  async make(environment: EnvironmentView, options: ContextOptions): Promise<MadeContext> {
    const { accessName, node, isForced = false } = options;
    const name = options.contextName ?? (await this.#freeName(environment, node));
    const former = await this.#store.find(name);
    const isOurs = former?.origin?.hub === this.#hub.url && former.origin.environmentId === environment.id;
    if (former !== undefined && !isOurs && !isForced)
      throw new Failure(`There is a Docker context ${name} of another origin`, {
        nextStep: 'Choose another name with --as, or replace it with --force',
      });
    const place = node === undefined ? environment.name : `node ${node} of ${environment.name}`;
    const { url } = this.#hub;
    const { expiresAt } = await this.#accesses.createFor(
      environment,
      { name: accessName, node },
      async (access) => {
        await this.#store.save(name, `Fairlead: ${printable(place)} (${url})`, access, url);
        return access;
      },
    );
    if (former?.origin?.hub === url) {
      const { accessId: id, environmentId } = former.origin;
      await this.#accesses.discard({ id, environmentId });
    }
    const isNew = former === undefined;
    return { context: name, environment: environment.name, isNew, expiresAt };
  }

  /** Two environments' names may fit to the same name: the second one gets its id appended. */
  async #freeName(environment: EnvironmentView, node: string | undefined): Promise<string> {
    const { id, name } = environment;
    const fitted = contextNameOf({ id, name: node === undefined ? name : `${name}-${node}` });
    const holder = await this.#store.find(fitted);
    const isOtherOfOurs = holder?.origin?.hub === this.#hub.url && holder.origin.environmentId !== id;
    return isOtherOfOurs ? `${fitted}-${id}` : fitted;
  }
}
