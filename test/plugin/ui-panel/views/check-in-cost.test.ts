import { readFile } from 'node:fs/promises';
import test from 'ava';
import {
  type CheckInCost,
  checkInCost,
  formatCost,
  HELD_BYTES,
  PLAIN_BYTES,
} from '../../../../plugin/ui-panel/views/check-in-cost.js';

const NONE = { agents: 0, checkInsPerSecond: 0 };
const fleet = (agents: number, ownInterval = NONE) => ({ agents, ownInterval });

test('check-in cost: the bytes are the measured ones', async (t) => {
  const text = await readFile('bench/README.md', 'utf8');
  const measured = (row: string) => {
    const cells = text
      .split('\n')
      .find((line) => line.startsWith(`| ${row} |`))
      ?.split('|')
      .map((cell) => Number(cell.replaceAll(',', '')));
    return ((cells?.[2] ?? 0) + (cells?.[3] ?? 0)) / (cells?.[4] ?? 0);
  };
  t.is(PLAIN_BYTES, measured('standalone, plain check-ins'));
  t.is(HELD_BYTES, measured('standalone, held check-ins'));
});

test('check-in cost: 15,000 agents as bench/README.md has them', (t) => {
  const plain = checkInCost(fleet(15_000), { checkInSeconds: 5, heldCheckIns: false });
  t.is(formatCost(plain), '3,000 requests/s, 16.2 Mbit/s');
  const held = checkInCost(fleet(15_000), { checkInSeconds: 5, heldCheckIns: true });
  t.is(formatCost(held), '300 requests/s, 1.69 Mbit/s');
});

test('check-in cost: own intervals override the setting, and do not apply to held check-ins', (t) => {
  const some = fleet(110, { agents: 10, checkInsPerSecond: 10 });
  const at = (checkInSeconds: number, heldCheckIns: boolean): CheckInCost =>
    checkInCost(some, { checkInSeconds, heldCheckIns });
  t.is(at(10, false).requestsPerSecond, 20);
  t.is(at(100, false).requestsPerSecond, 11);
  t.is(at(100, true).requestsPerSecond, 2.2);
});

test('check-in cost: no agents cost nothing', (t) => {
  const { requestsPerSecond } = checkInCost(fleet(0), { checkInSeconds: 1, heldCheckIns: false });
  t.is(requestsPerSecond, 0);
  t.is(
    formatCost({ requestsPerSecond: 0.2, megabitsPerSecond: 0.0001 }),
    '0.2 requests/s, under 0.01 Mbit/s',
  );
  t.is(formatCost({ requestsPerSecond: 0, megabitsPerSecond: 0 }), '0 requests/s, 0 Mbit/s');
});
