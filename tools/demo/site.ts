import type { EnvironmentCreated } from '../../plugin/api.js';

/** What a demo shows: engines, and how an agent gets there. */
export interface DemoSite {
  /** Name of the environment. */
  readonly name: string;
  /** Under which name or address of this machine agents reach the hub, if not `localhost`. */
  readonly hubAddress?: string;
  /** Image in the commands the hub prints, if not the usual one. */
  readonly agentImage?: string;
  /** Starts the agents. `caFile` is the hub's CA, `dir` a folder for what they need. */
  join(created: EnvironmentCreated, caFile: string, dir: string): Promise<DemoAgents>;
  /** For people: lines of label and text. */
  readonly facts: readonly (readonly [label: string, text: string])[];
  /** What to try with the docker client. */
  readonly suggestion: string;
  /** Ends what was started for the demo. Safe to call twice. */
  close(): Promise<void>;
}

/** The agents of a site. */
export interface DemoAgents {
  /** Rejects when they could not be started, or ended by themselves. */
  readonly failed: Promise<never>;
  /** For people: where their logs are. */
  readonly logs: string;
  /** Safe to call twice. */
  stop(): Promise<void>;
}
