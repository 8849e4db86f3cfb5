import type { TemplateResult } from 'lit';
import type { NodeName } from '../../engine/model/node-name.js';

/** A checkbox in the confirmation dialog. */
export interface ConfirmOption {
  readonly id: string;
  readonly label: string;
}

/** An object of an engine. */
export interface Resource {
  /** Unique on its engine. */
  readonly id: string;
  /** Display name; the engine's text. */
  readonly name: string;
  /** Its node, in a list of several: shown in the list, and used by `EngineClient.of(row)`. */
  readonly node?: NodeName | null;
}

/** A column of the list. The first one is the name. */
export interface Column<R extends Resource> {
  readonly title: string;
  /** Grid track size, such as `minmax(0, 1fr)`. */
  readonly track: string;
  readonly cell: (row: R) => TemplateResult | string;
  /** Text for the filter, in addition to name and id. */
  readonly text?: (row: R) => string;
  /** Sort key. Default: the column is not sortable. */
  readonly order?: (row: R) => string | number;
}

/** A step of an action with its own outcome. */
export interface ResourceTask extends Resource {
  /** @throws errors whose message is shown */
  readonly run: (options: ReadonlySet<string>) => Promise<unknown>;
}

/** An action on one row or many. */
export type ResourceAction<R extends Resource> = {
  /** A verb, such as `Stop`. */
  readonly label: string;
  /** Whether each row has a button, besides the bulk action. */
  readonly isQuick?: boolean;
  readonly appliesTo: (row: R) => boolean;
  /** Set for destructive actions: they ask first. */
  readonly confirm?: { readonly warning?: string; readonly options?: readonly ConfirmOption[] };
} & (
  | {
      /** @throws errors whose message is shown */
      readonly run: (row: R, options: ReadonlySet<string>) => Promise<unknown>;
    }
  | {
      /**
       * Several tasks per row, such as one for each container of a stack.
       * @throws errors whose message is shown
       */
      readonly tasks: (row: R) => Promise<readonly ResourceTask[]>;
      /** Whether tasks run in order. Default: some in parallel. */
      readonly isSequential?: boolean;
    }
);

/** A tool that opens next to the list, such as a log. */
export interface ResourceLink<R extends Resource> {
  /** A noun, such as `Logs`. */
  readonly label: string;
  readonly appliesTo: (row: R) => boolean;
  readonly open: (row: R) => void;
}

/** Unique in a list of all nodes: an image has the same id on each. */
export function keyOf({ id, node }: Resource): string {
  return node ? `${node.id}/${id}` : id;
}

/** Display name, unique to people. */
export function titleOf({ name, node }: Resource): string {
  return node ? `${name} on ${node.name}` : name;
}
