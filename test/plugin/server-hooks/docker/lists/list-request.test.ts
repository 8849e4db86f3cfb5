import test from 'ava';
import { parseListRequest } from '../../../../../plugin/server-hooks/docker/lists/list-request.js';

const QUESTIONS = [
  ['/containers/json?nodes=all', 'containers', '/containers/json', 10],
  ['/v1.43/containers/json?all=1&nodes=all', 'containers', '/v1.43/containers/json?all=1', 10],
  ['/containers/json/?nodes=all', 'containers', '/containers/json/', 10],
  [
    '/images/json?filters=%7B%22a%22%3A%5B%22b%26nodes%3Dall%22%5D%7D&nodes=all&x=%zz&&y',
    'images',
    '/images/json?filters=%7B%22a%22%3A%5B%22b%26nodes%3Dall%22%5D%7D&x=%zz&&y',
    10,
  ],
  ['/volumes?%6eodes=%61ll&nodeSeconds=60', 'volumes', '/volumes', 60],
  ['/v1.24/networks?nodeSeconds=1&nodes=all&b=2', 'networks', '/v1.24/networks?b=2', 1],
] as const;
for (const [raw, kind, path, seconds] of QUESTIONS) {
  test(`list request: ${raw} asks for ${kind}`, (t) => {
    t.deepEqual(parseListRequest(raw, true), { kind, path, nodeMs: seconds * 1_000 });
  });
}

const NONE = [
  '/containers/json',
  '/containers/json?',
  '/containers/json?all=1&nodeSeconds=x',
  '/nodes',
  '/x?Nodes=all',
];
for (const raw of NONE) {
  test(`list request: ${raw} is an ordinary call`, (t) => t.is(parseListRequest(raw, true), null));
}

const REFUSED = [
  '/containers/json?nodes=one',
  '/containers/json?nodes=',
  '/containers/json?nodes',
  '/containers/json?nodes=ALL',
  '/containers/json?nodes=all&nodes=all',
  '/containers/json?nodes=all&nodeSeconds=0',
  '/containers/json?nodes=all&nodeSeconds=61',
  '/containers/json?nodes=all&nodeSeconds=1e1',
  '/containers/json?nodes=all&nodeSeconds=',
  '/containers/json?nodes=all&nodeSeconds=5&nodeSeconds=6',
  '/containers/web/json?nodes=all',
  '/containers?nodes=all',
  '/services?nodes=all',
  '/volumes/data?nodes=all',
  '/__proto__?nodes=all',
  '/constructor?nodes=all',
  '/?nodes=all',
];
for (const raw of REFUSED) {
  test(`list request: ${raw} is refused`, (t) => {
    t.like(
      t.throws(() => parseListRequest(raw, true)),
      { code: 'nodes-query-invalid', status: 400 },
    );
  });
}

test('list request: anything but a GET of an environment is refused', (t) => {
  t.like(
    t.throws(() => parseListRequest('/containers/json?nodes=all', false)),
    { code: 'nodes-query-invalid' },
  );
  t.is(parseListRequest('/containers/json?all=1', false), null);
});

test('list request: an ambiguous path is refused as in other calls', (t) => {
  t.like(
    t.throws(() => parseListRequest('/x/../volumes?nodes=all', true)),
    { code: 'bad-docker-path' },
  );
});
