import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { parse } from 'yaml';
import {
  type PrintedCommandsInput,
  printCommands,
} from '../../../../plugin/server-hooks/environments/printed-commands.js';

const run = promisify(execFile);

const INPUT: PrintedCommandsInput = {
  edgeId: '6e0b3c2e-1111-4222-8333-444455556666',
  edgeKey: 'aHR0cHM6Ly9odWIuZXhhbXBsZS9lZGdl',
  agentImage: 'fairlead/agent:0.1.0',
  name: 'Berlin',
  insecure: false,
};

/** What does damage where quoting is left out, mixed with anything at all; NUL cannot be in an argument. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          "'",
          '"',
          '`',
          '$',
          '$(touch pwned)',
          '`touch pwned`',
          // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell would fill it in
          '${HOME}',
          '$HOME',
          '$$',
          '\\',
          '\n',
          '!!',
        ],
        ...[';', '&', '|', '>', '<', '(', ')', '{a,b}', '*', '?', '[a]', '~', '#', ' ', '\t', '--privileged'],
        ...['%', '^', '\r', ': ', '- ', '\u2028', '\u0085', 'é', '🚢'],
      ),
      fc.string({ unit: 'grapheme', maxLength: 4 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join('').replaceAll('\0', ''));

const hostileInput: fc.Arbitrary<PrintedCommandsInput> = fc.record({
  edgeId: fc.oneof(fc.constant(null), fc.uuid(), hostile),
  edgeKey: hostile,
  agentImage: hostile.map((image) => `reg.example/${image}`),
  name: hostile,
  insecure: fc.boolean(),
});

/** A folder with programs that print the arguments they got, each followed by a NUL, and then another one. */
async function fakeEngines(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'printed-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const programs = {
    // The content of a secret follows its arguments, in hexadecimal.
    docker:
      'printf "%s\\0" docker "$@"; if [ "$1" = secret ]; then od -An -v -tx1 | tr -d " \\n"; printf "\\0"; fi; printf "\\0"',
    podman: 'printf "%s\\0" podman "$@" ""',
    uuidgen: 'printf "made-by-uuidgen\\n"',
  };
  for (const [name, body] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(folder, name), 0o755);
  }
  return folder;
}

/** Runs the four commands in one shell and returns the arguments of each program. */
async function argumentsOf(folder: string, shell: string, input: PrintedCommandsInput): Promise<string[][]> {
  const { standalone, swarm, podman, stackSecret } = printCommands(input);
  const { stdout } = await run(shell, ['-c', [standalone, swarm, podman, stackSecret].join('\n')], {
    cwd: folder,
    env: { PATH: `${folder}:/bin:/usr/bin`, HOME: '/somewhere' },
  });
  return stdout
    .split('\0\0')
    .slice(0, -1)
    .map((call) => call.split('\0'));
}

function expectedVariables(input: PrintedCommandsInput): string[] {
  return [
    ...['--label', `fairlead.environment=${input.name}`],
    ...['-e', `EDGE_ID=${input.edgeId ?? 'made-by-uuidgen'}`],
    ...['-e', `EDGE_KEY=${input.edgeKey}`],
    ...(input.insecure ? ['-e', 'EDGE_INSECURE_POLL=1'] : []),
    input.agentImage,
  ];
}

for (const shell of ['sh', 'bash']) {
  test(`printed commands: ${shell} passes hostile values to docker and podman unchanged`, async (t) => {
    t.timeout(60_000);
    const folder = await fakeEngines(t);
    const property = fc.asyncProperty(hostileInput, async (input) => {
      const variables = expectedVariables(input);
      const [standalone, swarm, podman, secret, ...more] = await argumentsOf(folder, shell, input);
      t.deepEqual(standalone, [
        ...['docker', 'run', '-d', '--name', 'fairlead-agent', '--restart', 'always', '--userns', 'host'],
        ...['-v', '/var/run/docker.sock:/var/run/docker.sock', '-v', 'fairlead-agent-data:/data'],
        ...variables,
      ]);
      t.deepEqual(swarm, [
        ...['docker', 'service', 'create', '--name', 'fairlead-agent', '--mode', 'global'],
        ...['--constraint', 'node.platform.os == linux'],
        ...['--mount', 'type=bind,source=/var/run/docker.sock,target=/var/run/docker.sock'],
        ...['--mount', 'type=volume,source=fairlead-agent-data,target=/data'],
        ...variables,
      ]);
      t.deepEqual(podman, [
        ...['podman', 'run', '-d', '--name', 'fairlead-agent', '--restart', 'always'],
        ...['--security-opt', 'label=disable'],
        ...['-v', '/run/podman/podman.sock:/var/run/docker.sock', '-v', 'fairlead-agent-data:/data'],
        ...variables,
      ]);
      const [, , , name = '', dash, key = ''] = secret ?? [];
      t.deepEqual(secret?.slice(0, 3), ['docker', 'secret', 'create']);
      t.regex(name, /^fairlead-edge-key-[0-9a-f]{12}$/);
      t.is(dash, '-');
      t.is(Buffer.from(key, 'hex').toString('utf8'), input.edgeKey);
      t.deepEqual(more, []);
    });
    await fc.assert(property, { numRuns: 150 });
  });
}

test('printed commands: usual values need no quoting and fit on one line', (t) => {
  const { standalone } = printCommands(INPUT);
  t.is(
    standalone,
    'docker run -d --name fairlead-agent --restart always --userns host -v /var/run/docker.sock:/var/run/docker.sock ' +
      '-v fairlead-agent-data:/data --label fairlead.environment=Berlin ' +
      '-e EDGE_ID=6e0b3c2e-1111-4222-8333-444455556666 -e EDGE_KEY=aHR0cHM6Ly9odWIuZXhhbXBsZS9lZGdl ' +
      'fairlead/agent:0.1.0',
  );
});

test('printed commands: podman gets the registry that docker assumes', (t) => {
  const images = {
    'fairlead/agent:0.1.0': 'docker.io/fairlead/agent:0.1.0',
    'agent:1': 'docker.io/library/agent:1',
    'ghcr.io/x/agent:1': 'ghcr.io/x/agent:1',
    'localhost/agent': 'localhost/agent',
    'registry:5000/agent': 'registry:5000/agent',
  };
  for (const [agentImage, expected] of Object.entries(images)) {
    const { podman, standalone } = printCommands({ ...INPUT, agentImage });
    t.true(podman.endsWith(` ${expected}`), podman);
    t.true(standalone.endsWith(` ${agentImage}`), standalone);
  }
});

test('printed commands: the stack file parses to the intended values, whatever they are', (t) => {
  const property = fc.property(hostileInput, (input) => {
    for (const version of ['1.1', '1.2'] as const) {
      const { stack, stackSecret } = printCommands(input);
      const { services, secrets } = parse(stack, { version });
      const { agent } = services;
      t.is(filledIn(agent.image), input.agentImage);
      t.is(agent.environment.EDGE_KEY_FILE, '/run/secrets/edge-key');
      t.deepEqual(agent.secrets, ['edge-key']);
      t.true(secrets['edge-key'].external);
      t.true(stackSecret.endsWith(` | docker secret create ${secrets['edge-key'].name} -`));
      t.is(filledIn(agent.environment.EDGE_ID), input.edgeId ?? 'from-environment');
      t.is(agent.environment.EDGE_INSECURE_POLL, input.insecure ? '1' : undefined);
      t.is(filledIn(agent.deploy.labels['fairlead.environment']), input.name);
      t.is(agent.deploy.mode, 'global');
      t.deepEqual(agent.volumes, ['/var/run/docker.sock:/var/run/docker.sock', 'data:/data']);
    }
  });
  fc.assert(property, { numRuns: 300 });
});

/** What Compose makes of dollars; a variable left over would be the one we ask for. */
function filledIn(value: string): string {
  return value.replace(/\$(\$|\{EDGE_ID:\?[^}]*\})/g, (_, what) => (what === '$' ? '$' : 'from-environment'));
}

test('printed commands: the stack file contains no key; another key is another secret', (t) => {
  const { stack } = printCommands(INPUT);
  t.false(stack.includes(INPUT.edgeKey));
  const other = printCommands({ ...INPUT, edgeKey: 'other' });
  t.not(other.stack, stack);
  t.is(printCommands(INPUT).stack, stack);
});
