import { setImmediate as turn } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { createOutbound } from '../../../../agent-image/src/hub/outbound.js';
import { createLogger } from '../../../../agent-image/src/log.js';
import { TunnelKeeper } from '../../../../agent-image/src/tunnel/keeper.js';
import { dialPort } from '../../../../agent-image/src/tunnel/transport/port.js';
import { deriveKey, hashJoinSecret } from '../../../../protocol/crypto/derived-keys.js';
import { systemClock } from '../../../../protocol/time/clock.js';
import { joinInstance } from '../../../kit/agent/instance.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { startRelay } from '../../../kit/fault/relay.js';
import { startPlugin } from '../../../kit/hub/plugin.js';
import { untilTrue } from '../../../kit/until.js';

/** A keeper with its own clock, whose tunnel goes through a relay; the random number is always one half. */
async function setup(
  t: ExecutionContext,
  options: { fingerprint?: string; direct?: boolean; gate?: Promise<void> } = {},
) {
  const hub = await startPlugin(t);
  const relay = await startRelay(t, hub.tunnelPort);
  const tunnelAddress = `127.0.0.1:${options.direct ? hub.tunnelPort : relay.port}`;
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'one', tunnelAddress });
  const agent = await joinInstance(t, { edgeId: edgeId ?? '', edgeKey });
  const clock = new FakeClock();
  const lines: { code?: string; level: string; msg: string }[] = [];
  const [reported, idle]: [string[], string[]] = [[], []];
  const outbound = createOutbound(
    {
      cleartext: true,
      insecurePoll: false,
      ca: null,
      proxy: { url: null, noProxy: '' },
    },
    systemClock,
  );
  t.teardown(() => outbound.close());
  const keeper: TunnelKeeper = new TunnelKeeper({
    dial: (alpn) =>
      dialPort({
        tunnelAddress,
        alpn,
        fingerprint: options.fingerprint ?? agent.edgeKey.fingerprint,
        connectTcp: async (...target) => {
          await options.gate;
          return outbound.connectTcp(...target);
        },
        clock,
      }),
    environmentId: id,
    instanceId: agent.instance.instanceId,
    purpose: 'environment',
    credentialKey: deriveKey(agent.edgeId, hashJoinSecret(agent.edgeKey.secret), 'credential'),
    instanceSecret: () => agent.client.instanceSecret,
    dialEngine: () => Promise.reject(new Error('no engine')),
    clock,
    random: () => 0.5,
    logger: createLogger(
      { logLevel: 'debug', logFormat: 'json' },
      { write: (line: string) => void lines.push(JSON.parse(line)) },
    ),
    events: {
      onReportRequest: async () => undefined,
      onIdle: async (tunnelId) => {
        idle.push(tunnelId);
        return idle.length > 1;
      },
      onLost: () => reported.push('lost'),
      onRecovered: () => reported.push('recovered'),
    },
  });
  t.teardown(() => keeper.stop());
  await hub.call('POST', `/api/environments/${id}/tunnel`);
  return { hub, id, agent, clock, keeper, lines, relay, reported, idle };
}

test('keeper: a credential opens the tunnel', async (t) => {
  const { hub, id, agent, keeper, reported } = await setup(t);
  const opening = keeper.open(await agent.credential(), 60_000);
  t.is(keeper.state, 'opening');
  await opening;
  t.is(keeper.problem, null);
  t.is((await hub.view(id)).tunnel, 'active');
  t.truthy(keeper.tunnelId);
  t.is(keeper.state, keeper.tunnelId ?? 'none', 'as check-ins report it');
  t.deepEqual(reported, []);
});

test('keeper: a lost tunnel is reported immediately', async (t) => {
  const { agent, keeper, reported, relay } = await setup(t);
  await keeper.open(await agent.credential(), 60_000);
  relay.reset();
  await untilTrue('the end of the tunnel', () => keeper.tunnelId === null, { everyMs: 1 });
  t.deepEqual(reported, ['lost']);
});

test('keeper: a tunnel that the hub ended is not reported', async (t) => {
  const { hub, id, agent, keeper, reported } = await setup(t, { direct: true });
  await keeper.open(await agent.credential(), 60_000);
  await hub.call('DELETE', `/api/environments/${id}/tunnel`);
  await untilTrue('the end of the tunnel', () => keeper.tunnelId === null, { everyMs: 1 });
  t.deepEqual(reported, []);
});

test('keeper: a failure is a problem until a tunnel opens; both are reported', async (t) => {
  const { agent, keeper, reported, clock, lines, relay } = await setup(t);
  relay.idleMs = 0;
  await keeper.open(await agent.credential(), 60_000);
  t.is(keeper.state, 'opening', 'no new credential is requested before the pause is over');
  const { problem } = keeper;
  t.regex(problem ?? '', /^(hub-unreachable|tunnel-handshake|tunnel-lost)$/);
  t.deepEqual(reported, []);
  t.is(clock.nextMs, 125);
  clock.advance(125);
  t.deepEqual(reported, ['lost']);
  relay.idleMs = null;
  await keeper.open(await agent.credential(), 60_000);
  t.is(keeper.problem, null);
  t.deepEqual(reported, ['lost', 'recovered']);
  t.is(lines.filter(({ level, code }) => level === 'warn' && code === problem).length, 1);
});

test('keeper: a failure is no problem once no tunnel is needed', async (t) => {
  const { agent, keeper } = await setup(t, { fingerprint: Buffer.alloc(32).toString('base64') });
  await keeper.open(await agent.credential(), 60_000);
  t.is(keeper.problem, 'tunnel-fingerprint-mismatch');
  keeper.release();
  t.is(keeper.problem, null);
});

test('keeper: a tunnel that is no longer needed is closed', async (t) => {
  const { agent, keeper, reported } = await setup(t);
  await keeper.open(await agent.credential(), 60_000);
  keeper.release();
  t.is(keeper.tunnelId, null);
  t.deepEqual(reported, []);
});

test('keeper: the pause grows with each failed attempt', async (t) => {
  const { agent, keeper, clock } = await setup(t, { fingerprint: Buffer.alloc(32).toString('base64') });
  const pauses: (number | null)[] = [];
  for (let i = 0; i < 9; i++) {
    await keeper.open(await agent.credential(), 60_000);
    t.is(keeper.problem, 'tunnel-fingerprint-mismatch');
    pauses.push(clock.nextMs);
    clock.advance(clock.nextMs ?? 0);
  }
  t.deepEqual(pauses, [125, 250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
});

test('keeper: a superseded credential is no problem', async (t) => {
  const { agent, keeper, lines, clock, reported } = await setup(t);
  const older = await agent.credential();
  const newer = await agent.credential();
  await keeper.open(older, 60_000);
  t.is(keeper.problem, null);
  t.like(lines.at(-1), { level: 'info', code: 'credential-superseded' });
  clock.advance(clock.nextMs ?? 0);
  t.deepEqual(reported, ['lost']);
  await keeper.open(newer, 60_000);
  t.truthy(keeper.tunnelId);
});

test('keeper: a slow attempt presents the newest credential, without a second one', async (t) => {
  let open = () => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const { hub, id, agent, keeper, relay, reported } = await setup(t, { gate });
  const opening = keeper.open(await agent.credential(), 60_000);
  for (let count = 0; count < 3; count++) await keeper.open(await agent.credential(), 60_000);
  await keeper.open('broken', 60_000);
  t.is(keeper.state, 'opening');
  open();
  await opening;
  t.is(keeper.problem, null);
  t.is((await hub.view(id)).tunnel, 'active');
  t.is(relay.taken, 1);
  t.deepEqual(reported, []);
});

test('keeper: a credential for another environment cannot be opened', async (t) => {
  const { hub, keeper } = await setup(t);
  const other = await hub.createEnvironment({ name: 'other' });
  const stranger = await joinInstance(t, { edgeId: other.edgeId ?? '', edgeKey: other.edgeKey });
  await hub.call('POST', `/api/environments/${other.id}/tunnel`);
  await keeper.open(await stranger.credential(), 60_000);
  t.is(keeper.problem, 'credential-unreadable');
});

test('keeper: an idle tunnel closes when the hub agrees, and gets another idle time when it does not', async (t) => {
  const { agent, keeper, idle, clock } = await setup(t);
  await keeper.open(await agent.credential(), 4_000);
  const id = keeper.tunnelId ?? '';
  clock.advance(3_000);
  t.deepEqual(idle, []);
  clock.advance(1_000);
  t.deepEqual(idle, [id]);
  await turn();
  t.is(keeper.tunnelId, id);
  clock.advance(4_000);
  t.deepEqual(idle, [id, id]);
  await turn();
  t.is(keeper.tunnelId, null);
});

test('keeper: a stop closes the tunnel, ends the pause, and opens no other', async (t) => {
  const { agent, keeper, clock } = await setup(t, { fingerprint: Buffer.alloc(32).toString('base64') });
  await keeper.open(await agent.credential(), 60_000);
  keeper.stop();
  keeper.stop();
  t.is(clock.pending, 0);
  await keeper.open(await agent.credential(), 60_000);
  t.is(keeper.tunnelId, null);
});
