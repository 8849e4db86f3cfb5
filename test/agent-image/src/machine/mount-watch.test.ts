import test from 'ava';
import { MountWatch, staleMount } from '../../../../agent-image/src/machine/mount-watch.js';

const SOCKET = '/var/run/docker.sock';
const mount = (root: string, at: string) => `607 582 0:23 ${root} ${at} rw,nosuid - tmpfs tmpfs rw`;
const WHOLE = [mount('/', '/'), mount('/docker.sock', SOCKET), mount('/certs', '/etc/my\\040certs')].join(
  '\n',
);
const REPLACED = WHOLE.replace('/docker.sock ', '/docker.sock//deleted ');
const FOLDER_REPLACED = WHOLE.replace('/certs ', '/certs//deleted ');

test('stale mount: a mount of a deleted file covers its path, one of a deleted folder all below it', (t) => {
  const paths = [SOCKET, '/etc/my certs/ca.pem'];
  t.is(staleMount(paths, WHOLE), null);
  t.is(staleMount(paths, ''), null);
  t.is(staleMount(paths, REPLACED), SOCKET);
  t.is(staleMount(paths, FOLDER_REPLACED), '/etc/my certs/ca.pem');
  t.is(staleMount(['/etc/my certs.pem'], FOLDER_REPLACED), null);
});

test('mount watch: what has worked and fails twice over a deleted file is reported', (t) => {
  const stale: string[] = [];
  let mounts = REPLACED;
  const options = { paths: [SOCKET], onStale: (path: string) => stale.push(path), readMounts: () => mounts };
  const neverWorked = new MountWatch(options);
  for (const _ of [1, 2, 3]) neverWorked.note(true);
  t.deepEqual(stale, [], 'a new container would not help');

  const watch = new MountWatch(options);
  watch.note(false);
  watch.note(true);
  watch.note(false);
  watch.note(true);
  t.deepEqual(stale, []);
  watch.note(true);
  t.deepEqual(stale, [SOCKET]);

  mounts = WHOLE;
  watch.note(true);
  t.deepEqual(stale, [SOCKET], 'an engine that is down has its mount');
});
