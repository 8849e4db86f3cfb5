import test from 'ava';
import {
  isAttachWebSocket,
  isBuildKitConnection,
  needsBuildKitSession,
  parseDockerPath,
} from '../../../plugin/server-hooks/docker/docker-path.js';

const GOOD: ReadonlyArray<readonly [string, readonly string[]]> = [
  ['/_ping', ['_ping']],
  ['/v1.43/containers/json?all=1', ['containers', 'json']],
  ['/v4.0.0/libpod/info', ['libpod', 'info']],
  [
    '/images/registry.example:5000/team/app:1.2/json',
    ['images', 'registry.example:5000', 'team', 'app:1.2', 'json'],
  ],
  ['/containers/a%20b/json', ['containers', 'a b', 'json']],
  ['/containers/x/archive?path=/etc/../etc%2F%00%0a&x=..', ['containers', 'x', 'archive']],
  ['/containers/...', ['containers', '...']],
  ['/containers/', ['containers']],
  ['/', []],
];
for (const [raw, segments] of GOOD) {
  test(`docker path: passes ${raw}`, (t) => {
    t.deepEqual(parseDockerPath(raw), { raw, segments });
  });
}

const BAD: readonly string[] = [
  '',
  'containers/json',
  '/../environments',
  '/containers/..',
  '/containers/./json',
  '/containers/%2e%2e/json',
  '/containers/%2E./json',
  '/containers/.%2e',
  '/containers//json',
  '//containers/json',
  '/containers/x%2fy',
  '/containers/x%5Cy',
  '/containers/x\\y',
  '/containers/%00',
  '/containers/%0d%0aX:y',
  '/containers/%7f',
  '/containers/%zz',
  '/containers/%',
  '/containers/%ff',
  '/containers/x y',
  '/containers/x\r\nHost: y',
  '/containers/é',
  '/containers/x#y',
  '/containers/x?a=b c',
];
for (const raw of BAD) {
  test(`docker path: refuses ${JSON.stringify(raw)}`, (t) => {
    t.like(
      t.throws(() => parseDockerPath(raw)),
      { code: 'bad-docker-path', status: 400 },
    );
  });
}

test('docker path: an encoded name does not hide attach/ws or BuildKit', (t) => {
  t.true(isAttachWebSocket(parseDockerPath('/v1.43/containers/x/%61ttach/w%73?stdin=1')));
  t.false(isAttachWebSocket(parseDockerPath('/containers/ws/attach')));
  t.true(isBuildKitConnection(parseDockerPath('/v1.43/s%65ssion')));
  t.true(isBuildKitConnection(parseDockerPath('/grpc')));
  t.false(isBuildKitConnection(parseDockerPath('/containers/grpc/json')));
});

test('docker path: a build is BuildKit’s where a session is to bring its files', (t) => {
  const needs = (path: string) => needsBuildKitSession(parseDockerPath(path));
  t.true(needs('/v1.41/build?remote=client-session&session=ab&t=x&version=2'));
  t.true(needs('/build?%76ersion=2&session=ab'));
  t.false(needs('/build?version=2&t=x'), 'sends its files itself');
  t.false(needs('/build?version=1&session=ab'), 'the classic builder');
  t.false(needs('/build'));
});
