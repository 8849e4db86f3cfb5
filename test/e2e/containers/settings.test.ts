import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startContainerSetup } from '../../kit/agent/container.js';
import { AGENT_IMAGE, labTest, serialLabTest, sharedEngine } from '../../kit/engine/lab.js';
import { tempFolder } from '../../kit/temp-folder.js';

const INSECURE = ' -e EDGE_INSECURE_POLL=1';

serialLabTest('agent container: refuses a hub with an unknown CA, and says what to do', async (t) => {
  const engine = await sharedEngine();
  const { hub, created, container } = await startContainerSetup(t, engine, { name: 'strict' });
  const printed = created.commands.standalone;
  t.true(printed.includes(INSECURE));
  await container.paste(printed.replace(INSECURE, ''));
  const line = await container.followLog().untilLine(/check-in failed/);
  const { code, err } = JSON.parse(line);
  t.is(code, 'hub-certificate-untrusted');
  t.regex(err.message, /Set EDGE_CA_FILE to its CA, or EDGE_INSECURE_POLL=1/);
  const { body } = await hub.call('GET', `/edge/api/environments/${created.id}`);
  t.like(body, { status: 'new', associatedAt: null });
});

serialLabTest('agent container: reads identity, key and the hub’s CA from files', async (t) => {
  const engine = await sharedEngine();
  const { hub, created, container } = await startContainerSetup(t, engine, { name: 'files' });
  const folder = await tempFolder(t);
  await writeFile(join(folder, 'id'), `${created.edgeId}\n`);
  await writeFile(join(folder, 'key'), `${created.edgeKey}\n`);
  const files = `-v ${folder}:/run/secrets:ro -v ${hub.dataDir}/host/ca.pem:/ca.pem:ro -e EDGE_CA_FILE=/ca.pem`;
  const command = created.commands.standalone
    .replace(INSECURE, ` ${files}`)
    .replace(/ EDGE_ID=\S+/, ' EDGE_ID_FILE=/run/secrets/id')
    .replace(/ EDGE_KEY=\S+/, ' EDGE_KEY_FILE=/run/secrets/key');
  await container.paste(command);
  await hub.until(created.id, (view) => view.status === 'online');
  const { Env } = (await container.inspect()).Config;
  t.deepEqual(Env.filter((variable) => variable.startsWith('EDGE_')).sort(), [
    'EDGE_CA_FILE=/ca.pem',
    'EDGE_ID_FILE=/run/secrets/id',
    'EDGE_KEY_FILE=/run/secrets/key',
  ]);
});

const ID = 'EDGE_ID=7b3a1e5c-9d0f-4c2a-8b1e-0123456789ab';
const refused: [name: string, variables: string[], line: RegExp][] = [
  ['without an Edge ID', ['EDGE_KEY=x'], /^fairlead-agent: config-missing: EDGE_ID is not set: /],
  ['without an Edge key', [ID], /^fairlead-agent: config-missing: EDGE_KEY is not set: /],
  ['with a malformed Edge ID', ['EDGE_ID=web', 'EDGE_KEY=x'], /^fairlead-agent: edge-id-malformed: EDGE_ID /],
  ['with a malformed Edge key', [ID, 'EDGE_KEY=x'], /^fairlead-agent: edge-key-malformed: EDGE_KEY /],
  [
    'with a file that is not there',
    [ID, 'EDGE_KEY_FILE=/run/secrets/key'],
    /^fairlead-agent: config-invalid: EDGE_KEY_FILE names "\/run\/secrets\/key", which cannot be read /,
  ],
];

for (const [name, variables, line] of refused) {
  labTest(`agent container: ${name} ends with 78 and one line`, async (t) => {
    const engine = await sharedEngine();
    const env = variables.flatMap((variable) => ['-e', variable]);
    const { code, stdout, stderr } = await engine.docker(['run', '--rm', ...env, AGENT_IMAGE], {
      allowFailure: true,
    });
    t.is(code, 78);
    t.is(stdout, '');
    t.regex(stderr, line);
    t.is(stderr.trimEnd().split('\n').length, 1);
  });
}
