import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import pino from 'pino';
import { SwarmReporter } from '../../../../agent-image/src/hub/swarm-reporter.js';
import type { SwarmReport } from '../../../../protocol/messages/agent-calls.js';
import { problem } from '../../../../protocol/problems.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { member } from '../../../kit/lease-simulation/samples.js';

const ONE: SwarmReport = { swarmId: 's', nodes: [member('n1', 'manager', 'active')] };
const TWO: SwarmReport = { swarmId: 's', nodes: [member('n1', 'manager', 'drain')] };

function setup() {
  const clock = new FakeClock();
  const posted: SwarmReport[] = [];
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line).level) };
  const logger = pino({ level: 'debug', formatters: { level: (level) => ({ level }) } }, stream);
  const hub = {
    answer: (): Promise<void> => Promise.resolve(),
  };
  const client = {
    postSwarm: (report: SwarmReport) => {
      posted.push(report);
      return hub.answer();
    },
  };
  return { clock, posted, lines, hub, reporter: new SwarmReporter({ client, clock, logger }) };
}

test('swarm reporter: reports nothing before the hub answered, then the latest, once', async (t) => {
  const { posted, reporter } = setup();
  reporter.note(ONE);
  reporter.note(TWO);
  t.deepEqual(posted, []);
  reporter.reset();
  await turn();
  reporter.note(TWO);
  reporter.note(null);
  await turn();
  t.deepEqual(posted, [TWO]);
});

test('swarm reporter: reports what is new, and everything again to a restarted hub', async (t) => {
  const { posted, reporter } = setup();
  reporter.reset();
  for (const report of [ONE, ONE, TWO, TWO]) {
    reporter.note(report);
    await turn();
  }
  reporter.reset();
  await turn();
  t.deepEqual(posted, [ONE, TWO, TWO]);
});

test('swarm reporter: what the old hub accepted during its restart is reported once more', async (t) => {
  const { posted, reporter, hub } = setup();
  let accept = () => {};
  hub.answer = () =>
    new Promise((resolve) => {
      accept = resolve;
    });
  reporter.reset();
  await turn();
  reporter.note(ONE);
  reporter.reset();
  accept();
  await turn();
  reporter.note(ONE);
  t.deepEqual(posted, [ONE, ONE]);
});

test('swarm reporter: a refusal is tried again after 10 s, and warned of once', async (t) => {
  const { clock, posted, lines, reporter, hub } = setup();
  hub.answer = () => Promise.reject(problem('manager-unconfirmed'));
  reporter.reset();
  for (let n = 0; n < 4; n++) {
    reporter.note(ONE);
    await turn();
    clock.advance(5_000);
  }
  t.is(posted.length, 2);
  t.deepEqual(lines, ['warn', 'debug']);
  hub.answer = () => Promise.resolve();
  reporter.note(ONE);
  await turn();
  clock.advance(10_000);
  reporter.note(ONE);
  t.is(posted.length, 3);
});

test('swarm reporter: a report that the hub asks for is sent during the pause, and the pause holds for others', async (t) => {
  const { posted, reporter, hub } = setup();
  hub.answer = () => Promise.reject(problem('manager-unconfirmed'));
  reporter.reset();
  reporter.note(ONE);
  await turn();
  t.is(posted.length, 1);
  await reporter.reported();
  t.is(posted.length, 2);
  reporter.note(TWO);
  await turn();
  t.is(posted.length, 2);
  hub.answer = () => Promise.resolve();
  await reporter.reported();
  await reporter.reported();
  t.deepEqual(posted, [ONE, ONE, TWO], 'nothing new is sent twice');
});
