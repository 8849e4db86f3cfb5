import { createPrivateKey, X509Certificate } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { urlAddress } from '../../../protocol/network/url-address.js';
import { lastGood } from './last-good.js';
import { invalid, type Variables } from './variables.js';

/** Address of the Docker Engine; `tls` reads the files on each call. */
export type EngineAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | {
      readonly kind: 'tcp';
      readonly host: string;
      readonly port: number;
      readonly tls: (() => EngineTls) | null;
    };

/** TLS towards an engine on TCP, PEM texts. */
export interface EngineTls {
  /** The only trusted authority; null: the engine's certificate is not verified (`DOCKER_TLS`). */
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

const NEXT_STEP = 'use a path, unix:///path/to.sock or tcp://host:port';

/**
 * `DOCKER_HOST` with `DOCKER_TLS_VERIFY`, `DOCKER_TLS` and `DOCKER_CERT_PATH`, as the docker CLI
 * understands them; a bare path is accepted too. Default `/var/run/docker.sock`.
 * @throws ConfigError `config-invalid`
 */
export function readEngineAddress(variables: Variables): EngineAddress {
  const value = variables.text('DOCKER_HOST') ?? '/var/run/docker.sock';
  if (value.startsWith('/')) return Object.freeze({ kind: 'unix', path: value });
  if (value.startsWith('unix://')) {
    const path = value.slice('unix://'.length);
    if (!path.startsWith('/')) throw invalid('DOCKER_HOST', value, NEXT_STEP);
    return Object.freeze({ kind: 'unix', path });
  }
  const url = value.startsWith('tcp://') && URL.canParse(value) ? new URL(value) : null;
  if (!url?.hostname || url.username || url.password || !['', '/'].includes(url.pathname)) {
    throw invalid('DOCKER_HOST', url?.password ? 'a URL with credentials' : value, NEXT_STEP);
  }
  const tls = readTls(variables);
  return Object.freeze({
    kind: 'tcp',
    host: urlAddress(url).host,
    port: url.port === '' ? (tls ? 2376 : 2375) : Number(url.port),
    tls,
  });
}

/** The CLI's rule: any value of `DOCKER_TLS_VERIFY` turns TLS with verification on, "0" included. */
function readTls(variables: Variables): (() => EngineTls) | null {
  const verify = variables.text('DOCKER_TLS_VERIFY') !== null;
  const folder = variables.text('DOCKER_CERT_PATH');
  if (!verify && variables.text('DOCKER_TLS') === null) {
    if (folder === null) return null;
    throw invalid('DOCKER_CERT_PATH', folder, 'set DOCKER_TLS_VERIFY=1 as well, or remove it');
  }
  const pem = (file: string) =>
    variables.file('DOCKER_CERT_PATH', join(folder ?? join(homedir(), '.docker'), file));
  return lastGood(() => {
    if (folder === null) return Object.freeze({ ca: verify ? pem('ca.pem') : null, cert: null, key: null });
    // dockerode reads all three itself, so all three must exist.
    const [ca, cert, key] = [pem('ca.pem'), pem('cert.pem'), pem('key.pem')];
    return Object.freeze({ ca: verify ? ca : null, cert, key });
  }, isPair);
}

/** Whether certificate and key match: one of them may have been replaced before the other. */
function isPair({ cert, key }: EngineTls): boolean {
  if (cert === null || key === null) return true;
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
