import { AGENT_PROBLEMS } from '../protocol/problems/agent.js';
import { API_PROBLEMS } from '../protocol/problems/api.js';
import { CHECK_PROBLEMS } from '../protocol/problems/checks.js';
import { DOCKER_PROBLEMS } from '../protocol/problems/docker.js';
import { DOCTOR_PROBLEMS } from '../protocol/problems/doctor.js';
import { ENGINE_PROBLEMS } from '../protocol/problems/engine.js';
import { ENROLMENT_PROBLEMS } from '../protocol/problems/enrolment.js';
import { ENVIRONMENT_PROBLEMS } from '../protocol/problems/environments.js';
import { HOST_PROBLEMS } from '../protocol/problems/host.js';
import type { ProblemDefinition, ProblemDefinitions } from '../protocol/problems/problem.js';
import { START_PROBLEMS } from '../protocol/problems/start.js';
import { TUNNEL_PROBLEMS } from '../protocol/problems/tunnel.js';

interface Section {
  readonly heading: string;
  readonly text?: string;
  readonly problems?: ProblemDefinitions<string>;
}

const INTRODUCTION = `# Error codes

<!-- Written by \`npm run docs:errors\` from protocol/problems/: change the texts there. -->

Each refusal carries a stable \`code\`: over HTTP in a problem document (RFC 9457), in the agent's log in the field \`code\`.
Texts may change, codes do not.

The column *status* has the HTTP status, or the exit code of the agent; –: the code appears only in logs, \`/healthz\` or as
an environment's \`problem\`. *Rotate the key* means **Rotate key** in the panel, or \`POST /environments/:id/rotate-key\`;
to *end the old one immediately*, send \`overlapSeconds: 0\`. *Disassociate* is \`DELETE /environments/:id/association\`.`;

const SECTIONS: readonly Section[] = [
  { heading: '## Hub' },
  {
    heading: '### REST API',
    text: 'The bundled dashboard answers its own calls with these codes, too.',
    problems: API_PROBLEMS,
  },
  { heading: '### Environments, nodes and snapshots', problems: ENVIRONMENT_PROBLEMS },
  {
    heading: '### Enrolment and check-ins',
    text: "The hub's answers to agents: in the agents' logs, and as an environment's `problem` or `lastRefusal`.",
    problems: ENROLMENT_PROBLEMS,
  },
  {
    heading: "### At the hub's start and stop",
    text: 'These prevent the start; they never reach a caller.',
    problems: START_PROBLEMS,
  },
  { heading: '## Host', problems: HOST_PROBLEMS },
  { heading: '## Docker calls', problems: DOCKER_PROBLEMS },
  {
    heading: '## Engine',
    text: "In the agent's log, as an environment's `problem`, and in answers to Docker calls.",
    problems: ENGINE_PROBLEMS,
  },
  {
    heading: '## Tunnel',
    text: `These appear in the logs of hub and agent, and as an environment's \`problem\` or \`lastRefusal\`.

The line \`tunnel closed\` has the reason: *idle* (unused), *revoked* (closed by an admin, or the key ended), *superseded*,
*stopping* (hub or agent is stopping), *lost* (the connection broke), *silent* (no byte for 10 s), *flooding* (frames without
payload).`,
    problems: TUNNEL_PROBLEMS,
  },
  {
    heading: '## Agent',
    problems: without(AGENT_PROBLEMS, { ...ENGINE_PROBLEMS, ...TUNNEL_PROBLEMS }),
  },
  {
    heading: '## Self-test',
    text: 'Findings of `POST /self-test`, next to the codes of the [agent](#agent) and the [tunnel](#tunnel).',
    problems: CHECK_PROBLEMS,
  },
  {
    heading: '## Agent doctor',
    text: 'Findings of `agent doctor`, next to the codes of the [agent](#agent), the [tunnel](#tunnel) and the [engine](#engine).',
    problems: DOCTOR_PROBLEMS,
  },
];

/** The text of docs/errors.md. */
export function errorsDocument(): string {
  const sections = SECTIONS.map(({ heading, text, problems }) =>
    [heading, text, problems && table(problems)].filter((block) => block !== undefined).join('\n\n'),
  );
  return `${[INTRODUCTION, ...sections].join('\n\n')}\n`;
}

function table(problems: ProblemDefinitions<string>): string {
  const rows = Object.entries(problems)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([code, definition]) => row(code, definition));
  return ['| code | status | cause | what to do |', '|---|---|---|---|', ...rows].join('\n');
}

function row(code: string, { status, exit, sentence, cause, nextStep }: ProblemDefinition): string {
  const result = [status, exit === undefined ? undefined : `exit ${exit}`].filter((one) => one !== undefined);
  const cells = [`<a id="${code}"></a>\`${code}\``, result.join(', ') || '–', cause ?? sentence, nextStep];
  return `| ${cells.join(' | ')} |`;
}

function without(problems: ProblemDefinitions<string>, others: ProblemDefinitions<string>) {
  return Object.fromEntries(Object.entries(problems).filter(([code]) => !Object.hasOwn(others, code)));
}
