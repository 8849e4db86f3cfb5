import test from 'ava';
import { containerFacts } from '../../../../../plugin/ui-panel/tools/inspect/container-facts.js';

const INSPECTED = {
  Id: 'abc',
  Image: 'sha256:1',
  Path: 'sh',
  Args: ['-c', `echo 'hi' $X`],
  RestartCount: 2,
  State: {
    Status: 'exited',
    Running: false,
    OOMKilled: true,
    ExitCode: 137,
    Error: '',
    Health: {
      Status: 'unhealthy',
      Log: [
        { ExitCode: 0, Output: 'old' },
        { ExitCode: 1, Output: 'no answer\n' },
      ],
    },
  },
  HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 5 } },
  Mounts: [
    { Type: 'bind', Source: '/etc', Destination: '/host', RW: false },
    { Type: 'volume', Name: 'data', Source: '/var/lib', Destination: '/data', RW: true },
  ],
  NetworkSettings: {
    Networks: {
      web: { IPAddress: '10.0.0.2', GlobalIPv6Address: 'fd00::2', Aliases: ['a'] },
      off: { IPAddress: '' },
    },
    Ports: { '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '8080' }], '9/udp': null },
  },
  Config: { Image: 'app:1', User: '', Env: ['A=1'], Labels: { '<b>': '<script>' } },
};

test('container facts: image, command, state, mounts, networks and more', (t) => {
  const facts = Object.fromEntries(containerFacts(INSPECTED).map(({ name, values }) => [name, values]));
  t.deepEqual(facts, {
    Image: ['app:1', 'sha256:1'],
    Command: [`sh -c 'echo '\\''hi'\\'' $X'`],
    State: ['exited, exit code 137: out of memory'],
    Health: ['unhealthy', 'exit code 1: no answer'],
    Restarts: ['2, policy: on-failure, at most 5 times'],
    Mounts: ['bind /etc → /host (read-only)', 'volume data → /data'],
    Networks: ['web: 10.0.0.2, fd00::2 (a)', 'off: no address'],
    Ports: ['0.0.0.0:8080 → 80/tcp', '9/udp, not published'],
    Id: ['abc'],
    Labels: ['<b>=<script>'],
    'Environment variables': ['A=1'],
  });
});

test('container facts: odd responses give fewer facts, all of them texts', (t) => {
  const odd = {
    Config: [1],
    State: 'x',
    Mounts: { length: 9 },
    NetworkSettings: { Networks: [1], Ports: 'abc' },
    Args: 7,
  };
  for (const value of [null, 1, 'text', [], {}, odd])
    for (const { values } of containerFacts(value)) for (const each of values) t.is(typeof each, 'string');
});
