import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Scope } from '../scope.js';
import { tempFolder } from '../temp-folder.js';
import { type ApiClient, apiClient } from './api-client.js';

/** A hub as its admin sees it at one address: its own, or a proxy's. Paths of calls are relative to `origin`: `/edge/api/…`. */
export interface HubApi extends ApiClient {
  /** `https://<host>:<port>`. */
  readonly origin: string;
  /** A session's token. */
  readonly token: string;
  /**
   * Arguments that make the docker client speak to an environment through this hub; the folder with CA
   * and token goes with the test.
   */
  dockerArgs(environmentId: number): Promise<string[]>;
}

/** Signs in at `origin`. `caPem` is what docker clients trust there; default: what the hub gives as its CA. */
export async function signIn(
  t: Scope,
  { origin, password, caPem }: { origin: string; password: string; caPem?: string },
): Promise<HubApi> {
  const anyone = apiClient({ url: origin, token: null });
  const session = await anyone.call<{ token?: string }>('POST', '/api/session', { password });
  const { token } = session.body;
  if (token === undefined) throw new Error(`not signed in: ${JSON.stringify(session.body)}`);
  return hubApi(t, { origin, token, ...(caPem === undefined ? {} : { caPem }) });
}

/** The API at `origin` with this token; `caPem` as for {@link signIn}. */
export function hubApi(
  t: Scope,
  { origin, token, caPem }: { origin: string; token: string; caPem?: string },
): HubApi {
  const client = apiClient({ url: origin, mount: '/edge', token });
  return {
    ...client,
    origin,
    token,
    dockerArgs: async (environmentId) => {
      const folder = await tempFolder(t);
      const ca = caPem ?? (await client.call<string>('GET', '/edge/api/ca.pem')).body;
      await writeFile(join(folder, 'ca.pem'), ca);
      const config = { HttpHeaders: { Authorization: `Bearer ${token}` } };
      await writeFile(join(folder, 'config.json'), JSON.stringify(config));
      const url = `${origin.replace('https:', 'tcp:')}/edge/api/environments/${environmentId}/docker`;
      return ['--config', folder, '--tlsverify', '--tlscacert', join(folder, 'ca.pem'), '-H', url];
    },
  };
}
