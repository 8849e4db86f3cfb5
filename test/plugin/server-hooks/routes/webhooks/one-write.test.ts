import fs from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { WebhookCreated } from '../../../../../plugin/api.js';
import { startPlugin } from '../../../../kit/hub/plugin.js';
import { sendWebhook } from '../../../../kit/hub/webhook-sender.js';

/** The future content of the store's file, at each fsync of the process. */
function watchWrites(dataDir: string): { readonly texts: Promise<string | undefined>[]; stop(): void } {
  const texts: Promise<string | undefined>[] = [];
  const original = fs.fsync;
  const read = async () => {
    const name = (await readdir(dataDir)).find((each) => /^fairlead\.json\.\d+$/.test(each));
    return name && readFile(join(dataDir, name), 'utf8');
  };
  const replacement = (fd: number, done: (error: Error | null) => void) => {
    const text = read();
    texts.push(text);
    void text.finally(() => original(fd, done));
  };
  fs.fsync = Object.assign(replacement, { __promisify__: original.__promisify__ });
  return {
    texts,
    stop: () => {
      fs.fsync = original;
    },
  };
}

test.serial(
  'webhooks: a message and what it made reach the disk in one write, before the answer',
  async (t) => {
    const hub = await startPlugin(t);
    const { body: hook } = await hub.call<WebhookCreated>('POST', '/api/webhooks', { name: 'shop' });
    const writes = watchWrites(hub.dataDir);
    t.teardown(() => writes.stop());
    t.is((await sendWebhook(hook, { name: 'a' })).status, 201);
    const [first, ...more] = await Promise.all(writes.texts);
    const { environments, webhooks } = JSON.parse(first ?? '');
    t.is(environments.length, 1);
    t.is(webhooks[0].messages.length, 1);
    t.is(webhooks[0].messages[0].environmentId, environments[0].id);
    t.deepEqual(
      more.filter((text) => text !== undefined),
      [],
      'nothing else is written',
    );
  },
);
