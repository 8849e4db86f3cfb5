import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { WebhookAnswer, WebhookCreated } from '../../plugin/api.js';
import { runCommand } from '../../tools/lab/run-command.js';
import { startHub } from '../kit/hub/hub.js';
import { tempFolder } from '../kit/temp-folder.js';

/** The one sample in that language, as it is in docs/webhooks.md. */
async function sample(language: string): Promise<string> {
  const text = await readFile(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');
  const found = [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))];
  if (found.length !== 1) throw new Error(`${found.length} samples in ${language}`);
  return found[0]?.[1] ?? '';
}

/** A hub with a webhook, and what the samples expect of their surroundings. */
async function setup(t: ExecutionContext) {
  const hub = await startHub(t);
  const { body: hook } = await hub.call<WebhookCreated>('POST', '/edge/api/webhooks', { name: 'crm' });
  const folder = await tempFolder(t);
  const ca = join(folder, 'ca.pem');
  await writeFile(ca, (await hub.call<string>('GET', '/edge/api/ca.pem')).body);
  const env = {
    PATH: process.env.PATH,
    HOOK: hook.url,
    SECRET: hook.secret,
    CA: ca,
    NODE_EXTRA_CA_CERTS: ca,
  };
  const run = async (command: string, file: string, text: string) => {
    const path = join(folder, file);
    await writeFile(path, text);
    const { stdout } = await runCommand(command, [path], { env });
    return JSON.parse(stdout) as WebhookAnswer;
  };
  return { hub, run };
}

test('docs/webhooks.md: the sample for curl and openssl creates an environment, and finds it again', async (t) => {
  const { hub, run } = await setup(t);
  const text = await sample('sh');
  const made = await run('sh', 'send.sh', text);
  t.like(made, { id: 1, name: 'shop 7', externalId: 'shop-7', tags: ['north'] });
  t.is((await hub.until(1, () => true)).edgeId, made.edgeId);
  t.like(await run('sh', 'send.sh', text), { id: 1, edgeKey: null });
});

test('docs/webhooks.md: the sample for Node creates an environment', async (t) => {
  const { hub, run } = await setup(t);
  const made = await run(process.execPath, 'send.mjs', await sample('js'));
  t.like(made, { status: 201, id: 1, name: 'shop 8', externalId: 'shop-8' });
  t.is((await hub.until(1, () => true)).edgeId, made.edgeId);
});
