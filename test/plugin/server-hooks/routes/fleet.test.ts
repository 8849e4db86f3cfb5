import test from 'ava';
import type { EnvironmentCreated, Fleet, KeyRotated, SelfTestResult } from '../../../../plugin/api.js';
import { joinInstance } from '../../../kit/agent/instance.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { startPlugin } from '../../../kit/hub/plugin.js';

test('fleet: shows the number of agents, and the defaults of a new environment', async (t) => {
  const hub = await startPlugin(t);
  const agentDefaults = { url: hub.url, tunnelAddress: `127.0.0.1:${hub.tunnelPort}` };
  const { edgeId, edgeKey } = await hub.createEnvironment({ name: 'one', checkInSeconds: 10 });
  await hub.createEnvironment({ name: 'two' });
  const none = { agents: 0, ownInterval: { agents: 0, checkInsPerSecond: 0 }, agentDefaults };
  t.deepEqual((await hub.call<Fleet>('GET', '/api/fleet')).body, none);
  await joinInstance(t, { edgeId: edgeId ?? '', edgeKey });
  await hub.call('PATCH', '/api/settings', { publicUrl: 'https://hub.test' });
  t.deepEqual((await hub.call<Fleet>('GET', '/api/fleet')).body, {
    agents: 1,
    ownInterval: { agents: 1, checkInsPerSecond: 0.1 },
    agentDefaults: { url: 'https://hub.test/edge', tunnelAddress: `hub.test:${hub.tunnelPort}` },
  });
});

test('self-test: the hub finds itself at the addresses that it publishes', async (t) => {
  const hub = await startPlugin(t, { clock: new FakeClock() });
  const { status, body } = await hub.call<SelfTestResult>('POST', '/api/self-test');
  t.is(status, 200);
  t.is(body.url, hub.url);
  t.deepEqual(
    body.checks.map(({ check, ok, code }) => [check, ok, code]),
    [
      ['api-name', false, 'hub-loopback'],
      ['api-port', true, null],
      ['api-certificate', false, 'cleartext'],
      ['api-answer', true, null],
      ['tunnel-name', false, 'hub-loopback'],
      ['tunnel-port', true, null],
      ['tunnel-key', true, null],
    ],
  );
  t.true(body.checks.every(({ ok, nextStep }) => ok === (nextStep === null)));
});

test('self-test: another hub is distinguished from this one, and reveals nothing', async (t) => {
  const hub = await startPlugin(t, { clock: new FakeClock() });
  const other = await startPlugin(t);
  const tunnelAddress = `127.0.0.1:${other.tunnelPort}`;
  const { body } = await hub.call<SelfTestResult>('POST', '/api/self-test', {
    url: other.url,
    tunnelAddress,
  });
  const codes = body.checks.map(({ code }) => code);
  t.is(codes[3], 'hub-other');
  t.is(codes[6], 'tunnel-fingerprint-mismatch');
  const stranger = await other.call<{ code: string }>('GET', '/agent/self-test');
  t.deepEqual([stranger.status, stranger.body.code], [401, 'agent-unauthorized']);
});

test('printed commands: accept any certificate if the caller asks for it, or if the CA is the hub’s', async (t) => {
  const ca = '-----BEGIN CERTIFICATE-----\n';
  for (const host of [{}, { caCertificate: ca }]) {
    const hub = await startPlugin(t, {}, host);
    const said = [undefined, true, false];
    for (const [index, insecurePoll] of said.entries()) {
      const expected = insecurePoll ?? 'caCertificate' in host;
      const given = insecurePoll === undefined ? {} : { insecurePoll };
      const { commands, id }: EnvironmentCreated = await hub.createEnvironment({
        name: `depot ${index}`,
        ...given,
      });
      const path = `/api/environments/${id}/rotate-key`;
      const { body } = await hub.call<KeyRotated>('POST', path, given);
      for (const text of [...Object.values(commands), ...Object.values(body.commands)]) {
        if (text.startsWith('printf')) continue;
        t.is(text.includes('EDGE_INSECURE_POLL'), expected, text);
      }
    }
  }
});
