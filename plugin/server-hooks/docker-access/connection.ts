import { shellWord } from '../model/shell-word.js';

/** What a Docker client needs besides the certificates. */
export interface DockerConnection {
  /** For `DOCKER_HOST`: `tcp://hub.example:2376`. */
  readonly host: string;
  readonly context: { readonly name: string; readonly host: string; readonly description: string };
  /** Ready to paste, in the folder that has `ca.pem`, `cert.pem` and `key.pem`. */
  readonly commands: { readonly context: string; readonly environment: string };
}

const MAX_NAME = 64;

/** @param address `host:port` of the Docker port, IPv6 in brackets */
export function dockerConnection(
  environment: { readonly id: number; readonly name: string },
  node: string | null,
  address: string,
): DockerConnection {
  const host = `tcp://${address}`;
  const name = contextName(environment, node);
  const description = `Fairlead: ${environment.name}${node === null ? '' : `, node ${node}`}`;
  const endpoint = `host=${host},ca=ca.pem,cert=cert.pem,key=key.pem`;
  return {
    host,
    context: { name, host, description },
    commands: {
      context: ['docker', 'context', 'create', name, '--docker', endpoint].map(shellWord).join(' '),
      environment: `export DOCKER_HOST=${shellWord(host)} DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$PWD"`,
    },
  };
}

/** A name that `docker context create` accepts: letters, digits, `_.+-`, at least two of them. */
function contextName({ id, name }: { readonly id: number; readonly name: string }, node: string | null) {
  const words = (node === null ? name : `${name}-${node}`)
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9_.+-]+/g, '-');
  const trimmed = words.replace(/^[^A-Za-z0-9]+|-+$/g, '').slice(0, MAX_NAME);
  return trimmed.length < 2 || trimmed === 'default' ? `environment-${id}` : trimmed;
}
