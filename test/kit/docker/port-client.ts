import { once } from 'node:events';
import https from 'node:https';
import tls, { type TLSSocket } from 'node:tls';
import type { CreateDockerAccess, DockerAccessCreated } from '../../../plugin/api.js';
import type { TestPlugin } from '../hub/plugin.js';
import type { Scope } from '../scope.js';

/** What a client of the Docker port presents, and trusts. All PEM. */
export interface PortClient {
  readonly ca: string;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** An answer of the Docker port. */
export interface PortAnswer {
  readonly status: number;
  readonly body: { readonly code?: string; readonly message?: string } & Readonly<Record<string, unknown>>;
}

/** Creates an access, and its client. */
export async function makeClient(
  hub: Pick<TestPlugin, 'call'>,
  environmentId: number,
  body: Partial<CreateDockerAccess> = {},
): Promise<PortClient & { readonly access: DockerAccessCreated }> {
  const path = `/api/environments/${environmentId}/docker-access`;
  const { status, body: access } = await hub.call<DockerAccessCreated>('POST', path, {
    name: 'test',
    ...body,
  });
  if (status !== 201) throw new Error(`no access: ${JSON.stringify(access)}`);
  return { access, ca: access.ca, cert: access.certificate, key: access.key };
}

/** Calls the port on a connection of its own. */
export async function callPort(
  { dockerPort }: Pick<TestPlugin, 'dockerPort'>,
  client: PortClient & tls.ConnectionOptions,
  path = '/_ping',
  method = 'GET',
): Promise<PortAnswer> {
  const req = https.request({
    host: '127.0.0.1',
    port: dockerPort ?? 0,
    path,
    method,
    agent: false,
    ...client,
  });
  req.end();
  const [res] = await once(req, 'response');
  const text = Buffer.concat(await res.toArray()).toString();
  return { status: res.statusCode, body: text.startsWith('{') ? JSON.parse(text) : { text } };
}

/** Connects to the port; resolves after the TLS handshake, as the client sees it. */
export async function dialPort(
  t: Scope,
  { dockerPort }: Pick<TestPlugin, 'dockerPort'>,
  options: PortClient & tls.ConnectionOptions,
): Promise<TLSSocket> {
  const socket = tls.connect({ host: '127.0.0.1', port: dockerPort ?? 0, ...options });
  t.teardown(() => void socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}
