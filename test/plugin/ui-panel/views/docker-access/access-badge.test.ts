import test from 'ava';
import { accessBadge } from '../../../../../plugin/ui-panel/views/docker-access/access-badge.js';

const expiresAt = '2030-01-01T00:00:00.000Z';
const END_MS = Date.parse(expiresAt);

for (const [problem, nowMs, expected] of [
  [null, END_MS - 1, ['good', 'valid']],
  [null, END_MS, ['bad', 'expired']],
  ['docker-access-ends-soon', END_MS - 1, ['busy', 'ends soon']],
  ['docker-access-foreign', END_MS - 1, ['bad', 'refused: from an earlier CA']],
] as const) {
  test(`access badge: ${expected[1]}${problem ? '' : ', without a problem'}`, (t) => {
    t.deepEqual(accessBadge({ expiresAt, problem }, nowMs), expected);
  });
}
