import test from 'ava';
import { ApiClient } from '../../../../plugin/ui-panel/api/client.js';
import { changeSpec } from '../../../../plugin/ui-panel/engine/change-spec.js';
import { EngineClient } from '../../../../plugin/ui-panel/engine/client.js';

interface Sent {
  readonly path: string;
  readonly body: unknown;
}

/** An engine with one node. It rejects the given updates, and may have changed by then. */
function managerThat({ refuses, changes = false }: { refuses: boolean; changes?: boolean }) {
  const sent: Sent[] = [];
  let version = 7;
  const client = new ApiClient({
    baseUrl: '',
    fetch: async (url, init) => {
      if (init?.method === 'GET')
        return Response.json({ Version: { Index: version }, Spec: { Role: 'worker', Labels: { a: 'b' } } });
      sent.push({ path: String(url).split('/docker')[1] ?? '', body: JSON.parse(String(init?.body)) });
      if (changes) version += 1;
      return refuses ? Response.json({ message: 'no' }, { status: 500 }) : new Response('');
    },
  });
  return { sent, engine: new EngineClient(client, 1) };
}

const promote = (spec: object) => ({ ...spec, Role: 'manager' });

test('change spec: writes the whole spec back with the version that was read', async (t) => {
  const { sent, engine } = managerThat({ refuses: false });
  await changeSpec(engine, '/nodes/n1', promote, '&rollback=previous');
  t.deepEqual(sent, [
    {
      path: '/nodes/n1/update?version=7&rollback=previous',
      body: { Role: 'manager', Labels: { a: 'b' } },
    },
  ]);
});

test('change spec: an engine’s error keeps its text', async (t) => {
  const { engine } = managerThat({ refuses: true });
  await t.throwsAsync(changeSpec(engine, '/nodes/n1', promote), { message: 'no' });
});

test('change spec: a version conflict is reported, and not retried', async (t) => {
  const { sent, engine } = managerThat({ refuses: true, changes: true });
  const error = await t.throwsAsync(changeSpec(engine, '/nodes/n1', promote));
  t.regex(error?.message ?? '', /changed at the same time/);
  t.is(sent.length, 1);
});

for (const answer of [null, 5, {}, { Version: 5, Spec: {} }, { Version: { Index: 7 }, Spec: null }])
  test(`change spec: nothing is written after the response ${JSON.stringify(answer)}`, async (t) => {
    const methods: (string | undefined)[] = [];
    const client = new ApiClient({
      baseUrl: '',
      fetch: async (_, init) => {
        methods.push(init?.method);
        return Response.json(answer);
      },
    });
    const error = await t.throwsAsync(changeSpec(new EngineClient(client, 1), '/nodes/n1', promote));
    t.regex(error?.message ?? '', /did not return/);
    t.deepEqual(methods, ['GET']);
  });
