import { randomBytes } from 'node:crypto';
import test from 'ava';
import { ConfigError } from '../../../../agent-image/src/config/error.js';
import { readConfig } from '../../../../agent-image/src/config/read-config.js';
import { makeAuthority } from '../../../../protocol/certificates/authority.js';
import { EDGE_ID, edgeKeyFor, edgeVariables, JOIN_SECRET } from './edge-variables.js';

const { certificate, key: KEY } = await makeAuthority(randomBytes);
const files: Record<string, string> = {
  '/run/secrets/edge_id': `${EDGE_ID}\n`,
  '/run/secrets/edge_key': `${edgeKeyFor()}\n`,
  '/run/secrets/empty': ' \n',
  '/ca.pem': `# our CA\n${certificate}`,
  '/text.pem': 'no certificate',
  '/broken.pem': '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
  '/certs/ca.pem': 'CA',
  '/certs/cert.pem': 'CERT',
  '/certs/key.pem': 'KEY',
};

function readFile(path: string): string {
  const content = files[path];
  if (content === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
  return content;
}

test('agent config: has defaults for all but Edge ID and Edge key, and is frozen', (t) => {
  const { edgeKey, ...config } = readConfig(edgeVariables(), readFile);
  t.is(edgeKey.apiUrl, 'https://hub.example:9443/edge');
  t.deepEqual(config, {
    edgeId: EDGE_ID,
    cleartext: false,
    insecurePoll: false,
    ca: null,
    inactivityMs: null,
    engine: { kind: 'unix', path: '/var/run/docker.sock' },
    reopened: ['/var/run/docker.sock'],
    proxy: { url: null, noProxy: '' },
    logLevel: 'info',
    logFormat: 'auto',
    dataDir: '/data',
    metricsFile: null,
  });
  t.true(Object.isFrozen(readConfig(edgeVariables(), readFile)));
});

test('agent config: reads secrets from files', (t) => {
  const env = { EDGE_ID_FILE: '/run/secrets/edge_id', EDGE_KEY_FILE: '/run/secrets/edge_key' };
  t.is(readConfig(env, readFile).edgeId, EDGE_ID);
  t.is(readConfig(env, readFile).edgeKey.secret, JOIN_SECRET);
});

test('agent config: a variable that is set but empty counts as not set', (t) => {
  const env = edgeVariables({ EDGE_ID_FILE: '', LOG_LEVEL: ' ', DOCKER_HOST: '', HTTPS_PROXY: '' });
  t.is(readConfig(env, readFile).logLevel, 'info');
});

const accepted: [NodeJS.ProcessEnv, object][] = [
  [{ EDGE_ID: EDGE_ID.toUpperCase() }, { edgeId: EDGE_ID }],
  [{ EDGE_KEY: edgeKeyFor('http://hub.example/edge') }, { cleartext: true }],
  [{ EDGE_INSECURE_POLL: '1' }, { insecurePoll: true }],
  [{ EDGE_INSECURE_POLL: 'True' }, { insecurePoll: true }],
  [{ EDGE_INSECURE_POLL: '0' }, { insecurePoll: false }],
  [{ EDGE_CA_FILE: '/ca.pem' }, { ca: certificate.trim() }],
  [{ EDGE_INACTIVITY_TIMEOUT: '5m' }, { inactivityMs: 300_000 }],
  [{ EDGE_INACTIVITY_TIMEOUT: '5' }, { inactivityMs: 5_000 }],
  [{ EDGE_INACTIVITY_TIMEOUT: '24h' }, { inactivityMs: 86_400_000 }],
  [{ DOCKER_HOST: '/run/podman.sock' }, { engine: { kind: 'unix', path: '/run/podman.sock' } }],
  [{ DOCKER_HOST: 'unix:///run/d.sock' }, { engine: { kind: 'unix', path: '/run/d.sock' } }],
  [{ DOCKER_HOST: 'tcp://engine' }, { engine: { kind: 'tcp', host: 'engine', port: 2375, tls: null } }],
  [{ DOCKER_HOST: 'tcp://[::1]:99' }, { engine: { kind: 'tcp', host: '::1', port: 99, tls: null } }],
  [
    { DOCKER_HOST: 'tcp://engine', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' },
    { engine: { kind: 'tcp', host: 'engine', port: 2376, tls: { ca: 'CA', cert: 'CERT', key: 'KEY' } } },
  ],
  [
    { DOCKER_HOST: 'tcp://engine:1', DOCKER_TLS: '1' },
    { engine: { kind: 'tcp', host: 'engine', port: 1, tls: { ca: null, cert: null, key: null } } },
  ],
  [{ https_proxy: 'proxy:3128' }, { proxy: { url: new URL('http://proxy:3128'), noProxy: '' } }],
  [
    { HTTPS_PROXY: 'https://u:p@proxy', NO_PROXY: 'a,b' },
    { proxy: { url: new URL('https://u:p@proxy'), noProxy: 'a,b' } },
  ],
  [
    { LOG_LEVEL: 'DEBUG', LOG_FORMAT: 'json' },
    { logLevel: 'debug', logFormat: 'json' },
  ],
  [{ DATA_DIR: '/var/lib/agent' }, { dataDir: '/var/lib/agent' }],
  [{ EDGE_METRICS_FILE: '/metrics/agent.prom' }, { metricsFile: '/metrics/agent.prom' }],
];

for (const [env, expected] of accepted) {
  test(`agent config: accepts ${JSON.stringify(env)}`, (t) => {
    const { ca, engine, ...config } = readConfig(edgeVariables(env), readFile);
    const tls = engine.kind === 'tcp' && { tls: engine.tls?.() ?? null };
    t.like({ ...config, ca: ca?.() ?? null, engine: { ...engine, ...tls } }, expected);
  });
}

test('agent config: certificates that are renewed are read again, and half-written ones are not', async (t) => {
  const renewed = { ...files };
  const env = {
    EDGE_CA_FILE: '/ca.pem',
    DOCKER_HOST: 'tcp://engine',
    DOCKER_TLS_VERIFY: '1',
    DOCKER_CERT_PATH: '/certs',
  };
  const { ca, engine, reopened } = readConfig(edgeVariables(env), (path) => {
    const content = renewed[path];
    if (content === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
    return content;
  });
  if (engine.kind !== 'tcp') return t.fail();
  t.deepEqual(reopened, ['/ca.pem', '/certs/ca.pem', '/certs/cert.pem', '/certs/key.pem']);
  const next = await makeAuthority(randomBytes);
  const other = next.certificate.trim();
  renewed['/ca.pem'] = other.slice(0, 100);
  delete renewed['/certs/key.pem'];
  t.is(ca?.(), certificate.trim());
  t.like(engine.tls?.(), { key: 'KEY' });
  // The certificate comes before its key.
  Object.assign(renewed, { '/ca.pem': other, '/certs/cert.pem': other, '/certs/key.pem': KEY });
  t.is(ca?.(), other);
  t.like(engine.tls?.(), { key: 'KEY' });
  renewed['/certs/key.pem'] = next.key;
  t.like(engine.tls?.(), { cert: other, key: next.key });
});

const refused: [NodeJS.ProcessEnv, code: string, names: string][] = [
  [{ EDGE_ID: undefined }, 'config-missing', 'EDGE_ID'],
  [{ EDGE_KEY: '' }, 'config-missing', 'EDGE_KEY'],
  [{ EDGE_ID: 'host-1' }, 'edge-id-malformed', 'EDGE_ID'],
  [{ EDGE_KEY: 'not base64!' }, 'edge-key-malformed', 'EDGE_KEY'],
  [{ EDGE_KEY: edgeKeyFor().slice(0, 40) }, 'edge-key-malformed', 'EDGE_KEY'],
  [{ EDGE_KEY_FILE: '/run/secrets/edge_key' }, 'config-invalid', 'EDGE_KEY and EDGE_KEY_FILE'],
  [{ EDGE_KEY: '', EDGE_KEY_FILE: '/nowhere' }, 'config-invalid', 'EDGE_KEY_FILE'],
  [{ EDGE_KEY: '', EDGE_KEY_FILE: '/run/secrets/empty' }, 'config-missing', 'EDGE_KEY_FILE'],
  [{ EDGE_INSECURE_POLL: 'maybe' }, 'config-invalid', 'EDGE_INSECURE_POLL'],
  [{ EDGE_CA_FILE: '/nowhere' }, 'config-invalid', 'EDGE_CA_FILE'],
  [{ EDGE_CA_FILE: '/text.pem' }, 'config-invalid', 'EDGE_CA_FILE'],
  [{ EDGE_CA_FILE: '/broken.pem' }, 'config-invalid', 'EDGE_CA_FILE'],
  [{ EDGE_INACTIVITY_TIMEOUT: 'soon' }, 'config-invalid', 'EDGE_INACTIVITY_TIMEOUT'],
  [{ EDGE_INACTIVITY_TIMEOUT: '4s' }, 'config-invalid', 'EDGE_INACTIVITY_TIMEOUT'],
  [{ EDGE_INACTIVITY_TIMEOUT: '24h1s' }, 'config-invalid', 'EDGE_INACTIVITY_TIMEOUT'],
  [{ DOCKER_HOST: 'ssh://engine' }, 'config-invalid', 'DOCKER_HOST'],
  [{ DOCKER_HOST: 'unix://relative.sock' }, 'config-invalid', 'DOCKER_HOST'],
  [{ DOCKER_HOST: 'tcp://engine:1/path' }, 'config-invalid', 'DOCKER_HOST'],
  [{ DOCKER_HOST: 'tcp://user:hidden@engine' }, 'config-invalid', 'DOCKER_HOST'],
  [
    { DOCKER_HOST: 'tcp://engine', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/nowhere' },
    'config-invalid',
    'DOCKER_CERT_PATH',
  ],
  [{ DOCKER_HOST: 'tcp://engine', DOCKER_CERT_PATH: '/certs' }, 'config-invalid', 'DOCKER_CERT_PATH'],
  [{ HTTPS_PROXY: 'socks5://user:hidden@proxy' }, 'config-invalid', 'HTTPS_PROXY'],
  [{ HTTPS_PROXY: 'http://user:hidden%zz@proxy' }, 'config-invalid', 'HTTPS_PROXY'],
  [{ LOG_LEVEL: 'loud\nEDGE' }, 'config-invalid', 'LOG_LEVEL'],
  [{ LOG_FORMAT: 'xml' }, 'config-invalid', 'LOG_FORMAT'],
];

for (const [env, code, name] of refused) {
  test(`agent config: refuses ${JSON.stringify(env)} with ${code}, on one line, without secrets`, (t) => {
    const error = t.throws(() => readConfig(edgeVariables(env), readFile), { instanceOf: ConfigError });
    t.is(error.code, code);
    t.true(error.message.startsWith(name), error.message);
    t.false(/\n/.test(error.message), error.message);
    t.true(error.message.length < 300, error.message);
    for (const secret of [JOIN_SECRET, edgeKeyFor().slice(0, 30), 'hidden']) {
      t.false(error.message.includes(secret), error.message);
    }
  });
}
