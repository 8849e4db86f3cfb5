import { execFileSync } from 'node:child_process';
import test from 'ava';
import { parse } from 'yaml';
import { clientTabs, unpackCommand } from '../../../../../plugin/ui-panel/views/docker-access/client-tabs.js';

const context = { name: 'shop', host: 'tcp://[2001:db8::1]:2376' };

const textOf = (id: string) => clientTabs(context).find((one) => one.id === id)?.pastes[0]?.text ?? '';

test('client tabs: a shell reads the variables as they are meant', (t) => {
  const script = `${textOf('variables')}\nprintf '%s|%s' "$DOCKER_HOST" "$DOCKER_CERT_PATH"`;
  const shown = execFileSync('sh', ['-c', script], { env: { HOME: '/h' } }).toString();
  t.is(shown, `${context.host}|/h/.fairlead/shop`);
});

test('client tabs: the folder is the one in which the certificate is unpacked', (t) => {
  const unpack = unpackCommand(context, '0123456789abcdef');
  t.true(unpack.includes('~/.fairlead/shop\n'));
  t.true(unpack.includes('/shop-01234567.tar '));
  for (const id of ['context', 'variables', 'testcontainers', 'ansible', 'terraform'])
    t.true(textOf(id).includes('/.fairlead/shop'), id);
});

test('client tabs: the YAML of Ansible and Prometheus has the address and three files', (t) => {
  const ansible = parse(textOf('ansible')).module_defaults['group/community.docker.docker'];
  t.is(ansible.docker_host, context.host);
  t.regex(ansible.client_key, /\.fairlead\/shop\/key\.pem$/);
  const [job] = parse(textOf('prometheus')).scrape_configs;
  t.is(job.docker_sd_configs[0].host, 'https://[2001:db8::1]:2376');
  t.is(job.docker_sd_configs[0].tls_config.cert_file, '/etc/prometheus/shop/cert.pem');
});
