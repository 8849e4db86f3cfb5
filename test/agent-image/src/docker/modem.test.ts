import test, { type ExecutionContext } from 'ava';
import { dialEngine } from '../../../../agent-image/src/docker/dial-engine.js';
import { Modem, type ModemCall } from '../../../../agent-image/src/docker/modem.js';
import { systemClock } from '../../../../protocol/time/clock.js';
import { type Answer, startFakeEngine } from './fake-engine.js';

/** Makes one call at an engine with these answers. */
async function setup(t: ExecutionContext, answers: Record<string, Answer>) {
  const engine = await startFakeEngine(t, answers);
  const { signal } = new AbortController();
  const modem = new Modem((aborted) => dialEngine(engine.address, systemClock, aborted), signal);
  const call = (given: Partial<ModemCall>) =>
    new Promise<unknown>((resolve, reject) =>
      modem.dial({ method: 'GET', path: '/list', statusCodes: { 200: true }, ...given }, (error, answer) =>
        error ? reject(error) : resolve(answer),
      ),
    );
  return { engine, call };
}

test('modem: options are the query, objects in it JSON', async (t) => {
  const { engine, call } = await setup(t, {});
  await call({ path: '/tasks?', options: {} }).catch(() => null);
  await call({ path: '/tasks?', options: { all: true, filters: { id: ['a&b'] } } }).catch(() => null);
  t.deepEqual(engine.requests, [
    'GET /tasks',
    `GET /tasks?all=true&filters=${encodeURIComponent('{"id":["a&b"]}')}`,
  ]);
});

test('modem: an answer is parsed JSON, or text where it is none', async (t) => {
  const { call } = await setup(t, {
    '/json': [{ a: 1 }],
    '/text': (_request, response) => void response.end('OK'),
  });
  t.deepEqual(await call({ path: '/json' }), [{ a: 1 }]);
  t.is(await call({ path: '/text' }), 'OK');
});

test('modem: a status that the call does not name as a success is an error', async (t) => {
  const { call } = await setup(t, {
    '/busy': (_request, response) => void response.writeHead(503).end('{}'),
  });
  const refused = call({ path: '/busy', statusCodes: { 200: true, 503: 'busy' } });
  t.like(await t.throwsAsync(refused), { statusCode: 503, message: 'HTTP 503: busy' });
});

test('modem: an unrequested upgrade is a bad answer', async (t) => {
  const { call } = await setup(t, {
    '/list': (_request, response) =>
      void response.socket?.end(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
      ),
  });
  await t.throwsAsync(call({}), { code: 'engine-bad-answer' });
});
