import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../../tools/lab/run-command.js';
import { serialServerTest } from '../../kit/engine/lab.js';
import { tempFolder } from '../../kit/temp-folder.js';

/** In tenths, as for `--threshold`: systemd's OK starts at 4.9. */
const EXPOSURE = '20';

serialServerTest('systemd unit: systemd accepts every line, and rates its confinement as good', async (t) => {
  const file = join(await tempFolder(t), 'fairlead-hub.service');
  const unit = await readFile('deploy/systemd/fairlead-hub.service', 'utf8');
  t.true(unit.includes('/usr/bin/node '));
  await writeFile(file, unit.replace('/usr/bin/node ', `${process.execPath} `));
  const { stdout, stderr } = await runCommand('systemd-analyze', ['verify', '--man=no', file]);
  t.is(`${stdout}${stderr}`, '');
  const rating = await runCommand('systemd-analyze', [
    ...['security', '--no-pager', '--offline=true', `--threshold=${EXPOSURE}`, file],
  ]);
  t.log(rating.stdout.trim().split('\n').at(-1));
});
