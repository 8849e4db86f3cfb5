import { randomBytes } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import { serialBrowserTest } from '../../kit/browser/browser.js';
import { havePanel, openPanel } from '../../kit/browser/panel-page.js';
import { type Console, openConsole } from '../../kit/docker/console.js';
import { BUSYBOX_IMAGE, serialLabTest, sharedEngine } from '../../kit/engine/lab.js';
import { startHubAndAgent } from '../../kit/hub-and-agent.js';
import { until } from '../../kit/until.js';

/** SIGKILL comes 4 s after the hang-up; five times that. */
const GONE_MS = 5 * 5_000;

/** A container of the test's own, and what runs in it besides its first process. */
async function startContainer(t: ExecutionContext, options: readonly string[] = []) {
  const engine = await sharedEngine();
  const name = `hang-up-${process.pid}-${randomBytes(4).toString('hex')}`;
  t.teardown(async () => void (await engine.docker(['rm', '-f', name], { allowFailure: true })));
  await engine.docker([
    'run',
    '-d',
    '--init',
    '--name',
    name,
    ...options,
    BUSYBOX_IMAGE,
    'tail',
    '-f',
    '/dev/null',
  ]);
  const processes = async () => {
    const { stdout } = await engine.docker(['top', name, '-eo', 'pid,args']);
    const commands = stdout
      .split('\n')
      .slice(1)
      .map((line) => line.trim().replace(/^\d+ +/, ''));
    return commands.filter((command) => command && !/docker-init|tail -f/.test(command)).sort();
  };
  /** Polls, because the engine reports no process but its own. */
  const untilProcesses = (holds: (commands: string[]) => boolean) => until(processes, holds, { ms: GONE_MS });
  return { name, engine, untilProcesses };
}

const isEmpty = (commands: string[]) => commands.length === 0;
const newMarker = () => randomBytes(16).toString('hex');
const runs = (text: string) => (commands: string[]) => commands.some((command) => command.includes(text));
/** The script that ends the process waits, too. */
const isWatched = runs('fairlead-hang-up');

async function startSleep(shell: Console): Promise<void> {
  shell.type('echo "ready $((1 + 1))"; sleep 1000\n');
  await shell.untilOutput(/ready 2/);
}

serialBrowserTest('console hang-up: a console closed in the panel leaves no process', async (t) => {
  await havePanel();
  const { hub, created } = await startHubAndAgent(t);
  const { name, untilProcesses } = await startContainer(t);
  const { page } = await openPanel(t, hub);
  const open = async () => {
    await page.click(`[aria-label="Console of ${name}"]`);
    await page.waitForSelector('text="Connected"');
    await page.click('.screen');
    await page.keyboard.type('sleep 1000\n');
    await untilProcesses((commands) => runs('sleep 1000')(commands) && isWatched(commands));
  };
  await page.click(`.row:has-text(${JSON.stringify(created.name)})`);
  await page.fill('.filter input', name);
  await open();
  await page.click('.close');
  t.deepEqual(await untilProcesses(isEmpty), [], 'the tool was closed');
  await open();
  await page.close();
  t.deepEqual(await untilProcesses(isEmpty), [], 'the tab was closed');
});

serialLabTest('console hang-up: a lost connection of page, hub or agent leaves no process', async (t) => {
  const setup = await startHubAndAgent(t);
  const { name, untilProcesses } = await startContainer(t);
  const ends: [string, (shell: Console) => unknown][] = [
    ['page', (shell) => shell.ws.terminate()],
    ['tunnel', () => setup.hub.call('DELETE', `/edge/api/environments/${setup.created.id}/tunnel`)],
    ['hub', () => setup.hub.child.kill('SIGKILL')],
  ];
  for (const [what, end] of ends) {
    const options = { marker: newMarker(), user: '65534' };
    const shell = await openConsole(t, setup.hub, setup.created.id, name, ['sh'], options);
    await startSleep(shell);
    await untilProcesses(isWatched);
    await end(shell);
    t.deepEqual(await untilProcesses(isEmpty), [], what);
  }
  const other = await startHubAndAgent(t);
  const shell = await openConsole(t, other.hub, other.created.id, name, ['sh'], { marker: newMarker() });
  await startSleep(shell);
  await untilProcesses(isWatched);
  other.agent.child.kill('SIGKILL');
  t.deepEqual(await untilProcesses(isEmpty), [], 'agent');
});

serialLabTest('console hang-up: SIGHUP first, SIGKILL for a process that ignores it', async (t) => {
  const { hub, created } = await startHubAndAgent(t);
  for (const options of [[], ['--pid', 'host']]) {
    const { name, untilProcesses, engine } = await startContainer(t, options);
    const scripts = [`trap 'touch /hung-up; exit' HUP`, `trap '' HUP`];
    for (const script of scripts) {
      const command = ['sh', '-c', `${script}; echo ready; while :; do read -r _; done`];
      const shell = await openConsole(t, hub, created.id, name, command, { marker: newMarker() });
      await shell.untilOutput(/ready/);
      await untilProcesses(isWatched);
      shell.ws.terminate();
      t.deepEqual(await untilProcesses(isEmpty), [], script);
    }
    await t.notThrowsAsync(engine.docker(['exec', name, 'ls', '/hung-up']));
  }
});

serialLabTest('console hang-up: background work, other consoles and foreign execs continue', async (t) => {
  const { hub, created } = await startHubAndAgent(t);
  const { name, untilProcesses, engine } = await startContainer(t);
  const marked = await openConsole(t, hub, created.id, name, ['sh'], { marker: newMarker() });
  marked.type('(trap "" HUP; exec sleep 1001) & setsid sleep 1002 & echo "done $((1 + 1))"\n');
  await marked.untilOutput(/done 2/);
  const other = await openConsole(t, hub, created.id, name, ['sh'], { marker: newMarker() });
  other.type('exec sleep 1003\n');
  const unmarked = await openConsole(t, hub, created.id, name, ['sleep', '1004']);
  await engine.docker(['exec', '-d', '-t', '-e', `FAIRLEAD_CONSOLE=${newMarker()}`, name, 'sleep', '1005']);
  await untilProcesses((commands) =>
    [1001, 1002, 1003, 1004, 1005].every((sign) => runs(`sleep ${sign}`)(commands)),
  );
  unmarked.ws.terminate();
  marked.ws.terminate();
  const left = await untilProcesses(
    (commands) => commands.filter((command) => /^sh/.test(command)).length === 1,
  );
  t.is(left.filter((command) => command.startsWith('sleep')).length, 5);
});

serialLabTest(
  'console hang-up: a process that ends by itself reports its code and leaves no watcher',
  async (t) => {
    const { hub, created } = await startHubAndAgent(t);
    const { name, untilProcesses } = await startContainer(t);
    const shell = await openConsole(t, hub, created.id, name, ['sh'], { marker: newMarker() });
    await untilProcesses(isWatched);
    shell.type('exit 7\n');
    t.deepEqual((await shell.closed).at(-1), { type: 'exit', code: 7 });
    t.deepEqual(await untilProcesses(isEmpty), []);
  },
);
