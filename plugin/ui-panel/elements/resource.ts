import type { TemplateResult } from 'lit';
import type { NodeName } from '../engine/node-name.js';

/** Something that can be chosen along with a yes. */
export interface ConfirmOption {
  readonly id: string;
  readonly label: string;
}

/** Something an engine has. */
export interface Resource {
  /** Unique on its engine. */
  readonly id: string;
  /** As people call it; the engine's text. */
  readonly name: string;
  /** The node it is on, in a list of several: the list shows it, and `EngineClient.of(row)` calls it. */
  readonly node?: NodeName | null;
}

/** One thing that is shown of each. The first column is the name's. */
export interface Column<R extends Resource> {
  readonly title: string;
  /** Its place in the grid, such as `minmax(0, 1fr)`. */
  readonly track: string;
  readonly cell: (row: R) => TemplateResult | string;
  /** What the filter looks at, beside name and id. */
  readonly text?: (row: R) => string;
  /** What rows are put in order by. Default: no order by this. */
  readonly order?: (row: R) => string | number;
}

/** One of the things that an action consists of: what becomes of it is told by itself. */
export interface ResourceTask extends Resource {
  /** @throws what hinders it; its message is shown */
  readonly run: (options: ReadonlySet<string>) => Promise<unknown>;
}

/** Something that is done to one, or to many. */
export type ResourceAction<R extends Resource> = {
  /** A verb, such as `Stop`. */
  readonly label: string;
  /** Whether it stands in each row, too, and not only above the selected. */
  readonly isQuick?: boolean;
  readonly appliesTo: (row: R) => boolean;
  /** What is destructive asks first. */
  readonly confirm?: { readonly warning?: string; readonly options?: readonly ConfirmOption[] };
} & (
  | {
      /** @throws what hinders it; its message is shown */
      readonly run: (row: R, options: ReadonlySet<string>) => Promise<unknown>;
    }
  | {
      /**
       * What is done where that is not one thing a row, such as one for each container of a stack.
       * @throws what hinders it; its message is shown
       */
      readonly tasks: (row: R) => Promise<readonly ResourceTask[]>;
      /** Whether the order matters. Default: some at a time. */
      readonly isSequential?: boolean;
    }
);

/** Something that opens beside the list, such as a log. */
export interface ResourceLink<R extends Resource> {
  /** A noun, such as `Logs`. */
  readonly label: string;
  readonly appliesTo: (row: R) => boolean;
  readonly open: (row: R) => void;
}
