import test, { type ExecutionContext } from 'ava';
import type { LoadedPlugin } from '../../../host/plugins/load-plugin.js';
import { PluginSlot } from '../../../host/plugins/slot.js';
import { Problem, problem } from '../../../protocol/problems.js';
import { systemClock } from '../../../protocol/time/clock.js';

const manifest = {
  manifestVersion: 1,
  id: 'fake',
  name: 'Fake',
  version: '1.2.3',
  server: { module: 'x.js', export: 'createPlugin' },
  mount: '/edge',
  folder: '/nowhere',
} as const;

/** A slot whose plugins note what happens to them; `changes` decides how the nth one (from 1) is. */
function makeSlot(changes: (number: number) => Partial<LoadedPlugin> = () => ({})) {
  const seen: string[] = [];
  let made = 0;
  const slot = new PluginSlot(
    manifest,
    async () => {
      const number = ++made;
      const { start, stop, ...handlers } = changes(number);
      return {
        routes: async () => undefined,
        upgrade: () => true,
        ...handlers,
        start: async () => {
          seen.push(`start ${number}`);
          return start ? start() : { tunnelPort: number };
        },
        stop: async () => {
          seen.push(`stop ${number}`);
          await stop?.();
        },
      };
    },
    systemClock,
    { startMs: 50, stopMs: 50 },
  );
  return { slot, seen };
}

const isMounted = (slot: PluginSlot) => slot.upgrade({} as never, {} as never, Buffer.alloc(0));

function isFailed(t: ExecutionContext, slot: PluginSlot, problem: RegExp): void {
  t.is(slot.state, 'failed');
  t.regex(slot.problem?.message ?? '', problem);
  t.false(isMounted(slot));
  t.is(slot.tunnelPort, null);
}

const never = () => new Promise<never>(() => undefined);
const fail = (message: string) => async () => {
  throw new Error(message);
};

test('slot: a new plugin is created each time it is enabled, and one runs at a time', async (t) => {
  const { slot, seen } = makeSlot();
  t.false(isMounted(slot));
  await Promise.all([slot.enable(), slot.enable()]);
  t.true(isMounted(slot));
  t.is(slot.tunnelPort, 1);
  await slot.disable();
  await slot.disable();
  t.is(slot.state, 'off');
  t.false(isMounted(slot));
  await Promise.all([slot.enable(), slot.disable(), slot.enable()]);
  t.is(slot.state, 'on');
  t.is(slot.tunnelPort, 3);
  t.deepEqual(seen, ['start 1', 'stop 1', 'start 2', 'stop 2', 'start 3']);
});

test('slot: a plugin that cannot start is stopped, and may start at the next attempt', async (t) => {
  const { slot, seen } = makeSlot((number) => (number === 1 ? { start: fail('port taken') } : {}));
  await slot.enable();
  isFailed(t, slot, /port taken/);
  await slot.enable();
  t.is(slot.state, 'on');
  t.is(slot.problem, null);
  t.deepEqual(seen, ['start 1', 'stop 1', 'start 2']);
});

test('slot: a plugin that does not start in time is stopped', async (t) => {
  const { slot, seen } = makeSlot(() => ({ start: never }));
  await slot.enable();
  isFailed(t, slot, /start took more than 0\.05 s/);
  t.deepEqual(seen, ['start 1', 'stop 1']);
});

test('slot: a stop that fails or never ends neither keeps a plugin mounted nor blocks the next one', async (t) => {
  const { slot } = makeSlot((number) => ({ stop: number === 1 ? fail('stuck') : never }));
  await slot.enable();
  await slot.disable();
  isFailed(t, slot, /stuck/);
  await slot.enable();
  t.is(slot.state, 'on');
  await slot.disable();
  isFailed(t, slot, /stop took more than 0\.05 s/);
  await slot.disable();
  t.is(slot.state, 'off');
});

test('slot: a plugin that cannot be loaded, or throws a string, has a readable problem', async (t) => {
  const slot = new PluginSlot(manifest, async () => Promise.reject('a string'), systemClock);
  await slot.enable();
  isFailed(t, slot, /a string/);
});

test('slot: a Problem that escapes its plugin is not the host’s, one of the host passes', async (t) => {
  const leak = () => {
    throw problem('rate-limited');
  };
  const { slot } = makeSlot((number) =>
    number === 1 ? { routes: async () => leak(), upgrade: leak } : { routes: (_, next) => next() },
  );
  const route = (next: () => Promise<void>) => t.throwsAsync(async () => slot.routes({} as never, next));
  await slot.enable();
  const upgrade = t.throws(() => isMounted(slot));
  for (const error of [await route(async () => undefined), upgrade]) {
    t.false(error instanceof Problem);
    t.like(error, { cause: { code: 'rate-limited' } });
  }
  await slot.disable();
  await slot.enable();
  t.like(await route(async () => leak()), { code: 'rate-limited' });
});

test('slot: offers check-ins to a running plugin that answers them, and to no other', async (t) => {
  const { slot } = makeSlot((number) => (number === 1 ? { checkIn: () => true } : {}));
  const isAnswered = () => slot.checkIn({} as never, {} as never);
  t.false(isAnswered(), 'it does not run');
  await slot.enable();
  t.true(isAnswered());
  await slot.disable();
  t.false(isAnswered());
  await slot.enable();
  t.false(isAnswered(), 'this one has no such method');
});
