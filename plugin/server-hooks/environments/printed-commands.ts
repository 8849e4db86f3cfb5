import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import type { PrintedCommands } from '../../api.js';
import { shellWord } from '../model/shell-word.js';

/** The values in a printed command. */
export interface PrintedCommandsInput {
  /** Null: the owner of the agent creates one with `uuidgen`. */
  readonly edgeId: string | null;
  readonly edgeKey: string;
  /** Image name with tag or digest. */
  readonly agentImage: string;
  /** The environment's name: a label that shows which environment the agent belongs to. */
  readonly name: string;
  /**
   * The hub's certificate is not signed by a CA that agents know. `EDGE_INSECURE_POLL` only costs the privacy of
   * check-ins: both sides prove themselves with the Edge key, and the tunnel is pinned in any case.
   */
  readonly insecure: boolean;
}

const NAME = 'fairlead-agent';
const SOCKET = '/var/run/docker.sock';
const PODMAN_SOCKET = '/run/podman/podman.sock';
const DATA = '/data';
const LABEL = 'fairlead.environment';
/** Where Docker mounts a service's secrets. */
const SECRETS = '/run/secrets';
const SECRET = 'edge-key';

/** A word of a command; `raw` is not quoted. */
type Word = string | { readonly raw: string };

/**
 * Commands that start an agent, each on one line so that it survives any terminal, and a stack file with the command
 * that creates its secret: a stack file names secrets and cannot contain them. Values are quoted for POSIX shells
 * or written as YAML by a library.
 */
export function printCommands(input: PrintedCommandsInput): PrintedCommands {
  return {
    standalone: toLine([
      ...['docker', 'run', '-d', '--name', NAME, '--restart', 'always'],
      // Root of a remapped user namespace may not open the engine's socket; elsewhere this changes nothing.
      ...['--userns', 'host'],
      ...['-v', `${SOCKET}:${SOCKET}`, '-v', `${NAME}-data:${DATA}`],
      ...sharedOptions(input),
      input.agentImage,
    ]),
    swarm: toLine([
      ...['docker', 'service', 'create', '--name', NAME, '--mode', 'global'],
      // Windows nodes have another socket, and we have no image for them.
      ...['--constraint', 'node.platform.os == linux'],
      ...['--mount', `type=bind,source=${SOCKET},target=${SOCKET}`],
      ...['--mount', `type=volume,source=${NAME}-data,target=${DATA}`],
      ...sharedOptions(input),
      input.agentImage,
    ]),
    stack: stackFile(input),
    stackSecret: `printf %s ${shellWord(input.edgeKey)} | docker secret create ${secretName(input)} -`,
    podman: toLine([
      ...['podman', 'run', '-d', '--name', NAME, '--restart', 'always'],
      // SELinux denies containers the engine's socket, and it is enabled on most Podman hosts.
      ...['--security-opt', 'label=disable'],
      ...['-v', `${PODMAN_SOCKET}:${SOCKET}`, '-v', `${NAME}-data:${DATA}`],
      ...sharedOptions(input),
      withRegistry(input.agentImage),
    ]),
  };
}

/** Options that all three commands share. */
function sharedOptions({ edgeId, edgeKey, name, insecure }: PrintedCommandsInput): Word[] {
  return [
    ...['--label', `${LABEL}=${name}`],
    ...['-e', edgeId === null ? { raw: '"EDGE_ID=$(uuidgen)"' } : `EDGE_ID=${edgeId}`],
    ...['-e', `EDGE_KEY=${edgeKey}`],
    ...(insecure ? ['-e', 'EDGE_INSECURE_POLL=1'] : []),
  ];
}

function toLine(line: readonly Word[]): string {
  return line.map((word) => (typeof word === 'string' ? shellWord(word) : word.raw)).join(' ');
}

/** Podman prompts for the registry of a short name, or rejects it; Docker always uses its own. */
function withRegistry(image: string): string {
  const [first = '', ...rest] = image.split('/');
  if (rest.length === 0) return `docker.io/library/${image}`;
  return /[.:]|^localhost$/.test(first) ? image : `docker.io/${image}`;
}

/** Secrets are immutable: another key is another secret, and the stack has to be deployed again. */
function secretName({ edgeKey }: PrintedCommandsInput): string {
  return `fairlead-${SECRET}-${createHash('sha256').update(edgeKey).digest('hex').slice(0, 12)}`;
}

/** For `docker stack deploy -c FILE fairlead`; Compose specification, version 3 for older engines. */
function stackFile(input: PrintedCommandsInput): string {
  const { edgeId, agentImage, name, insecure } = input;
  const secret = secretName(input);
  const stack = {
    version: '3.7',
    services: {
      agent: {
        image: literal(agentImage),
        environment: {
          // biome-ignore lint/suspicious/noTemplateCurlyInString: Compose interpolates it
          EDGE_ID: edgeId === null ? '${EDGE_ID:?run first: export EDGE_ID=$(uuidgen)}' : literal(edgeId),
          EDGE_KEY_FILE: `${SECRETS}/${SECRET}`,
          ...(insecure ? { EDGE_INSECURE_POLL: '1' } : {}),
        },
        secrets: [SECRET],
        volumes: [`${SOCKET}:${SOCKET}`, `data:${DATA}`],
        deploy: {
          mode: 'global',
          placement: { constraints: ['node.platform.os == linux'] },
          labels: { [LABEL]: literal(name) },
        },
      },
    },
    volumes: { data: {} },
    secrets: { [SECRET]: { external: true, name: secret } },
  };
  // Docker reads YAML 1.1, in which `on` and `12:30` are not strings: every value is quoted.
  const yaml = stringify(stack, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 });
  return [
    '# First, once on a manager, store the Edge key as a Swarm secret:',
    `#   printf %s 'THE EDGE KEY' | docker secret create ${secret} -`,
    '# Then: docker stack deploy -c THIS-FILE fairlead',
    yaml,
  ].join('\n');
}

/** Compose interpolates `$NAME`; a literal dollar is doubled. */
function literal(value: string): string {
  return value.replaceAll('$', '$$$$');
}
