import test from 'ava';
import { ApiClient, type ApiError } from '../../../../plugin/ui-panel/api/client.js';

/** A hub that gives these answers, and what it was asked. */
function hub(...answers: Response[]) {
  const asked: { url: string; init: RequestInit | undefined }[] = [];
  const send: typeof fetch = async (url, init) => {
    asked.push({ url: String(url), init });
    const answer = answers.shift();
    if (!answer) throw new TypeError('network');
    return answer;
  };
  return { asked, send };
}

test('api client: sends the cookie with the CSRF header, or only a token', async (t) => {
  const { asked, send } = hub(Response.json({ id: 1 }), new Response(null, { status: 204 }));
  const byCookie = new ApiClient({ baseUrl: '/edge', fetch: send });
  t.deepEqual(await byCookie.call('GET', '/environments/1'), { id: 1 });
  const byToken = new ApiClient({ baseUrl: '/tools', getToken: async () => 'flt_1', fetch: send });
  t.is(await byToken.call('POST', '/x', { body: { a: 1 } }), undefined);
  t.deepEqual(
    asked.map(({ url, init }) => [url, init?.credentials, init?.headers, init?.body]),
    [
      ['/edge/api/environments/1', 'same-origin', { 'X-Fairlead-CSRF': '1' }, undefined],
      [
        '/tools/api/x',
        'omit',
        { Authorization: 'Bearer flt_1', 'Content-Type': 'application/json' },
        '{"a":1}',
      ],
    ],
  );
});

test('api client: the hub’s errors keep their code, the engine’s their text; no response is `unreachable`', async (t) => {
  const { send } = hub(
    Response.json({ code: 'name-taken', detail: 'Another has it' }, { status: 409 }),
    Response.json({ message: 'No such container' }, { status: 404 }),
    new Response('<html>', { status: 502, statusText: 'Bad Gateway' }),
  );
  const client = new ApiClient({ baseUrl: '/edge', fetch: send });
  const fails = async () => {
    const { code, message, status } = (await t.throwsAsync(client.call('GET', '/x'))) as ApiError;
    return [code, message, status];
  };
  t.deepEqual(await fails(), ['name-taken', 'Another has it', 409]);
  t.deepEqual(await fails(), ['engine', 'No such container', 404]);
  t.deepEqual(await fails(), ['engine', 'The response was 502 Bad Gateway', 502]);
  t.deepEqual(await fails(), ['unreachable', 'The hub cannot be reached', 0]);
});

test('api client: 304 is a success', async (t) => {
  const { send } = hub(new Response(null, { status: 304 }));
  await t.notThrowsAsync(new ApiClient({ baseUrl: '/edge', fetch: send }).call('POST', '/stop'));
});

test('api client: an engine’s 401 does not sign the caller out', async (t) => {
  const headers = { 'x-fairlead-answer': 'engine' };
  const { send } = hub(
    Response.json({ code: 'unauthorized', message: 'registry login needed' }, { status: 401, headers }),
  );
  const client = new ApiClient({ baseUrl: '/edge', fetch: send, onUnauthorized: () => t.fail() });
  const error = await t.throwsAsync(client.call('POST', '/x'));
  t.like(error, { code: 'engine', status: 401, message: 'registry login needed' });
});

test('api client: reports a 401', async (t) => {
  t.plan(2);
  const { send } = hub(Response.json({ code: 'unauthorized', detail: 'Sign in' }, { status: 401 }));
  const client = new ApiClient({ baseUrl: '/edge', fetch: send, onUnauthorized: () => t.pass() });
  await t.throwsAsync(client.call('GET', '/x'));
});

test('api client: rejects a path with dot segments before it is sent', async (t) => {
  let asked = 0;
  const client = new ApiClient({
    baseUrl: '/edge',
    fetch: async () => {
      asked += 1;
      return new Response('{}');
    },
  });
  for (const name of ['a/../../7', '..', '.', '%2e%2E', '.%2e', 'a\\..\\b'])
    await t.throwsAsync(client.call('DELETE', `/environments/5/docker/images/${name}`), {
      name: 'ApiError',
      message: /cannot be used in a URL/,
    });
  t.is(asked, 0);
  for (const name of ['a..b', '...', 'x?path=../y'])
    await client.call('GET', `/environments/5/docker/${name}`);
  t.is(asked, 3);
});
