import { readFile } from 'node:fs/promises';
import test from 'ava';
import { problemDetail } from '../../../../plugin/server-hooks/views/status/problem-detail.js';
import { nextStep } from '../../../../plugin/ui-panel/format/problem.js';

/** No environment's problem: an agent says them to its own log, or only while it starts. */
const IN_ITS_LOG = new Set([
  'agent-stopping',
  'credential-revoked',
  'credential-superseded',
  'data-dir-unwritable',
  'hold-cut',
  'hub-answer-malformed',
  'hub-certificate-expired',
  'hub-certificate-name',
  'hub-certificate-untrusted',
  'hub-not-tls',
  'instance-secret-unreadable',
  'labels-dropped',
  'list-truncated',
  'nudged',
  'status-unwritable',
]);
/** What the hub's test of itself finds; it says what to do. */
const SELF_TEST = ['address-not-tested', 'hub-loopback', 'hub-other'];
/** What the hub says of agents that it refuses, or doubts. */
const REFUSALS = [
  'agent-too-old',
  'association-removed',
  'duplicate',
  'edge-id-mismatch',
  'manager-unconfirmed',
  'swarm-mismatch',
  'too-many-agents',
];

/** Codes of the rows of a section of docs/errors.md; those with an exit code end the agent. */
async function codesOf(section: string): Promise<string[]> {
  const text = await readFile(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');
  const [, rows = ''] = text.split(`\n## ${section}\n`);
  return rows
    .replace(/\n## .*/s, '')
    .split('\n')
    .map((row) => row.split('|'))
    .filter(([, , status]) => /–|401/.test(status ?? ''))
    .flatMap(([, cell = '']) => [...cell.matchAll(/`([a-z-]+)`/g)].map(([, code = '']) => code));
}

test('next step: one for each problem of an agent, its tunnel or its engine', async (t) => {
  const codes = new Set([...(await codesOf('Tunnel')), ...(await codesOf('Agent')), ...REFUSALS]);
  t.true(codes.size > 40);
  const without = [...codes].filter(
    (code) => !IN_ITS_LOG.has(code) && !SELF_TEST.includes(code) && nextStep(code) === null,
  );
  t.deepEqual(without, []);
  t.deepEqual(
    [...IN_ITS_LOG].filter((code) => !codes.has(code) || nextStep(code) !== null),
    [],
  );
});

test('next step: one for each cause that the hub knows, and each code is documented', async (t) => {
  const errors = await readFile(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');
  const source = (path: string) => readFile(new URL(`../../../../plugin/${path}`, import.meta.url), 'utf8');
  const codesIn = (text: string) => [...text.matchAll(/^ {2}'?([a-z-]+)'?:/gm)].map(([, code = '']) => code);
  const causes = codesIn(await source('server-hooks/views/status/problem-detail.ts'));
  const steps = codesIn(await source('ui-panel/format/problem.ts'));
  t.true(causes.length > 15 && steps.length > 30);
  t.deepEqual(
    causes.filter((code) => nextStep(code) === null),
    [],
  );
  t.deepEqual(
    steps.filter((code) => nextStep(code) === null || !errors.includes(`<a id="${code}"></a>`)),
    [],
  );
});

test('next step and cause: a code may be the name of an object’s property', (t) => {
  for (const code of ['constructor', '__proto__', 'toString', '']) {
    t.is(nextStep(code), null);
    t.is(problemDetail(code), `See docs/errors.md#${code}`);
  }
});
