import test from 'ava';
import { dockerErrorBody } from '../../../../plugin/server-hooks/docker/error.js';
import { Problem, problem } from '../../../../protocol/problems.js';

test('docker error: has the members of a problem and the message that Docker clients print', (t) => {
  const error = problem('environment-offline', {
    retryAfterSeconds: 4.2,
    members: { lastCheckInAt: null, status: 200, message: 'no' },
  });
  const { status, headers, body } = dockerErrorBody(error);
  t.is(status, 503);
  t.is(headers['content-type'], 'application/json');
  t.is(headers['content-length'], Buffer.byteLength(body));
  t.is(headers['retry-after'], '5');
  t.is(headers['x-content-type-options'], 'nosniff');
  t.deepEqual(JSON.parse(body), {
    lastCheckInAt: null,
    title: 'Service Unavailable',
    status: 503,
    code: 'environment-offline',
    detail: "The environment's agent does not check in",
    message: "The environment's agent does not check in",
  });
});

test('docker error: shows only the code of an internal problem', (t) => {
  const error = new Problem('tunnel-lost', 'secret', {
    status: 502,
    isSilent: true,
    members: { secret: 'secret' },
  });
  const { body } = dockerErrorBody(error);
  t.notRegex(body, /secret/);
  t.like(JSON.parse(body), { code: 'tunnel-lost', status: 502 });
  t.regex(JSON.parse(body).message, /tunnel-lost/);
});

test('docker error: anything else is a bare 500', (t) => {
  for (const thrown of [new TypeError('secret'), 'secret', undefined]) {
    const { status, body } = dockerErrorBody(thrown);
    t.is(status, 500);
    t.notRegex(body, /secret/);
    t.is(JSON.parse(body).code, 'internal');
  }
});
