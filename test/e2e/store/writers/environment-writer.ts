import { randomUUID } from 'node:crypto';
import type {
  EnvironmentCreated,
  EnvironmentList,
  EnvironmentView,
  KeyRotated,
} from '../../../../plugin/api.js';
import type { Hub } from '../../../kit/hub/hub.js';
import type { SeededRandom } from '../../../kit/seeded-random.js';
import { type Enrolled, enrolAt, isAccepted, mustBeRefused } from './enrolled.js';
import { expect, mustBeOneOf, type Writer } from './writer.js';

const PATH = '/edge/api/environments';
const MOST = 4;

/** What an admin sees of an environment that only admins and enrolments change. */
interface Shown {
  readonly tags: readonly string[];
  readonly checkInSeconds: number | null;
  readonly edgeId: string | null;
  readonly isAssociated: boolean;
}

interface Entry {
  readonly id: number;
  edgeKey: string;
  shown: Shown;
  /** The Edge ID that was disassociated last and must stay out. */
  barred: string | null;
  /** The enrolled agent whose check-ins must be accepted. */
  agent: Enrolled | null;
}

/** The write that was not acknowledged, as far as a restart may show it. */
interface Doubt {
  readonly id: number;
  /** Null: deleted. */
  readonly after: Shown | null;
  /** Whether the Edge key may have been replaced without an acknowledgement. */
  readonly isKeyLost: boolean;
}

/** Creates, changes, rotates, associates, disassociates and deletes environments. */
export class EnvironmentWriter implements Writer {
  readonly #name: string;
  readonly #random: SeededRandom;
  /** Ids that anybody has seen, shared by all writers: none may be given twice. */
  readonly #ids: Set<number>;
  readonly #deleted: number[] = [];
  #entries: Entry[] = [];
  #doubt: Doubt | null = null;
  #created = 0;

  constructor(name: string, random: SeededRandom, ids: Set<number>) {
    this.#name = name;
    this.#random = random;
    this.#ids = ids;
  }

  async write(hub: Hub): Promise<void> {
    if (this.#entries.length < this.#random.between(1, MOST)) await this.#create(hub);
    else await this.#changeSome(hub, this.#random.pick(this.#entries));
    this.#doubt = null;
  }

  async verify(hub: Hub): Promise<void> {
    const views = await this.#views(hub);
    for (const id of this.#deleted) {
      if (views.some((view) => view.id === id))
        throw new Error(`environment ${id} reappeared after its removal`);
    }
    const entries = new Map(this.#entries.map((entry) => [entry.id, entry]));
    // What was created without an acknowledgement: its key is unknown, but its id counts.
    for (const { id } of views.filter((view) => !entries.has(view.id))) {
      this.#mustBeNew(id);
      await this.#remove(hub, id);
    }
    for (const entry of entries.values()) {
      await this.#verifyEntry(
        hub,
        entry,
        views.find(({ id }) => id === entry.id),
      );
    }
    this.#doubt = null;
  }

  async #create(hub: Hub): Promise<void> {
    const shown = this.#newShown({ edgeId: randomUUID(), isAssociated: false });
    const { tags, edgeId } = shown;
    const body = { name: `${this.#name} ${++this.#created}`, tags, edgeId, url: hub.origin };
    const { id, edgeKey } = await expect<EnvironmentCreated>(hub, 201, 'POST', PATH, body);
    this.#mustBeNew(id);
    this.#entries.push({ id, edgeKey, shown: { ...shown, checkInSeconds: null }, barred: null, agent: null });
  }

  async #changeSome(hub: Hub, entry: Entry): Promise<void> {
    const { id, shown } = entry;
    const dice = this.#random.next();
    if (dice < 0.1) {
      this.#doubt = { id, after: null, isKeyLost: false };
      await this.#remove(hub, id);
    } else if (dice < 0.3) {
      await this.#rotate(hub, entry, this.#random.pick([0, 600]));
    } else if (!entry.agent && dice < 0.7) {
      const edgeId = shown.edgeId ?? randomUUID();
      const after = { ...shown, edgeId, isAssociated: true };
      this.#doubt = { id, after, isKeyLost: false };
      entry.agent = await enrolAt(entry.edgeKey, edgeId);
      entry.shown = after;
    } else if (shown.edgeId !== null && dice < 0.8) {
      const after = { ...shown, edgeId: null, isAssociated: false };
      this.#doubt = { id, after, isKeyLost: false };
      await expect(hub, 204, 'DELETE', `${PATH}/${id}/association`);
      Object.assign(entry, { shown: after, barred: shown.edgeId, agent: null });
    } else {
      const after = this.#newShown(shown);
      this.#doubt = { id, after, isKeyLost: false };
      const { tags, checkInSeconds } = after;
      await expect(hub, 200, 'PATCH', `${PATH}/${id}`, { tags, checkInSeconds });
      entry.shown = after;
    }
  }

  async #rotate(hub: Hub, entry: Entry, overlapSeconds: number): Promise<void> {
    const { id } = entry;
    this.#doubt = { id, after: entry.shown, isKeyLost: true };
    const path = `${PATH}/${id}/rotate-key`;
    const { edgeKey } = await expect<KeyRotated>(hub, 200, 'POST', path, { overlapSeconds });
    // Without an overlap the agents of the old key are out.
    Object.assign(entry, { edgeKey, barred: null, ...(overlapSeconds === 0 ? { agent: null } : {}) });
  }

  async #remove(hub: Hub, id: number): Promise<void> {
    await expect(hub, 204, 'DELETE', `${PATH}/${id}`);
    this.#forget(id);
  }

  async #verifyEntry(hub: Hub, entry: Entry, view: EnvironmentView | undefined): Promise<void> {
    const doubt = this.#doubt?.id === entry.id ? this.#doubt : null;
    const actual = view ? shownOf(view) : null;
    mustBeOneOf(`environment ${entry.id}`, actual, [entry.shown, ...(doubt ? [doubt.after] : [])]);
    if (actual === null) this.#forget(entry.id);
    else if (doubt === null) await verifyKey(entry);
    else await this.#settle(hub, entry, actual);
  }

  /** Makes what a killed write left open a known state again. */
  async #settle(hub: Hub, entry: Entry, actual: Shown): Promise<void> {
    if (!this.#doubt?.isKeyLost) await verifyIdentity(entry, actual);
    entry.shown = actual;
    await this.#rotate(hub, entry, 0);
  }

  async #views(hub: Hub): Promise<EnvironmentView[]> {
    const views: EnvironmentView[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `?cursor=${encodeURIComponent(cursor)}`;
      const page: EnvironmentList = await expect(hub, 200, 'GET', `${PATH}${query}`);
      views.push(...page.items);
      cursor = page.nextCursor;
    }
    return views.filter(({ name }) => name.startsWith(`${this.#name} `));
  }

  #newShown(kept: Pick<Shown, 'edgeId' | 'isAssociated'>): Shown {
    const tags = [`tag ${this.#random.between(0, 1e9)}`];
    const { edgeId, isAssociated } = kept;
    return { tags, checkInSeconds: this.#random.between(1, 86_400), edgeId, isAssociated };
  }

  #mustBeNew(id: number): void {
    if (this.#ids.has(id)) throw new Error(`the id ${id} was given before`);
    this.#ids.add(id);
  }

  #forget(id: number): void {
    this.#deleted.push(id);
    this.#entries = this.#entries.filter((entry) => entry.id !== id);
  }
}

function shownOf({ tags, checkInSeconds, edgeId, associatedAt }: EnvironmentView): Shown {
  return { tags, checkInSeconds, edgeId, isAssociated: associatedAt !== null };
}

/** The agent that was let in is known, the one that was sent away stays out, and the key is the last one given. */
async function verifyKey(entry: Entry): Promise<void> {
  const { edgeKey, shown, barred, agent } = entry;
  if (agent && !(await isAccepted(agent))) {
    throw new Error(`environment ${entry.id} does not know its agent any more`);
  }
  if (barred !== null) await mustBeRefused(edgeKey, barred, 'association-removed');
  else if (shown.edgeId !== null) await mustBeRefused(edgeKey, randomUUID(), 'edge-id-mismatch');
}

/** After an unacknowledged write that does not concern the key, the key still holds. */
async function verifyIdentity({ edgeKey }: Entry, { edgeId }: Shown): Promise<void> {
  if (edgeId !== null) await mustBeRefused(edgeKey, randomUUID(), 'edge-id-mismatch');
}
