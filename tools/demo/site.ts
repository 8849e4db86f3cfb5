import type { EnvironmentCreated } from '../../plugin/api.js';

/** A demo's engines, and how their agents are started. */
export interface DemoSite {
  /** Name of the environment. */
  readonly name: string;
  /** Name or address at which agents reach the hub, if not `localhost`. */
  readonly hubAddress?: string;
  /** Image in the printed commands, if not the default. */
  readonly agentImage?: string;
  /** Starts the agents. `caFile` is the hub's CA, `dir` a folder for their files. */
  join(created: EnvironmentCreated, caFile: string, dir: string): Promise<DemoAgents>;
  /** Output lines of label and text. */
  readonly facts: readonly (readonly [label: string, text: string])[];
  /** Suggested docker command. */
  readonly suggestion: string;
  /** Stops what was started for the demo. Safe to call twice. */
  close(): Promise<void>;
}

/** The agents of a site. */
export interface DemoAgents {
  /** Rejects if they fail to start, or exit. */
  readonly failed: Promise<never>;
  /** Location of their logs, for output. */
  readonly logs: string;
  /** Safe to call twice. */
  stop(): Promise<void>;
}
