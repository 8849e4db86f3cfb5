import test from 'ava';
import type { SnapshotView } from '../../../../../plugin/api.js';
import {
  imagePath,
  imagesOfList,
  imagesOfSnapshot,
} from '../../../../../plugin/ui-panel/engine/model/image.js';

const ID = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;
const listed = (changes: object) => ({ Id: ID, Size: 10, Created: 5, ...changes });

test('images: a row for each tag; uses are of the whole image', (t) => {
  const rows = imagesOfList(
    [listed({ RepoTags: ['web:1', 'registry:5000/web:1'] })],
    [ID, ID, OTHER].map((ImageID, index) => ({ Id: `c${index}`, ImageID })),
  );
  t.deepEqual(
    rows.map(({ name, reference, uses, size, createdMs, isDangling }) => [
      name,
      reference,
      uses,
      size,
      createdMs,
      isDangling,
    ]),
    [
      ['web:1', 'web:1', 2, 10, 5_000, false],
      ['registry:5000/web:1', 'registry:5000/web:1', 2, 10, 5_000, false],
    ],
  );
  t.is(new Set(rows.map(({ id }) => id)).size, 2);
});

for (const [what, names, name, isDangling] of [
  ['null', { RepoTags: null, RepoDigests: null }, 'a'.repeat(12), true],
  ['none', { RepoTags: ['<none>:<none>'], RepoDigests: ['<none>@<none>'] }, 'a'.repeat(12), true],
  ['a digest', { RepoTags: [], RepoDigests: ['web@sha256:12'] }, 'web@sha256:12', true],
] as const)
  test(`images: without tags, with ${what} as names, removed by its id`, (t) => {
    t.like(imagesOfList([listed(names)], []), [{ name, reference: ID, isDangling, uses: 0 }]);
  });

test('images: uses are counted per node', (t) => {
  const node = (ID: string) => ({ Node: { ID, Name: `node ${ID}` } });
  const rows = imagesOfList(
    [listed({ RepoTags: ['web:1'], ...node('1') }), listed({ RepoTags: ['web:1'], ...node('2') })],
    [{ Id: 'c', ImageID: ID, ...node('2') }],
  );
  t.deepEqual(
    rows.map(({ node, uses }) => [node?.name, uses]),
    [
      ['node 1', 0],
      ['node 2', 1],
    ],
  );
});

test('images: a snapshot’s containers may name their image in any form', (t) => {
  const container = (image: string) => ({ image });
  const snapshot = {
    images: [
      { id: ID, tags: ['web:latest'], bytes: 10, createdAt: '2026-01-02T03:04:05Z' },
      { id: OTHER, tags: [], bytes: 0, createdAt: 'x' },
    ],
    containers: ['web', 'web:latest', ID, 'a'.repeat(12), 'web:2', 'other/web', 'registry:5000/web'].map(
      container,
    ),
  } as unknown as SnapshotView;
  const [web, dangling] = imagesOfSnapshot(snapshot);
  t.like(web, { name: 'web:latest', uses: 4, createdMs: Date.parse('2026-01-02T03:04:05Z') });
  t.like(dangling, { isDangling: true, uses: 0, createdMs: Number.NaN });
});

for (const [reference, path] of [
  ['registry:5000/team/web:1.2', '/images/registry%3A5000/team/web%3A1.2'],
  ['a..b/.c:1', '/images/a..b/.c%3A1'],
  ['../containers/web', `/images/sha256%3A${'a'.repeat(64)}`],
  ['a/./b', `/images/sha256%3A${'a'.repeat(64)}`],
  ['a//b', `/images/sha256%3A${'a'.repeat(64)}`],
  ['a/..', `/images/sha256%3A${'a'.repeat(64)}`],
  ['web?force=1', `/images/sha256%3A${'a'.repeat(64)}`],
  ['%2e%2e/web', `/images/sha256%3A${'a'.repeat(64)}`],
] as const)
  test(`images: ${reference} is removed at ${path.slice(0, 24)}`, (t) => {
    t.is(imagePath({ reference, imageId: ID }), path);
  });

test('images: an id does not change the path', (t) => {
  const id = 'x/../../containers/web';
  t.is(imagePath({ reference: id, imageId: id }), '/images/x%2F..%2F..%2Fcontainers%2Fweb');
});
