import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { issueServerCertificate, makeAuthority } from '../../../protocol/certificates/authority.js';
import { startChild } from '../../kit/child.js';
import { freePort } from '../../kit/free-port.js';
import type { Hub } from '../../kit/hub/hub.js';
import type { Scope } from '../../kit/scope.js';
import { tempFolder } from '../../kit/temp-folder.js';
import { until } from '../../kit/until.js';

/** A sample in `deploy/`, as a running proxy before a hub. */
export interface ReverseProxy {
  readonly origin: string;
  /** Where it passes tunnels on; null where the sample leaves them alone. */
  readonly tunnelPort: number | null;
  /** The authority of its certificate, as PEM and as a file. */
  readonly caPem: string;
  readonly caFile: string;
}

const LISTENS_WITHIN_MS = 30_000;
const NGINX = 'daemon off; master_process off; error_log stderr; events {}';

/** How each sample is made a program's configuration, and how the program is started. */
const PROXIES = {
  'nginx-http': {
    sample: 'deploy/nginx/fairlead-http.conf',
    complete: (site: string, folder: string) =>
      `${NGINX} pid ${folder}/pid; http { access_log off; ${site} }`,
    program: 'nginx',
    args: (file: string) => ['-c', file],
  },
  'nginx-stream': {
    sample: 'deploy/nginx/fairlead-stream.conf',
    complete: (streams: string, folder: string) =>
      `load_module /usr/lib/nginx/modules/ngx_stream_module.so; ${NGINX} pid ${folder}/pid; ${streams}`,
    program: 'nginx',
    args: (file: string) => ['-c', file],
  },
  haproxy: {
    sample: 'deploy/haproxy/haproxy.cfg',
    complete: (text: string) => text,
    program: 'haproxy',
    args: (file: string) => ['-db', '-f', file],
  },
  caddy: {
    sample: 'deploy/caddy/Caddyfile',
    // A given certificate replaces one from a public authority.
    complete: (text: string, folder: string) =>
      `{\nadmin off\nauto_https disable_redirects\n}\n${text.replace(
        /^https:.*\{$/m,
        `$&\ntls ${folder}/cert.pem ${folder}/key.pem`,
      )}`,
    program: 'caddy',
    args: (file: string) => ['run', '--adapter', 'caddyfile', '--config', file],
  },
} as const;

export type ProxyName = keyof typeof PROXIES;
export const PROXY_NAMES = Object.keys(PROXIES) as ProxyName[];

/** Starts a sample on free loopback ports, with its own names, paths and ports, and otherwise as `edit` leaves it. */
export async function startReverseProxy(
  t: Scope,
  name: ProxyName,
  hub: Hub,
  edit: (sample: string) => string = (sample) => sample,
): Promise<ReverseProxy> {
  const { sample, complete, program, args } = PROXIES[name];
  const folder = await tempFolder(t);
  const authority = await makeAuthority(randomBytes);
  const { certificate, key } = await issueServerCertificate(
    authority,
    ['localhost'],
    Date.now(),
    randomBytes,
  );
  const [caFile, file] = [join(folder, 'ca.pem'), join(folder, 'proxy.conf')];
  await writeFile(caFile, authority.certificate);
  await writeFile(join(folder, 'cert.pem'), certificate);
  await writeFile(join(folder, 'key.pem'), key);
  await writeFile(join(folder, 'both.pem'), certificate + key);
  const [port, tunnelPort] = await Promise.all([freePort(), freePort()]);
  const template = edit(await readFile(sample, 'utf8'));
  const places: [RegExp, string][] = [
    [/\S+\/fullchain\.pem/g, `${folder}/cert.pem`],
    [/\S+\/privkey\.pem/g, `${folder}/key.pem`],
    [/\S+\/hub\.example\.pem/g, `${folder}/both.pem`],
    [/\S+\/fairlead-ca\.pem/g, `${hub.dataDir}/host/ca.pem`],
    [/\bhub\.example(?= \{)/g, `localhost:${port}`],
    [/\bhub\.example\b/g, 'localhost'],
    [/:9443\b/g, `:${hub.port}`],
    [/:8000\b/g, `:${hub.tunnelPort}`],
    [/\b8?443\b/g, `${port}`],
    [/\b8001\b/g, `${tunnelPort}`],
  ];
  const text = places.reduce(
    (before, [what, by]) => before.replace(what, by),
    template.replace(/^\s*#.*$/gm, ''),
  );
  await writeFile(file, complete(text, folder));
  const child = startChild(t, program, args(file), { ...process.env, HOME: folder, XDG_DATA_HOME: folder });
  const ended = child.exited.then((code) => {
    throw new Error(`${name} ended with ${code}:\n${child.lines.join('\n')}`);
  });
  await Promise.race([untilListening(port), ended]);
  ended.catch(() => undefined);
  return {
    origin: `https://localhost:${port}`,
    tunnelPort: template.includes('8001') ? tunnelPort : null,
    caPem: authority.certificate,
    caFile,
  };
}

async function untilListening(port: number): Promise<void> {
  const isConnected = async () => {
    const socket = net.connect(port, '127.0.0.1');
    const connected = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    return connected;
  };
  await until(isConnected, (connected) => connected, { ms: LISTENS_WITHIN_MS });
}
