import type { IncomingMessage } from 'node:http';
import { problem } from '../../../protocol/problems.js';
import type { Action, Host, Principal } from '../host.js';
import type { Environment } from '../model/environment.js';
import type { Store } from '../store/store.js';

/** The environment that a call is about; null: none; `own`: the one that the caller is bound to, if any. */
export type AccessTarget = number | null | 'own';

/** A call whose record names its environment, as soon as that is known. */
export interface AdmittedCall {
  environmentId: number | null;
}

/** What an authenticated caller may do: as far as its credentials and the host allow. */
export class Access {
  readonly principal: Principal;
  readonly #host: Host;
  readonly #call: AdmittedCall;

  constructor(host: Host, principal: Principal, call: AdmittedCall) {
    this.#host = host;
    this.principal = principal;
    this.#call = call;
  }

  /** @param environmentId null: of the hub as a whole */
  can(action: Action, environmentId: number | null): boolean {
    const { environmentId: own } = this.principal;
    const isBound = own !== undefined && own !== environmentId;
    return !isBound && this.#host.authorize?.(this.principal, action, environmentId) !== false;
  }

  /** @throws Problem `forbidden` (403) */
  require(action: Action, target: AccessTarget): void {
    if (typeof target === 'number') this.#call.environmentId = target;
    const environmentId = target === 'own' ? (this.principal.environmentId ?? null) : target;
    if (!this.can(action, environmentId)) throw problem('forbidden');
  }

  /** Selects the environments that the caller may read. */
  filter(): (environmentId: number) => boolean {
    return (environmentId) => this.can('read', environmentId);
  }
}

/**
 * Admits a caller: the host authenticates it; the host and its credentials authorize it.
 * @throws Problem `unauthorized` (401), `forbidden` (403)
 */
export async function admit(
  host: Host,
  req: IncomingMessage,
  action: Action,
  target: AccessTarget,
  call: AdmittedCall,
): Promise<Access> {
  const principal = await host.authenticate(req);
  if (!principal) throw problem('unauthorized');
  const access = new Access(host, principal, call);
  access.require(action, target);
  return access;
}

/** The id in a URL; null if malformed. */
export function environmentIdOf(text: string | undefined): number | null {
  return text && /^[1-9][0-9]{0,14}$/.test(text) ? Number(text) : null;
}

/**
 * The environment of a call. Call it after `admit`, so that unknown callers do not learn which exist.
 * @throws Problem `environment-not-found` (404)
 */
export function requireEnvironment(store: Pick<Store, 'environment'>, id: number | null): Environment {
  const environment = id === null ? undefined : store.environment(id);
  if (environment) return environment;
  throw problem('environment-not-found');
}
