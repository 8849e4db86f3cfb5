import test from 'ava';
import { AgentPace } from '../../../../plugin/server-hooks/agents/agent-pace.js';
import type { AuthenticatedAgent } from '../../../../plugin/server-hooks/agents/authenticate-agent.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';

const agent = (environment: number, instance: string) =>
  ({ environment: { id: environment }, instance: { id: instance } }) as AuthenticatedAgent;

test('agent pace: allows a burst, then one call per gap, for each instance and kind', (t) => {
  const clock = new FakeClock();
  const pace = new AgentPace(clock);
  const rule = { gapMs: 1_000, burst: 3 };
  const admit = (one = agent(1, 'a'), kind = 'swarm') => pace.admit(one, kind, rule);
  for (let n = 0; n < 3; n++) admit();
  t.like(
    t.throws(() => admit()),
    { code: 'body-too-soon', status: 429, retryAfterSeconds: 1 },
  );
  t.notThrows(() => admit(agent(1, 'b')));
  t.notThrows(() => admit(agent(2, 'a')));
  t.notThrows(() => admit(agent(1, 'a'), 'idle'));
  clock.advance(1_000);
  t.notThrows(() => admit());
  t.throws(() => admit(), { code: 'body-too-soon' });
});

test('agent pace: forgets instances that have been quiet', (t) => {
  const clock = new FakeClock();
  const pace = new AgentPace(clock);
  const rule = { gapMs: 1_000, burst: 1 };
  for (let n = 0; n < 1_024; n++) pace.admit(agent(1, `old-${n}`), 'idle', rule);
  clock.advance(1_000);
  pace.admit(agent(1, 'new'), 'idle', rule);
  t.throws(() => pace.admit(agent(1, 'new'), 'idle', rule), { code: 'body-too-soon' });
});
