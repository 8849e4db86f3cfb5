import { ENGINE_PROBLEMS } from './engine.js';
import { type ProblemDefinition, problemsOf } from './problem.js';
import { TUNNEL_PROBLEMS } from './tunnel.js';

/** Codes in the agent's log; its engine and tunnel have their own. */
const OWN = {
  'agent-stopping': {
    sentence: 'The agent is stopping',
    cause: 'Internal: never shown as a failure',
    nextStep: 'Nothing',
  },
  'agent-unauthorized': {
    status: 401,
    sentence: 'The Edge key or instance is not known here',
    cause: "An agent's Edge key, instance or signature is unknown",
    nextStep:
      "Compare the agent's `EDGE_KEY` with the environment; if it was lost, rotate the key and restart the agent with the new one",
  },
  cleartext: {
    sentence: 'Check-ins travel over http://: anyone on the network path can read them',
    cause:
      'The Edge key names an `http://` hub: anyone on the network path can read check-ins, but not forge them',
    nextStep: 'Give the hub a certificate, set its URL to `https://` and rotate the key',
  },
  'command-unknown': {
    exit: 78,
    sentence: 'The agent has no such command',
    nextStep: '`--help` lists the commands; without one the agent runs',
  },
  'config-invalid': {
    exit: 78,
    sentence: 'A variable is invalid',
    cause:
      'A variable has an invalid value, or names a file that cannot be read; the line names it and the valid values',
    nextStep: 'Correct that variable',
  },
  'config-missing': {
    exit: 78,
    sentence: 'A variable is missing',
    cause: '`EDGE_ID` or `EDGE_KEY` is not set, or its `_FILE` is empty; the line names it',
    nextStep: 'Copy the command from the hub again; `agent --help` lists all variables',
  },
  'data-dir-damaged': {
    exit: 78,
    sentence: 'The instance key in DATA_DIR cannot be read',
    cause:
      "`DATA_DIR/instance.json` cannot be read or is damaged. It is the agent's identity, so it is never replaced silently",
    nextStep: 'Restore it; or delete it, and the agent enrols as a new instance',
  },
  'data-dir-unwritable': {
    sentence: 'DATA_DIR cannot be written',
    cause: '`DATA_DIR` cannot be written; the agent works, but is a new instance after each restart',
    nextStep: "Mount a volume at `DATA_DIR` that is writable for the agent's user",
  },
  'edge-id-malformed': {
    status: 400,
    exit: 78,
    sentence: 'An Edge ID is a UUID, such as the output of uuidgen',
    cause: 'An Edge ID, in a call or in `EDGE_ID`, is not a UUID',
    nextStep:
      "Send a UUID, such as the output of `uuidgen`, or omit the field. For an agent set `EDGE_ID` to the environment's Edge ID, or to a new UUID for an environment without one",
  },
  'edge-key-malformed': {
    status: 400,
    exit: 78,
    sentence: 'The Edge key cannot be read',
    cause: '`EDGE_KEY` is malformed; the line names the part',
    nextStep: 'Copy the command from the hub again, on one line',
  },
  'hold-cut': {
    sentence: 'A proxy ends held check-ins early',
    nextStep:
      "Raise the proxy's read timeout above 60 s; until then holds are shorter, or check-ins are not held",
  },
  'hub-answer-forged': {
    status: 502,
    sentence:
      'The answer carries no valid proof: the hub is older than this agent, or something answers in its place',
    cause:
      'An answer has no valid proof: the hub is older than the agent, or something answers in its place, which `EDGE_INSECURE_POLL=1` and `http://` allow. The agent changes nothing and backs off',
    nextStep:
      'Update the hub. If it is current, set `EDGE_CA_FILE` and remove `EDGE_INSECURE_POLL`; check for a proxy that changes answers',
  },
  'hub-answer-malformed': {
    sentence: "The server at the hub's address is not a hub",
    nextStep: "Check the URL; a proxy's error page or sign-on page causes this",
  },
  'hub-certificate-expired': {
    sentence: "The hub's certificate is expired or not valid yet",
    nextStep: "Renew it; or correct the clock of the agent's machine",
  },
  'hub-certificate-name': {
    sentence: "The hub's certificate is for another host name",
    nextStep: "Use the certificate's name as the hub's URL, or renew it with the right name",
  },
  'hub-certificate-untrusted': {
    sentence: "The hub's certificate is self-signed or from an unknown authority",
    nextStep: 'Set `EDGE_CA_FILE` to its CA, or `EDGE_INSECURE_POLL=1`',
  },
  'hub-dns': {
    sentence: "The hub's name cannot be resolved",
    cause: "The hub's name cannot be resolved on the agent's machine",
    nextStep: "Check the hub's URL and the DNS of the agent's machine",
  },
  'hub-not-tls': {
    sentence: "The server at the hub's address does not speak TLS",
    nextStep: "Check the port, and `http://` against `https://`, in the hub's URL",
  },
  'hub-refused': {
    sentence: "Nothing listens at the hub's address and port",
    nextStep: 'Check that the hub runs, and that its port is published',
  },
  'hub-unreachable': {
    sentence: "There is no answer from the hub's address",
    cause: "No answer from the hub's address: timeout, no route, connection reset",
    nextStep: 'Check network and firewalls; set `HTTPS_PROXY` if a proxy is required',
  },
  'instance-key-unusable': {
    status: 400,
    sentence: 'The instance key is not a usable X25519 public key',
    cause: 'An enrolment carries a public key that yields no shared secret',
    nextStep:
      "The instance key in the agent's `DATA_DIR` is damaged: stop the agent, remove that file, start the agent again",
  },
  'instance-secret-unreadable': {
    sentence: 'The hub answered an enrolment for another instance key',
    nextStep: 'A proxy between agent and hub replays answers; check it',
  },
  'labels-dropped': {
    sentence: 'Labels were omitted from a snapshot',
    cause: "In a snapshot's `errors`: labels were omitted to keep the snapshot under 8 MB",
    nextStep: 'Nothing; read them from the engine itself',
  },
  'list-truncated': {
    sentence: 'A list was longer than a snapshot holds',
    cause:
      "In a snapshot's `errors`: a list was longer than a snapshot holds (20 000 entries, 8 MB in all; tasks go first); `counts` is complete",
    nextStep: 'Nothing; list it on the engine itself',
  },
  'mount-replaced': {
    exit: 75,
    sentence: 'A mounted file was replaced on the host',
    cause:
      "A mounted file was replaced on the host, such as the engine's socket when an engine with `live-restore` restarts, or a renewed certificate: the container still holds the old one",
    nextStep:
      'Nothing with a restart policy, as in the printed commands: the new container mounts the new file. Without one, start the agent again',
  },
  nudged: {
    sentence: 'A new check-in replaces this one',
    cause: 'Internal: never shown as a failure',
    nextStep: 'Nothing',
  },
  'proxy-refused': {
    sentence: 'The proxy refused to connect to the hub',
    cause: 'The proxy answered `CONNECT` with an error, such as 403 or 407',
    nextStep:
      "Allow the hub's address and port on the proxy; put its user and password into `HTTPS_PROXY`; or add the hub to `NO_PROXY`",
  },
  'proxy-unreachable': {
    sentence: 'The proxy that HTTPS_PROXY names does not answer',
    nextStep: 'Check `HTTPS_PROXY`',
  },
  'metrics-unwritable': {
    sentence: "The agent's metrics cannot be written",
    cause: 'The file of `EDGE_METRICS_FILE` cannot be replaced; the agent works without it',
    nextStep: 'Mount its folder, and let the agent write there',
  },
  'status-unwritable': {
    sentence: "The agent's status cannot be written",
    cause:
      'Neither `/dev/shm` nor the temp folder can be written: `healthcheck` will report that no agent runs',
    nextStep: 'Give the container a writable `/dev/shm` or `/tmp`, or switch its health check off',
  },
} as const satisfies Record<string, ProblemDefinition>;

/** Codes that an agent gives, and those of the code it shares with the hub. */
export const AGENT_PROBLEMS = { ...OWN, ...ENGINE_PROBLEMS, ...TUNNEL_PROBLEMS };

export type AgentProblemCode = keyof typeof AGENT_PROBLEMS;

/** Makes a problem of the agent or of shared code; the hub's are in `protocol/problems.ts`. */
export const problem = problemsOf<AgentProblemCode>(AGENT_PROBLEMS);
