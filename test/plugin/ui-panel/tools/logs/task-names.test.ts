import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import type { Task } from '../../../../../plugin/ui-panel/engine/model/task.js';
import { TaskNames } from '../../../../../plugin/ui-panel/tools/logs/task-names.js';

const task = (id: string, name: string, node: string | null): Task => ({
  id,
  name,
  service: 'web',
  node: node === null ? null : { id: `id of ${node}`, name: node },
  image: '',
  state: 'running',
  desired: 'running',
  error: '',
  changedAtMs: 0,
  containerId: '',
});

test('task names: loaded for an unknown task, at most every five seconds', async (t) => {
  let loads = 0;
  const answers: (readonly Task[])[] = [
    [task('t1', 'web.1', 'node2'), task('t2', 'web.node3', 'node3'), task('t3', 'web.3', null)],
  ];
  let asked = 0;
  const names = new TaskNames(
    async () => {
      asked += 1;
      const answer = answers.shift();
      if (!answer) throw new Error('no manager');
      return answer;
    },
    () => {
      loads += 1;
    },
  );
  t.is(names.nameOf('t1', 0), 't1');
  await setImmediate();
  t.is(loads, 1);
  t.deepEqual(
    ['t1', 't2', 't3'].map((id) => names.nameOf(id, 1)),
    ['web.1@node2', 'web@node3', 'web.3'],
  );
  t.is(names.nameOf('a-very-long-id-of-a-task', 4_999), 'a-very-long-');
  t.is(asked, 1);
  names.nameOf('t4', 5_000);
  names.nameOf('t5', 5_001);
  await setImmediate();
  t.deepEqual([asked, loads], [2, 1], 'a failed load is not reported');
  t.is(names.nameOf('t1', 5_002), 'web.1@node2');
});
