import test from 'ava';
import {
  isAttachWebSocket,
  isBuildKitConnection,
  isSwarmCall,
  needsBuildKitSession,
  parseDockerPath,
} from '../../../../plugin/server-hooks/docker/path.js';

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
  ['/images/a%2Fb:1/json', ['images', 'a', 'b:1', 'json']],
  ['/v1.41%2Fcontainers%2fjson', ['containers', 'json']],
  ['/containers/x%5Cy\\z/json', ['containers', 'x\\y\\z', 'json']],
  ['/containers/%00%0d%0a%7f/json', ['containers', '\0\r\n\x7f', 'json']],
  ['/containers/%ff%C3%A9/json', ['containers', '\xff\xc3\xa9', 'json']],
  ['/containers/\xc3\xa9/json?name=\xc3\xa9', ['containers', '\xc3\xa9', 'json']],
  ['/containers/%252e%252e/json', ['containers', '%2e%2e', 'json']],
  ['/containers/x#y/json', ['containers', 'x#y', 'json']],
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
  '/containers%2f%2fjson',
  '/%2fcontainers/json',
  '/containers/x%2f..%2fy',
  '/containers/x/%2e%2e%2fy',
  '/containers/x%2f.',
  '/containers/%z',
  '/containers/%a%',
  '/containers/\u0101',
  '/containers/%zz',
  '/containers/%',
  '/containers/x y',
  '/containers/x\r\nHost: y',
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

test('docker path: a build whose files come through a session is BuildKit’s', (t) => {
  const needs = (path: string) => needsBuildKitSession(parseDockerPath(path));
  t.true(needs('/v1.41/build?remote=client-session&session=ab&t=x&version=2'));
  t.true(needs('/build?%76ersion=2&session=ab'));
  t.false(needs('/build?version=2&t=x'), 'sends its files itself');
  t.false(needs('/build?version=1&session=ab'), 'the classic builder');
  t.false(needs('/build'));
});

test('docker path: no spelling hides a call to the Swarm', (t) => {
  for (const path of [
    '/secrets',
    '/v1.41/secrets/x',
    '/v1.41./secrets',
    '/v./secrets',
    '/v..1/secrets',
    '/v1.41%2Fsecrets',
    '/v1%2e41/%73ecrets?x=/containers/json',
    '/%76%31/configs/create',
    '/swarm%2Funlockkey',
    '/nodes/',
    '/services%2fx/logs',
    '/tasks',
  ]) {
    t.true(isSwarmCall(parseDockerPath(path)), path);
  }
  for (const path of ['/containers/secrets/json', '/v1.41/swarm/join', '/v1.41/v1.41/secrets', '/secrets?']) {
    t.is(isSwarmCall(parseDockerPath(path)), path === '/secrets?', path);
  }
});
