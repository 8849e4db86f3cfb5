import test from 'ava';
import {
  advancePull,
  INITIAL_PULL,
  layerFraction,
  parseReference,
  pullFraction,
  pullPath,
  registryAuth,
} from '../../../../../plugin/ui-panel/resources/images/pull.js';

const advance = (...values: unknown[]) => values.reduce(advancePull, INITIAL_PULL);

test('pull: layers in order of arrival; the tag is not a layer', (t) => {
  const progress = advance(
    { status: 'Pulling from web', id: '1' },
    { status: 'Pulling fs layer', progressDetail: {}, id: 'aa' },
    { status: 'Already exists', progressDetail: {}, id: 'bb' },
    { status: 'Downloading', progressDetail: { current: 50, total: 200 }, id: 'aa' },
  );
  t.is(progress.status, 'Pulling from web');
  t.deepEqual(progress.layers, [
    { id: 'aa', status: 'Downloading', current: 50, total: 200, isDone: false },
    { id: 'bb', status: 'Already exists', current: null, total: null, isDone: true },
  ]);
  t.is(pullFraction(progress), (0.125 + 1) / 2);
});

const parts: [object, number][] = [
  [{ status: 'Waiting' }, 0],
  [{ status: 'Downloading', progressDetail: { current: 200, total: 200 } }, 0.5],
  [{ status: 'Downloading', progressDetail: { current: 300, total: 200 } }, 0.5],
  [{ status: 'Download complete' }, 0.5],
  [{ status: 'Extracting', progressDetail: { current: 50, total: 100 } }, 0.75],
  [{ status: 'Pull complete' }, 1],
];

for (const [value, part] of parts)
  test(`pull: a layer is ${part} done at ${JSON.stringify(value)}`, (t) => {
    t.is(advance({ id: 'aa', ...value }).layers.map(layerFraction)[0], part);
  });

test('pull: both forms of an error in the stream', (t) => {
  t.is(advance({ errorDetail: { message: 'no space' }, error: 'x' }).error, 'no space');
  t.is(advance({ error: 'denied' }).error, 'denied');
  t.is(advance({ status: 'fine' }).error, null);
});

test('pull: ignores odd values; everything is bounded', (t) => {
  t.is(advance(null, 7, [], { id: 'aa' }, { status: 5, id: 'aa' }), INITIAL_PULL);
  const many = Array.from({ length: 300 }, (_, n) => ({ status: 'Waiting'.repeat(200), id: `${n}` }));
  const { layers } = advance(...many);
  t.is(layers.length, 200);
  t.is(layers[0]?.status.length, 500);
  t.like(advance({ id: 'aa', status: 'x', progressDetail: { current: 'y', total: -1 } }).layers[0], {
    current: null,
    total: null,
  });
});

const references: [string, string, string][] = [
  ['web', 'web', 'latest'],
  [' web:1 ', 'web', '1'],
  ['registry:5000/a/web', 'registry:5000/a/web', 'latest'],
  ['registry:5000/a/web:1.2', 'registry:5000/a/web', '1.2'],
  ['web@sha256:12', 'web', 'sha256:12'],
  ['registry:5000/web:1@sha256:12', 'registry:5000/web:1', 'sha256:12'],
];

for (const [reference, fromImage, tag] of references)
  test(`pull: ${reference} is ${tag} of ${fromImage}`, (t) => {
    t.deepEqual(parseReference(reference), { fromImage, tag });
  });

test('pull: the path has only its own parameters', (t) => {
  t.is(pullPath('a&fromSrc=x:1'), '/images/create?fromImage=a%26fromSrc%3Dx&tag=1');
});

test('pull: a login is JSON in Base64url, of any characters', (t) => {
  const login = { username: 'ü?>', password: 'p"ä~~~' };
  const header = registryAuth(login);
  t.regex(header, /^[\w-]+=*$/);
  t.deepEqual(JSON.parse(Buffer.from(header, 'base64url').toString()), login);
});
