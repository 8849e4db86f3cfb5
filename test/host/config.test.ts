import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import test from 'ava';
import { readConfig } from '../../host/config.js';
import { ConfigError, describeVariables } from '../../host/variables.js';
import { makeFolder } from './start-host.js';

test('config: an empty environment gives the defaults, and empty variables count as absent', (t) => {
  const defaults = {
    port: 9443,
    tunnelPort: 8000,
    dockerPort: 2376,
    bind: '0.0.0.0',
    dataDir: resolve('data'),
    trustedProxies: 0,
    allowsWeakPassword: false,
    metricsPerEnvironment: false,
    hstsSeconds: 0,
    logLevel: 'info',
    logFormat: 'json',
  };
  t.deepEqual({ ...readConfig({}) }, defaults as ReturnType<typeof readConfig>);
  t.deepEqual(
    readConfig({ FAIRLEAD_PORT: '', FAIRLEAD_ADMIN_PASSWORD: '', FAIRLEAD_TLS_CERT: '' }),
    readConfig({}),
  );
  t.true(Object.isFrozen(readConfig({})));
});

test('config: every variable is read', async (t) => {
  const folder = await makeFolder(t);
  const file = (name: string) => join(folder, name);
  await writeFile(file('password'), 'from a file\n');
  await writeFile(file('metrics-token'), `${'m'.repeat(32)}\n`);
  await writeFile(file('cert.pem'), '');
  await writeFile(file('key.pem'), '');
  const config = readConfig({
    FAIRLEAD_PORT: '0',
    FAIRLEAD_TUNNEL_PORT: '18000',
    FAIRLEAD_DOCKER_PORT: 'none',
    FAIRLEAD_BIND: '::1',
    FAIRLEAD_DATA_DIR: '/var/lib/fairlead',
    FAIRLEAD_PUBLIC_URL: 'https://hub.example/edge',
    FAIRLEAD_TUNNEL_ADDRESS: '[2001:db8::1]:8000',
    FAIRLEAD_DOCKER_ADDRESS: 'docker.example:2377',
    FAIRLEAD_AGENT_IMAGE: 'registry.example:5000/fairlead/agent:1.0',
    FAIRLEAD_PUBLIC_CA: 'public',
    FAIRLEAD_TRUST_PROXY: '2',
    FAIRLEAD_TLS_CERT: file('cert.pem'),
    FAIRLEAD_TLS_KEY: file('key.pem'),
    FAIRLEAD_ADMIN_PASSWORD_FILE: file('password'),
    FAIRLEAD_ALLOW_WEAK_PASSWORD: '1',
    FAIRLEAD_METRICS_TOKEN_FILE: file('metrics-token'),
    FAIRLEAD_METRICS_PORT: '9464',
    FAIRLEAD_METRICS_PER_ENVIRONMENT: '1',
    FAIRLEAD_HSTS_SECONDS: '60',
    FAIRLEAD_LOG_LEVEL: 'warn',
    FAIRLEAD_LOG_FORMAT: 'pretty',
  });
  t.deepEqual(
    { ...config },
    {
      port: 0,
      tunnelPort: 18000,
      dockerPort: 'none',
      bind: '::1',
      dataDir: '/var/lib/fairlead',
      publicUrl: 'https://hub.example/edge',
      tunnelAddress: '[2001:db8::1]:8000',
      dockerAddress: 'docker.example:2377',
      agentImage: 'registry.example:5000/fairlead/agent:1.0',
      publicCa: null,
      trustedProxies: 2,
      allowsWeakPassword: true,
      metricsToken: 'm'.repeat(32),
      metricsPort: 9464,
      metricsPerEnvironment: true,
      hstsSeconds: 60,
      tls: { certFile: file('cert.pem'), keyFile: file('key.pem') },
      adminPassword: 'from a file',
      adminPasswordFile: file('password'),
      logLevel: 'warn',
      logFormat: 'pretty',
    },
  );
  t.is(readConfig({ FAIRLEAD_TRUST_PROXY: 'true' }).trustedProxies, 1);
  t.is(readConfig({ FAIRLEAD_ADMIN_PASSWORD: ' spaces stay ' }).adminPassword, ' spaces stay ');
});

const malformed: [NodeJS.ProcessEnv, RegExp][] = [
  [{ FAIRLEAD_PORT: '65536' }, /^FAIRLEAD_PORT must be a port/],
  [{ FAIRLEAD_PORT: '9443x' }, /^FAIRLEAD_PORT must be a port/],
  [{ FAIRLEAD_DOCKER_PORT: 'off' }, /^FAIRLEAD_DOCKER_PORT must be a port, 0 to 65535, or none$/],
  [
    { FAIRLEAD_DOCKER_PORT: '9443' },
    /^FAIRLEAD_DOCKER_PORT must be another port than FAIRLEAD_PORT: both are 9443$/,
  ],
  [{ FAIRLEAD_TUNNEL_PORT: '-1' }, /^FAIRLEAD_TUNNEL_PORT must be a port/],
  [{ FAIRLEAD_BIND: 'everywhere' }, /^FAIRLEAD_BIND must be an IP address/],
  [{ FAIRLEAD_PUBLIC_URL: 'hub.example' }, /^FAIRLEAD_PUBLIC_URL must be an http/],
  [{ FAIRLEAD_PUBLIC_URL: 'ftp://hub.example' }, /^FAIRLEAD_PUBLIC_URL must be an http/],
  [{ FAIRLEAD_TUNNEL_ADDRESS: 'hub.example' }, /^FAIRLEAD_TUNNEL_ADDRESS must be host:port/],
  [{ FAIRLEAD_DOCKER_ADDRESS: '::1:2376' }, /^FAIRLEAD_DOCKER_ADDRESS must be host:port/],
  [
    { FAIRLEAD_PUBLIC_URL: 'https://me:pw@hub.example' },
    /^FAIRLEAD_PUBLIC_URL must be a URL without credentials/,
  ],
  [{ FAIRLEAD_TUNNEL_ADDRESS: 'hub.example:70000' }, /^FAIRLEAD_TUNNEL_ADDRESS must have a port/],
  [{ FAIRLEAD_AGENT_IMAGE: 'a b' }, /^FAIRLEAD_AGENT_IMAGE must be an image/],
  [{ FAIRLEAD_TRUST_PROXY: 'maybe' }, /^FAIRLEAD_TRUST_PROXY must be a number of proxies/],
  [{ FAIRLEAD_PUBLIC_CA: '/nowhere' }, /^FAIRLEAD_PUBLIC_CA names .* \(ENOENT\)/],
  [{ FAIRLEAD_PUBLIC_CA: '/dev/null' }, /^FAIRLEAD_PUBLIC_CA names a file that holds no PEM/],
  [{ FAIRLEAD_TLS_CERT: '/dev/null' }, /^FAIRLEAD_TLS_KEY must be set/],
  [{ FAIRLEAD_TLS_KEY: '/dev/null' }, /^FAIRLEAD_TLS_CERT must be set/],
  [
    { FAIRLEAD_TLS_CERT: '/nowhere', FAIRLEAD_TLS_KEY: '/dev/null' },
    /^FAIRLEAD_TLS_CERT names .* \(ENOENT\)/,
  ],
  [{ FAIRLEAD_ADMIN_PASSWORD_FILE: '/nowhere' }, /^FAIRLEAD_ADMIN_PASSWORD_FILE names .* \(ENOENT\)/],
  [{ FAIRLEAD_ADMIN_PASSWORD_FILE: '/dev/null' }, /^FAIRLEAD_ADMIN_PASSWORD_FILE names an empty file/],
  [
    { FAIRLEAD_ADMIN_PASSWORD: 'a', FAIRLEAD_ADMIN_PASSWORD_FILE: 'b' },
    /^FAIRLEAD_ADMIN_PASSWORD_FILE must not/,
  ],
  [{ FAIRLEAD_METRICS_TOKEN: 'short' }, /^FAIRLEAD_METRICS_TOKEN must be a token of at least 32/],
  [{ FAIRLEAD_METRICS_TOKEN_FILE: '/dev/null' }, /^FAIRLEAD_METRICS_TOKEN_FILE names an empty file/],
  [
    { FAIRLEAD_METRICS_TOKEN: 'm'.repeat(32), FAIRLEAD_METRICS_TOKEN_FILE: '/dev/null' },
    /^FAIRLEAD_METRICS_TOKEN_FILE must not/,
  ],
  [{ FAIRLEAD_METRICS_PORT: '0' }, /^FAIRLEAD_METRICS_PORT must be a port, 1/],
  [{ FAIRLEAD_METRICS_PORT: '9443' }, /^FAIRLEAD_METRICS_PORT must be another port than FAIRLEAD_PORT: /],
  [
    { FAIRLEAD_METRICS_PORT: '18000', FAIRLEAD_TUNNEL_PORT: '18000' },
    /^FAIRLEAD_METRICS_PORT must be another port than FAIRLEAD_TUNNEL_PORT: both are 18000$/,
  ],
  [{ FAIRLEAD_LOG_LEVEL: 'loud' }, /^FAIRLEAD_LOG_LEVEL must be trace/],
];
for (const [env, message] of malformed) {
  test(`config: refuses ${JSON.stringify(env)} by name and reason`, (t) => {
    t.throws(() => readConfig(env), { instanceOf: ConfigError, message });
  });
}

test('config: the help names every variable with its default', (t) => {
  const help = describeVariables();
  t.regex(help, /FAIRLEAD_PORT .* \[9443\]/);
  for (const name of ['BIND', 'DATA_DIR', 'PUBLIC_URL', 'TRUST_PROXY', 'TLS_CERT', 'ADMIN_PASSWORD_FILE']) {
    t.true(help.includes(`FAIRLEAD_${name} `), name);
  }
});

test('host config: an admin password has 12 characters, unless fewer are allowed', (t) => {
  for (const [password, isAccepted] of [
    ['a', false],
    ['elevenchars', false],
    ['twelve chars', true],
  ] as const) {
    const env = { FAIRLEAD_ADMIN_PASSWORD: password };
    if (isAccepted) t.is(readConfig(env).adminPassword, password);
    else t.throws(() => readConfig(env), { message: /at least 12 characters/ });
    t.is(readConfig({ ...env, FAIRLEAD_ALLOW_WEAK_PASSWORD: '1' }).adminPassword, password);
  }
});
