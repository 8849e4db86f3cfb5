import type { ProblemDefinition } from './problem.js';

/** Codes of environments, their nodes and their snapshots. */
export const ENVIRONMENT_PROBLEMS = {
  'environment-not-associated': {
    status: 503,
    sentence: 'No agent has enrolled for this environment',
    nextStep:
      "Run one of the environment's printed commands on the Docker host; rotating the key shows new ones",
  },
  'environment-not-found': {
    status: 404,
    sentence: 'There is no such environment',
    cause: 'There is no environment with this id',
    nextStep: 'List the environments: `GET /edge/api/environments`. Ids are never reused',
  },
  'environment-offline': {
    status: 503,
    sentence: "The environment's agent does not check in",
    cause: "The environment's agent has not checked in recently, so no tunnel can be opened",
    nextStep: 'Check that the agent runs and reaches the hub; its log has the code',
  },
  'node-ambiguous': {
    status: 409,
    sentence: 'Several nodes have this name: use the id',
    cause: 'Several nodes of the Swarm have this name',
    nextStep: "Use the node's id, as `docker node ls` shows it",
  },
  'node-not-found': {
    status: 404,
    sentence: 'The environment has no such node',
    cause: 'The Swarm has no node with this id or name',
    nextStep: '`docker node ls` at the environment lists them',
  },
  'node-offline': {
    status: 503,
    sentence: "The node's agent does not check in",
    cause: 'The agent of this node has not checked in recently',
    nextStep:
      'Check that its task runs (`docker service ps fairlead-agent`) and reaches the hub; its log has the code',
  },
  'node-timeout': {
    status: 504,
    sentence: 'The node did not answer in time',
    cause:
      "In the `nodes` of a list of all nodes: this node's tunnel was not open, or its engine had not answered, within `nodeSeconds` (10)",
    nextStep:
      'Repeat the call: the node keeps waking. If agents check in rarely, increase `nodeSeconds`, up to 60',
  },
  'node-without-agent': {
    status: 503,
    sentence: 'No agent has enrolled for this node',
    cause: 'The Swarm has this node, but its agent has not enrolled',
    nextStep:
      "Run the environment's printed Swarm command, which starts an agent on every node; check why its task does not run (`docker service ps fairlead-agent`)",
  },
  'snapshot-busy': {
    status: 503,
    sentence: 'Too many concurrent readers of this snapshot',
    cause: "Eight callers are already reading this environment's snapshot, and do not finish",
    nextStep: 'Try again; find the slow readers',
  },
  'snapshot-damaged': {
    sentence: 'The snapshot file has the wrong length',
    cause:
      "A snapshot's file is shorter than its header states: it counts as absent, with a warning in the log. If that happens during a read, the answer is truncated",
    nextStep: '`POST …/snapshot` takes a new one; check the disk',
  },
  'snapshot-not-found': {
    status: 404,
    sentence: 'There is no snapshot yet',
    cause: 'No snapshot of this environment was taken yet',
    nextStep: '`POST …/snapshot`, or wait for the agent',
  },
  'snapshot-space-full': {
    status: 507,
    sentence: "The snapshots of the environment's agents are too large",
    cause: "The snapshots of the environment's agents exceed 256 MB together; the previous one is kept",
    nextStep:
      "Nothing, if it has hundreds of nodes: that agent's part is an older one. Otherwise someone with the Edge key enrolled many agents: rotate the key and end the old one immediately",
  },
  'snapshot-timeout': {
    status: 504,
    sentence: 'The agent did not send a snapshot in time',
    nextStep: "Check `problem` of the environment and the agent's log",
  },
  'snapshot-too-soon': {
    status: 429,
    sentence: 'Snapshots are at least 10 s apart',
    cause: 'An agent sent snapshots less than 10 s apart',
    nextStep: 'Nothing: it sends the next one later',
  },
  'snapshot-unreadable': {
    status: 503,
    sentence: 'The snapshot exists but cannot be read now',
    cause: "A snapshot's file exists, but the disk or the process's limit of open files prevents reading it",
    nextStep: "Try again; the hub's log names the environment and the cause (`EMFILE`, `EIO`, …)",
  },
  'snapshot-unwritable': {
    status: 503,
    sentence: 'The snapshot could not be stored',
    cause: 'The disk did not accept a snapshot; the previous one is kept',
    nextStep:
      "Check the hub's log and the disk (full, read-only, permissions); the agent sends the next one automatically",
  },
  'swarm-manager-unavailable': {
    status: 503,
    sentence: 'No manager of this Swarm is reachable: calls to single nodes work, calls to the Swarm do not',
    cause:
      'A call that concerns the whole Swarm (`/nodes`, `/services`, `/secrets`, …), and no agent on a manager is reachable. The hub requested new reports just before',
    nextStep: "Bring a manager's agent back; calls to single nodes still work, below `/nodes/:node/docker/`",
  },
} as const satisfies Record<string, ProblemDefinition>;
