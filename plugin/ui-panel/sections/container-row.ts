import type { SnapshotView } from '../../api.js';
import type { Mood } from '../signs.js';

/** A container as the panel shows it. All texts are the engine's. */
export interface ContainerRow {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  /** `running`, `exited` and what else Docker says. */
  readonly state: string;
  /** `Up 4 minutes` and the like. */
  readonly status: string;
}

/** What `GET /containers/json` has of a container, as far as it is shown. */
interface ListedContainer {
  readonly Id: string;
  readonly Names?: readonly string[] | null;
  readonly Image: string;
  readonly State: string;
  readonly Status: string;
}

const MOODS: Readonly<Record<string, Mood>> = {
  running: 'good',
  restarting: 'busy',
  paused: 'busy',
  removing: 'busy',
  dead: 'bad',
};

export function moodOf(state: string): Mood {
  return MOODS[state] ?? 'quiet';
}

/** Docker's own list, by name. */
export function rowsOfList(list: readonly ListedContainer[]): ContainerRow[] {
  return list
    .map(({ Id, Names, Image, State, Status }) => ({
      id: Id,
      name: nameOf(Id, Names),
      image: Image,
      state: State,
      status: Status,
    }))
    .sort(byName);
}

/** A snapshot's, by name. */
export function rowsOfSnapshot(containers: SnapshotView['containers']): ContainerRow[] {
  return containers
    .map(({ id, names, image, state, status }) => ({ id, name: nameOf(id, names), image, state, status }))
    .sort(byName);
}

function nameOf(id: string, names: readonly string[] | null | undefined): string {
  return names?.[0]?.replace(/^\//, '') ?? id.slice(0, 12);
}

function byName(one: ContainerRow, other: ContainerRow): number {
  return one.name.localeCompare(other.name, undefined, { numeric: true });
}
