import type { ProblemDefinition } from './problem.js';

/** Codes with which the hub answers agents: enrolment, check-ins and reports. Some are an environment's problem. */
export const ENROLMENT_PROBLEMS = {
  'agent-too-old': {
    status: 426,
    sentence: 'The agent is too old for this hub',
    cause: "An agent's protocol version is older than this hub accepts",
    nextStep: 'Update the agent: new image, same command',
  },
  'association-removed': {
    status: 403,
    sentence: 'This Edge ID was disassociated: rotate the key to admit it again',
    cause: 'The Edge ID was disassociated from this environment',
    nextStep: 'To readmit it, rotate the key and restart the agent with the new one',
  },
  'body-too-soon': {
    status: 429,
    sentence: 'This agent makes this call too often',
    cause:
      'An agent sends idle closes or Swarm reports faster than one a second, or idle closes with a large snapshot less than 10 s apart',
    nextStep: 'Nothing: the agent closes without a snapshot, or reports later',
  },
  'check-in-superseded': {
    status: 409,
    sentence: 'A newer check-in of this agent arrived',
    cause: 'A newer check-in of the same instance arrived while this one was held',
    nextStep:
      'Nothing, if it happens once. Repeatedly: two agents share a data folder or a copy of it; give each its own',
  },
  'clock-skew': {
    status: 401,
    sentence: "The agent's clock is more than 60 s off",
    cause: "An agent's timestamp is more than 60 s off the hub's clock",
    nextStep:
      "Nothing: the agent corrects its timestamps by the hub's time and retries. If it persists, set the clocks",
  },
  duplicate: {
    status: 409,
    sentence: 'Another agent serves this environment',
    cause:
      'Another agent tried to use this Edge key while the first one works. Also for some seconds after a restart of the machine, until its previous boot counts as silent',
    nextStep:
      'Stop one of them; or, if the first no longer exists, wait until it counts as offline. If you recognise neither, rotate the key and end the old one immediately',
  },
  'edge-id-mismatch': {
    status: 403,
    sentence: 'The environment has another Edge ID',
    cause: 'An agent with the right Edge key has another Edge ID',
    nextStep:
      "Start it with the environment's `EDGE_ID`; or disassociate the environment and rotate the key to accept it. If you do not recognise that agent, rotate the key",
  },
  'hub-busy': {
    status: 503,
    sentence: 'The hub cannot parse large bodies now',
    cause:
      'Too many large bodies are waiting: 64 MB for one environment, or 256 MB in all; or the worker thread ended or did not start',
    nextStep:
      "Nothing: the agent sends the snapshot again. If it persists, check the hub's log, and which agents send large snapshots",
  },
  'hub-stopping': {
    status: 503,
    sentence: 'The hub is stopping',
    cause: 'The hub is stopping; held check-ins end with it',
    nextStep: 'Nothing: agents reconnect automatically',
  },
  'machine-cloned': {
    status: 409,
    sentence: 'A clone of this machine serves the environment',
    cause: "A full clone of the agent's machine tried to connect. The first machine keeps its place",
    nextStep:
      'Give the clone its own environment and `DATA_DIR`, or swap the two (`accept-clone`). If you recognise neither, rotate the key and end the old one immediately',
  },
  'manager-unconfirmed': {
    status: 403,
    sentence: 'No trusted manager confirms that this node is a manager of the Swarm',
    cause:
      'An agent claims that its node is a manager of the Swarm, and no trusted manager confirms it: `GET …/nodes` shows its node with this `problem`. It gets no calls about the whole Swarm. The first enrolled manager is trusted, and those it reports',
    nextStep:
      'Nothing if a node was just promoted: the other managers report it. Otherwise compare with `docker node ls` on a node you know. If it is a manager there, the trusted agent serves another Swarm, or a node that was reset: if that one is permanently lost, disassociate the environment, rotate the key, and start the agents with the new one. If you do not recognise the node, someone has the Edge key: rotate the key and end the old one immediately',
  },
  'report-too-soon': {
    status: 429,
    sentence: 'Managers report changes faster than one a second',
    cause: 'The managers of a Swarm report changes to its nodes faster than one a second',
    nextStep:
      "Nothing, while a Swarm is being rebuilt: they report again. Otherwise find the manager's agent that does so",
  },
  'request-replayed': {
    status: 401,
    sentence: 'A request with this or a later time was received before',
    cause: 'A request with this timestamp or a later one was received before',
    nextStep:
      'Nothing: the agent continues from the timestamp in the answer. If it persists, two agents share a data folder',
  },
  'swarm-mismatch': {
    status: 403,
    sentence: 'The environment is another Swarm: give this engine its own environment',
    cause:
      "The environment is a Swarm, and an agent's engine is in another Swarm or in none. A new agent is refused. A known one, whose engine left the Swarm, stays: its containers are available at its node, but it gets no Swarm calls",
    nextStep:
      'Give that engine its own environment, or let it join the Swarm again. An environment follows its only trusted manager to another Swarm automatically',
  },
  'too-many-agents': {
    status: 409,
    sentence: '500 agents serve this environment already',
    cause: 'Agents of 500 nodes of one Swarm check in for this environment',
    nextStep:
      'Removed nodes make room automatically. If you do not recognise these, rotate the key and end the old one immediately, then give the new key to the agents you know',
  },
  'tunnel-in-use': {
    status: 409,
    sentence: 'A call is in progress: the tunnel stays open',
    cause: 'The agent offered to close an idle tunnel while a call is active or waiting',
    nextStep: 'Nothing: the tunnel stays',
  },
  'tunnel-unknown': {
    status: 404,
    sentence: 'This tunnel is not open',
    cause: 'The agent offered to close a tunnel that is no longer open',
    nextStep: 'Nothing',
  },
} as const satisfies Record<string, ProblemDefinition>;
