import type { NodeName } from './node-name.js';

/** An event of an engine. All texts are the engine's. */
export interface EngineEvent {
  /** Sequence number, unique in a feed. */
  readonly number: number;
  /** `container`, `image`, `volume`, `network`, `service`, `node` and others. */
  readonly type: string;
  /** `start`, `die`, `pull` and others. */
  readonly action: string;
  readonly id: string;
  /** Empty if it has none. */
  readonly name: string;
  /** Further attributes, such as `image web:1, exitCode 137`. */
  readonly detail: string;
  /** Since 1970, by the engine's clock. */
  readonly timeMs: number;
  /** The node, if several are followed and it is not the one with the environment's tunnel. */
  readonly node?: NodeName;
}

/** Attributes to show. */
const DETAILS = ['image', 'exitCode', 'signal', 'container', 'oldName', 'state.new'];
const MAX_CHARACTERS = 300;

/** Null if it is not a Docker event, or is one of a health check or a console. */
export function parseEngineEvent(value: unknown, number: number): EngineEvent | null {
  const { Type, Action, Actor, time, timeNano } = Object(value);
  if (typeof Type !== 'string' || typeof Action !== 'string' || /^(exec_|top|health_status)/.test(Action))
    return null;
  const { ID, Attributes } = Object(Actor);
  const attributes: Readonly<Record<string, unknown>> = Object(Attributes);
  const details = DETAILS.flatMap((key) =>
    text(attributes[key]) ? `${key} ${shortened(text(attributes[key]))}` : [],
  );
  const ms = typeof timeNano === 'number' ? timeNano / 1e6 : Number(time) * 1000;
  return {
    number,
    type: text(Type),
    action: text(Action),
    id: text(ID),
    name: text(attributes.name),
    detail: details.join(', '),
    timeMs: Number.isFinite(ms) ? ms : 0,
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_CHARACTERS) : '';
}

/** An id as the docker client shows it. */
function shortened(value: string): string {
  return /^[0-9a-f]{64}$/.test(value) ? value.slice(0, 12) : value;
}
