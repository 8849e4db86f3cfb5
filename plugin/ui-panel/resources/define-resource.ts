import type { TemplateResult } from 'lit';
import type { SnapshotView } from '../../api.js';
import type { CleanUp } from '../elements/resource-list/clean-up.js';
import type { Column, Resource, ResourceAction } from '../elements/resource-list/resource.js';
import type { EngineClient } from '../engine/client.js';
import type { RowTools } from '../tools/tool-controller.js';

/** Poll intervals for a Swarm's kinds: Docker has no events of tasks, and so of replicas. */
export const BUSY_POLL_MS = 2_000;
export const IDLE_POLL_MS = 10_000;

/** One listing of an engine. */
export interface ListRequest {
  readonly engine: EngineClient;
  readonly signal: AbortSignal;
  /** Whether the engine belongs to a Swarm. */
  readonly isSwarm: boolean;
  /** Shows why a part of the list is missing. */
  readonly warn: (text: string) => void;
}

/** What cells may need besides their row. */
export interface ColumnContext {
  /** The engine for changes; null: read-only. */
  readonly engine: EngineClient | null;
  /** By the hub's clock. */
  readonly nowMs: () => number;
}

/** A kind of resource: how it is listed and shown, and what can be done with it. */
export interface ResourceDefinition<R extends Resource> {
  /** Singular and plural, such as `['container', 'containers']`. */
  readonly noun: readonly [string, string];
  /** Types of engine events that can change the list. */
  readonly events: readonly string[];
  /** @throws {ApiError} and `AbortError` */
  readonly list: (request: ListRequest) => Promise<readonly R[]>;
  readonly ofSnapshot: (snapshot: SnapshotView) => readonly R[];
  /** Poll interval, ms, for kinds without engine events. */
  readonly pollMs?: (rows: readonly R[]) => number;
  /** Above the list, such as `Volumes: 3`. */
  readonly heading: (rows: readonly R[]) => string;
  readonly columns: (context: ColumnContext) => readonly Column<R>[];
  /** What a snapshot does not include. */
  readonly snapshotNote?: string;
  readonly actions?: (engine: EngineClient) => readonly ResourceAction<R>[];
  readonly tools?: RowTools<R>;
  /** Form for a new one, with a name and a driver. */
  readonly create?: {
    /** Suggested drivers; the first one is the default. */
    readonly drivers: readonly string[];
    /** @throws errors whose message is shown */
    readonly run: (engine: EngineClient, name: string, driver: string) => Promise<unknown>;
  };
  readonly prune?: (engine: EngineClient, rows: readonly R[]) => readonly CleanUp[];
  /** A further element next to the prune buttons. */
  readonly extra?: (engine: EngineClient) => TemplateResult;
}

/** A kind of resource, to be shown by `<fairlead-resource-section>`. */
export function defineResource<R extends Resource>(definition: ResourceDefinition<R>): ResourceDefinition<R> {
  return definition;
}
