import { randomBytes } from 'node:crypto';
import test from 'ava';
import project from '../../../package.json' with { type: 'json' };
import { type PluginOptions, parseOptions } from '../../../plugin/server-hooks/options.js';
import { type Clock, systemClock } from '../../../protocol/time/clock.js';

test('options: only the data folder has no default', (t) => {
  const { clock, ...rest } = parseOptions({ dataDir: '/data' });
  t.deepEqual(rest, {
    dataDir: '/data',
    mount: '/edge',
    tunnelPort: 8000,
    dockerPort: 2376,
    bind: '0.0.0.0',
    publicUrl: null,
    tunnelAddress: null,
    dockerAddress: null,
    agentImage: `fairlead/agent:${project.version}`,
    metricsToken: null,
    metricsPort: null,
    metricsPerEnvironment: false,
    randomBytes,
  });
  t.deepEqual(clock, systemClock);
});

/** A clock as a class: methods on the prototype, and its own state. */
class StoppedClock implements Clock {
  readonly #now = 5;
  now(): number {
    return this.#now;
  }
  monotonic(): number {
    return this.#now;
  }
  after(): () => void {
    return () => undefined;
  }
  every(): () => void {
    return () => undefined;
  }
}

test('options: given values are used, addresses are normalised, and the result is frozen', (t) => {
  const given: PluginOptions = Object.freeze({
    dataDir: '/data',
    mount: '/a/b-c',
    tunnelPort: 0,
    dockerPort: 2377,
    bind: '::1',
    publicUrl: 'HTTPS://Hub.Example:443/edge/',
    tunnelAddress: 'Hub.Example:9000',
    dockerAddress: '[2001:DB8::1]:2376',
    agentImage: 'registry:5000/agent@sha256:00',
    metricsToken: 'm'.repeat(43),
    metricsPort: 9464,
    metricsPerEnvironment: true,
    clock: new StoppedClock(),
    randomBytes: (size: number) => Buffer.alloc(size),
  });
  const resolved = parseOptions(given);
  t.deepEqual(
    { ...resolved },
    {
      ...given,
      publicUrl: 'https://hub.example/edge',
      tunnelAddress: 'hub.example:9000',
      dockerAddress: '[2001:db8::1]:2376',
    },
  );
  t.true(resolved.clock === given.clock);
  t.is(resolved.clock.now(), 5);
  t.is(given.publicUrl, 'HTTPS://Hub.Example:443/edge/');
  t.true(Object.isFrozen(resolved));
});

test('options: no Docker port', (t) => {
  t.is(parseOptions({ dataDir: '/data', dockerPort: 'none' }).dockerPort, null);
});

test('options: undefined counts as absent', (t) => {
  const given: object = { dataDir: '/data', mount: undefined, publicUrl: undefined, clock: undefined };
  t.is(parseOptions(given as PluginOptions).mount, '/edge');
});

const mistakes: [option: string, value: unknown][] = [
  ['dataDir', undefined],
  ['dataDir', 'relative'],
  ['dataDir', 7],
  ['mount', 'edge'],
  ['mount', '//'],
  ['mount', '/edge/'],
  ['mount', '/a b'],
  ['tunnelPort', -1],
  ['tunnelPort', 65_536],
  ['tunnelPort', 80.5],
  ['tunnelPort', '8000'],
  ['dockerPort', 65_536],
  ['dockerPort', 'off'],
  ['dockerPort', null],
  ['bind', ''],
  ['bind', 'a b'],
  ['publicUrl', 'hub.example'],
  ['publicUrl', 'ftp://hub.example'],
  ['publicUrl', 'https://user:pass@hub.example'],
  ['publicUrl', 'https://hub.example/?a=b'],
  ['tunnelAddress', 'hub.example'],
  ['tunnelAddress', 'hub.example:0'],
  ['tunnelAddress', '::1:8000'],
  ['dockerAddress', 'hub.example'],
  ['dockerAddress', '2001:db8::1:2376'],
  ['agentImage', ''],
  ['agentImage', '--privileged'],
  ['agentImage', 'a b'],
  ['clock', Date],
  ['clock', null],
  ['randomBytes', 'yes'],
  ['tunelPort', 8000],
];

for (const [option, value] of mistakes) {
  test(`options: ${option} = ${JSON.stringify(value) ?? String(value)} is a TypeError that names it`, (t) => {
    const given: object = { dataDir: '/data', [option]: value };
    t.throws(() => parseOptions(given as PluginOptions), {
      instanceOf: TypeError,
      message: new RegExp(`option ${option}: `),
    });
  });
}

test('options: no options at all is a TypeError', (t) => {
  const parse: (value?: unknown) => unknown = parseOptions as never;
  t.throws(() => parse(), { instanceOf: TypeError });
  t.throws(() => parse(null), { instanceOf: TypeError });
});
