import test from 'ava';
import { ActionRunner } from '../../../../../plugin/ui-panel/elements/resource-list/action-runner.js';
import type {
  Resource,
  ResourceAction,
} from '../../../../../plugin/ui-panel/elements/resource-list/resource.js';
import { defer } from '../../../../kit/deferred.js';

const ROW = { id: '1', name: 'one' };
const OTHER = { id: '2', name: 'two' };
const refuse = async () => {
  throw new Error('in use');
};
const action = (label: string, run: () => Promise<unknown>, more: object = {}): ResourceAction<Resource> => ({
  label,
  appliesTo: () => true,
  run,
  ...more,
});
const noTasks = { label: 'Start', appliesTo: () => true, tasks: async () => [] };
const yes = async () => new Set<string>();
const runner = () => new ActionRunner<Resource>(() => {});
const shown = ({ outcomes }: ActionRunner<Resource>) =>
  outcomes.map(({ verb, all }) => [
    verb,
    ...[...all.values()].map(({ name, outcome }) => `${name} ${outcome.state}`),
  ]);

test('actions: a failure stays until it is dismissed, while other actions run', async (t) => {
  const actions = runner();
  await actions.run(action('Stop', refuse), [ROW], yes);
  await actions.run(action('Start', yes), [OTHER], yes);
  t.deepEqual(shown(actions), [['Stop', 'one failed']]);
  await actions.run(action('Start', yes), [ROW, OTHER], yes);
  t.deepEqual(shown(actions), [
    ['Stop', 'one failed'],
    ['Start', 'one done', 'two done'],
  ]);
  await actions.run(action('Remove', refuse), [OTHER], yes);
  t.deepEqual(shown(actions), [
    ['Stop', 'one failed'],
    ['Remove', 'two failed'],
  ]);
  const [first] = actions.outcomes;
  if (first) actions.dismiss(first);
  t.deepEqual(shown(actions), [['Remove', 'two failed']]);
});

test('actions: the same action again replaces its failure', async (t) => {
  const actions = runner();
  t.is(await actions.run(action('Stop', refuse), [ROW, OTHER], yes), 'failed');
  await actions.run(action('Stop', yes), [ROW], yes);
  t.deepEqual(shown(actions), [['Stop', 'two failed']]);
});

test('actions: two actions on two rows are reported separately', async (t) => {
  const actions = runner();
  const [first, second] = [defer<void>(), defer<void>()];
  const one = actions.run(
    action('Stop', () => first.promise),
    [ROW],
    yes,
  );
  const two = actions.run(
    action('Start', () => second.promise),
    [OTHER],
    yes,
  );
  second.resolve();
  await two;
  t.deepEqual(shown(actions), [['Stop', 'one running']]);
  t.deepEqual([actions.isBusy(ROW), actions.isBusy(OTHER)], [true, false]);
  first.resolve();
  await one;
  t.deepEqual(shown(actions), []);
});

test('actions: a row has one action at a time, from the first click on', async (t) => {
  const actions = runner();
  let count = 0;
  const stop = action('Stop', async () => {
    count += 1;
  });
  const both = [actions.run(stop, [ROW], yes), actions.run(stop, [ROW, OTHER], yes)];
  t.deepEqual(await Promise.all(both), ['done', 'done']);
  t.is(count, 2);
  t.is(await actions.run(action('Remove', yes, { confirm: {} }), [ROW], async () => null), 'skipped');
  t.is(await actions.run(stop, [ROW], yes), 'done', 'it is free after a no');
  t.is(count, 3);
});

test('actions: a row is not busy during the confirmation', async (t) => {
  const actions = runner();
  const ask = async (count: number) => {
    t.is(count, 1);
    t.false(actions.isBusy(ROW));
    return new Set<string>();
  };
  const run = async () => {
    t.true(actions.isBusy(ROW));
  };
  t.plan(4);
  t.is(await actions.run(action('Remove', run, { confirm: {} }), [ROW], ask), 'done');
});

test('actions: no tasks are reported as nothing to do', async (t) => {
  const actions = runner();
  t.is(await actions.run(noTasks, [ROW], yes), 'skipped');
  t.deepEqual(shown(actions), [['Start', 'one nothing to do']]);
});

test('actions: a row whose tasks cannot be listed does not stop the others', async (t) => {
  const actions = runner();
  const tasks = async (row: Resource) =>
    row.id === ROW.id ? refuse() : [{ id: 't', name: 'task', run: yes }];
  t.is(await actions.run({ label: 'Start', appliesTo: () => true, tasks }, [ROW, OTHER], yes), 'failed');
  t.deepEqual(shown(actions), [['Start', 'one failed', 'task done']]);
});
