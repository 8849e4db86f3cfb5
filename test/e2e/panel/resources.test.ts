import { BUSYBOX_IMAGE } from '../../../tools/lab/images/base-image.js';
import { serialBrowserTest } from '../../kit/browser/browser.js';
import { havePanel } from '../../kit/browser/panel-page.js';
import { fileScope } from '../../kit/scope.js';
import { accessFaultsInBoth, type ResourcesPage, startResourcesPage } from './kit/resources-page.js';

const MARKUP = `<img src=x onerror="alert('pwned')">`;
const SECTIONS = ['Stacks', 'Images', 'Volumes', 'Networks', 'Events'] as const;
const MS = 400_000;

const scope = fileScope();
let started: Promise<ResourcesPage> | undefined;
/** The hub, engine and page of this file. */
const shared = () => {
  started ??= havePanel().then(() => startResourcesPage(scope, MARKUP));
  return started;
};

serialBrowserTest(
  'panel: an image is pulled layer by layer, with a login where one is needed; it can be cancelled',
  async (t) => {
    t.timeout(MS);
    const { page, registry, open } = await shared();
    await open('Images');
    await page.click('text="Pull an image"');
    const pull = async (image: string) => {
      await page.fill('input[name=reference]', image);
      await page.click('button:text-is("Pull")');
    };
    await pull(`${registry.open}/web:1`);
    await page.waitForSelector('li:has-text("Downloading"):has-text("of 4 MB")');
    await page.waitForSelector('text="1 of 2 layers done"');
    await page.click('text="Cancel the pull"');
    await page.waitForSelector('text="Cancelled"');
    await pull(`${registry.open}/web:1`);
    await page.waitForSelector('li:has-text("Downloading"):has-text("of 4 MB")');
    t.is(await page.locator(`[data-name="${registry.open}/web:1"]`).count(), 0);
    await registry.release();
    await page.waitForSelector('.notice.good:has-text("Downloaded newer image")');
    await page.waitForSelector(
      `[data-name="${registry.open}/web:1"]:has-text("no container"):has-text("4 MB")`,
    );

    await pull(`${registry.open}/broken:1`);
    await page.waitForSelector('.notice.bad:has-text("verification failed")');
    await pull(`${registry.locked}/spare:1`);
    await page.waitForSelector('.notice.bad:has-text("no basic auth credentials")');
    await page.click('summary');
    await page.fill('input[name=username]', 'ada');
    await page.fill('input[name=password]', 'lovelace');
    await pull(`${registry.locked}/spare:1`);
    await page.waitForSelector(`[data-name="${registry.locked}/spare:1"]`);
    t.is(await page.inputValue('input[name=username]'), '');
    t.is(await page.inputValue('input[name=password]'), '');
  },
);

serialBrowserTest('panel: of several removed images, one in use reports why it stays', async (t) => {
  t.timeout(MS);
  const { page, engine, open, bulk, confirm } = await shared();
  await engine.docker(['tag', BUSYBOX_IMAGE, 'second/name:1']);
  await engine.docker(['commit', '-c', 'LABEL x=y', 'idle']);
  await open('Images');
  await page.waitForSelector('[data-name="second/name:1"]');
  await page.click('[aria-label="Remove second/name:1"]');
  await confirm(/second\/name:1/);
  await page.waitForSelector('[data-name="second/name:1"]', { state: 'detached' });
  await page.waitForSelector(`[data-name="${BUSYBOX_IMAGE}"]`);

  const { stdout: id } = await engine.docker(['import', '-', 'going/away:1'], { input: Buffer.alloc(1024) });
  t.regex(id, /^sha256:/);
  await bulk('Remove', [BUSYBOX_IMAGE, 'going/away:1']);
  await confirm(/going\/away:1/);
  await page.waitForSelector(`.outcomes li:has-text("${BUSYBOX_IMAGE}"):has-text("is using")`);
  await page.waitForSelector('.outcomes li:has-text("going/away:1: done")');
  await page.waitForSelector('[data-name="going/away:1"]', { state: 'detached' });

  await page.waitForSelector('.line.soft:text-is("Dangling: without a tag")');
  await page.click('text="Remove dangling"');
  await confirm(/[0-9a-f]{12}/);
  await page.waitForSelector('.notice.good:has-text("freed")');
  await page.waitForSelector('.line.soft:text-is("Dangling: without a tag")', { state: 'detached' });
});

serialBrowserTest(
  'panel: volumes and networks are created, removed with the engine’s error for each, and pruned',
  async (t) => {
    t.timeout(MS);
    const { page, engine, open, bulk, confirm } = await shared();
    await open('Volumes');
    await page.waitForSelector('[data-name="data"]:has-text("shop-db-1")');
    await page.click('text="Create a volume"');
    await page.fill('input[name=name]', 'made-here');
    await page.click('button:text-is("Create")');
    await page.waitForSelector('[data-name="made-here"]:has-text("no container")');
    await engine.docker(['volume', 'create', 'other']);
    await page.waitForSelector('[data-name="other"]');
    await bulk('Remove', ['data', 'other']);
    await confirm(/data\s*other/);
    await page.waitForSelector('.outcomes li:has-text("data: "):has-text("volume is in use")');
    await page.waitForSelector('.outcomes li:has-text("other: done")');
    await page.click('text="Remove unused"');
    await confirm(/made-here/);
    await page.waitForSelector('.notice.good:has-text("Removed: 1 volume; 0 B freed.")');
    await page.waitForSelector('[data-name="made-here"]', { state: 'detached' });

    await open('Networks');
    await page.waitForSelector('[data-name="front"]:has-text("shop-web-1"):has-text("10.97.0.0/24")');
    for (const name of ['bridge', 'host', 'none'])
      t.is(await page.locator(`[aria-label="Remove ${name}"]`).count(), 0, name);
    await page.click('text="Create a network"');
    await page.fill('input[name=name]', 'front');
    await page.click('button:text-is("Create")');
    await page.waitForSelector('form .notice.bad:has-text("already exists")');
    await page.fill('input[name=name]', 'spare');
    await page.click('button:text-is("Create")');
    await page.waitForSelector('[data-name="spare"]');
    await bulk('Remove', ['front', 'spare']);
    await confirm(/front\s*spare/);
    await page.waitForSelector('.outcomes li:has-text("front: "):has-text("has active endpoints")');
    await page.waitForSelector('.outcomes li:has-text("spare: done")');
  },
);

serialBrowserTest(
  'panel: a Compose project stops and is removed with its containers, a Swarm’s stack with everything it owns',
  async (t) => {
    t.timeout(MS);
    const { page, engine, open, confirm } = await shared();
    await open('Stacks');
    await page.waitForSelector('[data-name="shop"]:has-text("2 of 2 running"):has-text("db 1/1, web 1/1")');
    await page.click('[aria-label="Stop shop"]');
    await page.waitForSelector('[data-name="shop"]:has-text("0 of 2 running")');
    await page.waitForSelector('.outcomes li:has-text("shop-web-1: done")');
    await page.waitForSelector('.outcomes li:has-text("shop-db-1: done")');
    await page.click('[aria-label="Start shop"]');
    await page.waitForSelector('[data-name="shop"]:has-text("2 of 2 running")');

    await page.waitForSelector('[data-name="front"]:has-text("Swarm stack"):has-text("web 0/2")');
    const replicas = async () =>
      (
        await engine.docker(['service', 'ls', '--format', '{{.Replicas}}', '--filter', 'name=front_web'])
      ).stdout.trim();
    t.is(await replicas(), '0/2');
    await page.click('[aria-label="Stop front"]');
    await page.waitForSelector('[data-name="front"]:has-text("web 0/0")');
    t.is(await replicas(), '0/0');
    await page.click('[aria-label="Start front"]');
    await page.waitForSelector('[data-name="front"]:has-text("web 0/2")');
    t.is(await replicas(), '0/2');
    await page.click('[aria-label="Remove front"]');
    await confirm(/Service front_web\s*Secret front_key\s*Network front_default/);
    await page.waitForSelector('[data-name="front"]', { state: 'detached' });
    t.is(await replicas(), '');
    t.is((await engine.docker(['secret', 'ls', '-q'])).stdout, '');
  },
);

serialBrowserTest('panel: events appear live, and a flood of them does not block the page', async (t) => {
  t.timeout(MS);
  const { page, engine, open, flood } = await shared();
  await open('Events');
  // Happened before the page was there.
  await page.waitForSelector('li:has-text("network"):has-text("create"):has-text("front")');
  await engine.docker(['volume', 'create', 'seen-live']);
  await page.waitForSelector('ol > li:first-child:has-text("seen-live")');
  t.regex(
    await page.locator('ol > li:first-child').innerText(),
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\s+\d+ s ago\s+volume create\s+seen-live/,
  );
  await page.click('text="Pause"');
  await engine.docker(['volume', 'rm', 'seen-live']);
  await engine.docker(['volume', 'create', 'seen-later']);
  await page.fill('input[type=search]', 'seen-l');
  await page.waitForSelector('text="create"');
  t.is(await page.locator('li:has-text("seen-later")').count(), 0);
  await page.click('text="Pause"');
  await page.waitForSelector('li:has-text("seen-later")');
  await page.selectOption('fairlead-event-list select', 'container');
  await page.waitForSelector('text="No events match."');

  const { received, longestMs, shown } = await flood();
  t.log(`${received} events in 3 s; the page was busy for ${longestMs} ms at most`);
  t.true(received > 2_500);
  t.true(longestMs < 2_000);
  t.is(shown, 100);
});

serialBrowserTest(
  'panel: each section is accessible, light, dark and small; the engine’s texts stay texts',
  async (t) => {
    t.timeout(MS);
    const { page, errors, ran, open, picture } = await shared();
    for (const section of SECTIONS) {
      await open(section);
      await page.waitForSelector('[role=row] ~ [role=row], ol > li');
      t.deepEqual(await accessFaultsInBoth(page), [], section);
      await picture(section);
      await page.setViewportSize({ width: 360, height: 740 });
      t.true(await page.evaluate('document.documentElement.scrollWidth <= 360'), `${section} is too wide`);
      await picture(`${section}-360`);
      await page.setViewportSize({ width: 1280, height: 800 });
    }
    await open('Stacks');
    t.true((await page.locator('[role=table]').innerText()).includes(MARKUP));
    t.deepEqual([errors, ran], [[], []]);
  },
);

serialBrowserTest(
  'panel: offline, each section shows the snapshot, and says what it does not include',
  async (t) => {
    t.timeout(MS);
    const { page, hub, agent, environmentId, errors, open, snapshot } = await shared();
    await snapshot();
    await agent.child.kill('SIGKILL');
    await hub.until(environmentId, ({ status }) => status === 'offline');
    await page.reload();
    await page.click('text="Connect"', { trial: true });
    await page.waitForSelector('text=/This is the snapshot of/');
    const sees: [(typeof SECTIONS)[number], string][] = [
      ['Stacks', '[data-name="shop"]:has-text("2 of 2 running")'],
      ['Images', `[data-name="${BUSYBOX_IMAGE}"]:has-text("containers")`],
      ['Volumes', '[data-name="data"]:has-text("local")'],
      ['Networks', '[data-name="bridge"]:has-text("local")'],
      ['Events', 'text=/A snapshot has no events/'],
    ];
    for (const [section, selector] of sees) {
      await open(section);
      await page.waitForSelector(selector);
      t.is(await page.locator('fairlead-resource-list [role=row] .tools button').count(), 0, section);
      t.deepEqual(await accessFaultsInBoth(page), [], section);
    }
    await open('Volumes');
    await page.waitForSelector('text=/Snapshots do not include mount points/');
    t.deepEqual(errors, []);
  },
);
