import test from 'ava';
import { goClientPath } from '../../../tools/lab/install/go-client.js';
import { runCommand } from '../../../tools/lab/run-command.js';
import { containerName, onBothSides } from '../../kit/docker/compare.js';
import { startPortSetup } from '../../kit/docker/port-setup.js';
import { BUSYBOX_IMAGE } from '../../kit/engine/lab.js';

const goTest = process.env.FAIRLEAD_NO_LAB || process.env.FAIRLEAD_NO_GO_CLIENT ? test.skip : test;

goTest('docker port: a Go program by client.FromEnv works as on the engine', async (t) => {
  const setup = await startPortSetup(t);
  const program = await goClientPath();
  const ways = { local: setup.local, through: setup.byPort };
  const seen = await onBothSides(t, ways, async ({ env }) => {
    const name = containerName(t, setup);
    const { stdout } = await runCommand(program, [name, BUSYBOX_IMAGE], { env });
    return JSON.parse(stdout.replaceAll(name, 'NAME'));
  });
  t.like(seen, { listed: 1, echoed: 1_000_000, execCode: 5, stdout: 'out\n', stderr: 'err\n', code: 3 });
  t.regex(seen.missing, /No such container: NAME/);
});
