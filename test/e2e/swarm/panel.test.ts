import type { EnvironmentView } from '../../../plugin/api.js';
import { serialBrowserTest } from '../../kit/browser/browser.js';
import { layoutFaults } from '../../kit/browser/panel-faults.js';
import { havePanel, openPanel, type PanelPage } from '../../kit/browser/panel-page.js';
import { BUSYBOX_IMAGE } from '../../kit/engine/lab.js';
import { fileScope } from '../../kit/scope.js';
import { type SwarmSetup, startSwarmSetup } from '../../kit/swarm/setup.js';

type Lines = SwarmSetup & PanelPage;

const scope = fileScope();
let started: Promise<Lines> | undefined;
/** One manager, two workers, a service, a container of each node's own; and a page that shows the environment. */
const theLines = () => {
  started ??= start();
  return started;
};

async function start(): Promise<Lines> {
  await havePanel();
  const setup = await startSwarmSetup(scope, { managers: 1 });
  await setup.hub.call('PATCH', '/edge/api/settings', { checkInSeconds: 1 });
  const shell = (command: string) => [BUSYBOX_IMAGE, 'sh', '-c', command];
  await setup.swarm.nodes[0].docker(
    ...['service', 'create', '-d', '--name', 'web', '--stop-grace-period', '1s'],
    ...shell('echo up; sleep 3600'),
  );
  for (const node of setup.swarm.nodes) {
    const name = `own-of-${node.name}`;
    await node.docker('run', '-d', '--init', '--name', name, ...shell(`echo "here is ${name}"; sleep 3600`));
  }
  return { ...setup, ...(await openPanel(scope, setup.hub)) };
}

function cardOf(name: string, text: string): string {
  return `.node[data-name="${name}"]:has-text("${text}")`;
}

serialBrowserTest(
  'swarm panel: a service is scaled, a node drained, and the page shows what follows',
  async (t) => {
    t.timeout(400_000);
    const { page, created, swarm, errors, ran } = await theLines();
    await page.click(`.row:has-text("${created.name}")`);
    await page.waitForSelector(cardOf('node1', 'Swarm leader'));
    for (const name of ['node1', 'node2', 'node3']) await page.waitForSelector(cardOf(name, 'Agent online'));
    t.deepEqual(await layoutFaults(page), []);

    await page.click('nav >> text="Services"');
    await page.waitForSelector('[data-name="web"]:has-text("1 of 1 running")');
    await page.fill('[aria-label="Replicas of web"]', '3');
    await page.click('[aria-label="Scale web"]');
    await page.waitForSelector('[data-name="web"]:has-text("3 of 3 running")');
    t.deepEqual(await layoutFaults(page), []);

    await page.click('[aria-label="Inspect of web"]');
    await page.waitForSelector('pre:has-text("\\"Replicas\\": 3")');
    await page.click('[aria-label="Logs of web"]');
    for (const replica of [1, 2, 3])
      await page.waitForSelector(`.lines > div:text-matches("^web\\\\.${replica}@node[123] up$")`);
    t.deepEqual(await layoutFaults(page), []);
    await page.click('nav >> text="Tasks"');
    await page.waitForSelector('[data-name="web.3"]:has-text("running")');
    await page.click('[data-name="web.3"] [aria-label^="Logs of web.3"]');
    await page.waitForSelector('.lines > div:text-is("up")');
    await page.click('[data-name="web.3"] [aria-label^="Inspect of web.3"]');
    await page.waitForSelector('pre:has-text("\\"Slot\\": 3")');
    await swarm.nodes[0].docker(
      'service',
      'create',
      '-d',
      '--name',
      'broken',
      '--restart-condition',
      'none',
      BUSYBOX_IMAGE,
      'sh',
      '-c',
      'exit 3',
    );
    await page.waitForSelector('[aria-rowindex="2"][data-name="broken.1"]:has-text("non-zero exit (3)")');
    t.deepEqual(await layoutFaults(page), []);

    await page.click('nav >> text="Nodes"');
    await page.click('[aria-label="Demote node1"]');
    await page.waitForSelector('dialog >> text=It is the only manager');
    await page.click('dialog >> text="Demote"');
    await page.waitForSelector('.node[data-name="node1"] [role=alert] >> text=/last manager/');
    await page.click('[aria-label="Drain node3"]');
    await page.click('dialog button.danger');
    await page.waitForSelector(cardOf('node3', 'no tasks'));
    await page.waitForSelector(cardOf('node3', 'Its agent ended when the node was drained'));
    await page.waitForSelector('.node:not([data-name="node3"]):has-text("web × 2")');
    t.deepEqual(await layoutFaults(page), []);
    await page.click('[aria-label="Activate node3"]');
    await page.click('dialog button.danger');
    await page.waitForSelector(cardOf('node3', 'Agent online'));
    t.deepEqual([errors, ran], [[], []]);
  },
);

serialBrowserTest(
  'swarm panel: lists are of all nodes, or of one; an action on a row runs on its node',
  async (t) => {
    t.timeout(400_000);
    const { page, created, swarm, errors } = await theLines();
    const [, worker, third] = swarm.nodes;
    await page.selectOption('fairlead-node-picker select', '*');
    await page.click('nav >> text="Containers"');
    for (const { name } of swarm.nodes)
      await page.waitForSelector(`[data-name="own-of-${name}"][data-node="${name}"]`);
    t.is(new URL(page.url()).hash, `#fairlead/environments/${created.id}/nodes/*/containers`);
    t.deepEqual(await layoutFaults(page), []);
    await worker.docker('rename', 'own-of-node2', 'new-name');
    await page.waitForSelector('[data-name="new-name"][data-node="node2"]');
    await page.click('[aria-label="Stop new-name on node2"]');
    await page.waitForSelector('[data-name="new-name"]:has-text("Exited")');
    await worker.docker('start', 'new-name');
    await page.waitForSelector('[data-name="new-name"]:has-text("Up")');
    await page.click('[aria-label="Logs of new-name on node2"]');
    await page.waitForSelector('text=/here is own-of-node2/');
    await page.click('[aria-label="Console of new-name on node2"]');
    await page.waitForSelector('text="Connected"');
    await page.keyboard.type('hostname; echo $((40 + 2)).\n');
    await page.waitForSelector('.xterm-rows:has-text("42.")');

    await page.selectOption('fairlead-node-picker select', 'node3');
    await page.waitForSelector('[data-name="own-of-node3"]');
    t.is(await page.locator('[data-name="new-name"]').count(), 0);
    t.is(new URL(page.url()).hash, `#fairlead/environments/${created.id}/nodes/node3/containers`);

    await page.selectOption('fairlead-node-picker select', '*');
    await page.waitForSelector('[data-name="new-name"]');
    await third.engine.stop();
    await worker.docker('rename', 'new-name', 'newer-name');
    await page.waitForSelector('.missing:has-text("node3")');
    await page.waitForSelector('[data-name="newer-name"]');
    t.is(await page.locator('[data-name="own-of-node3"]').count(), 0);
    t.deepEqual(await layoutFaults(page), []);
    t.deepEqual(errors, []);
  },
);

serialBrowserTest(
  'swarm panel: without a manager services come from the snapshot, and engines of workers are reachable',
  async (t) => {
    t.timeout(400_000);
    const { page, hub, created, swarm, errors } = await theLines();
    const path = `/edge/api/environments/${created.id}`;
    t.is((await hub.call('POST', `${path}/snapshot`)).status, 200);
    const [manager] = swarm.nodes;
    await manager.engine.stop();
    await page.selectOption('fairlead-node-picker select', '');
    await page.click('nav >> text="Services"');
    await page.waitForSelector('text=/swarm-manager-unavailable/');
    await page.waitForSelector('[data-name="web"]');
    t.is(await page.locator('[data-name="web"] button').count(), 0);
    await page.click('nav >> text="Nodes"');
    await page.waitForSelector(cardOf('node1', 'manager'));
    t.is(await page.locator('[aria-label="Drain node2"]').count(), 0);
    t.deepEqual(await layoutFaults(page), []);
    await page.click('[aria-label="Containers of node2"]');
    await page.waitForSelector('[data-name="newer-name"]');
    t.is((await hub.call<EnvironmentView>('GET', path)).body.swarm?.managers, 1);
    t.deepEqual(errors, []);
  },
);
