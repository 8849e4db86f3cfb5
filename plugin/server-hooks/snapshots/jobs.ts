import { idleRequestSchema } from '../../../protocol/messages/agent-calls.js';
import { SNAPSHOT_BOUNDS } from '../../../protocol/messages/modest-json.js';
import { MAX_SNAPSHOT_BYTES, type Snapshot, snapshotSchema } from '../../../protocol/messages/snapshot.js';
import { type JsonJob, parseAs } from '../json/json-job.js';
import { type EncodedSnapshot, encodeSnapshot } from './encode.js';

/** What the hub knows about an incoming snapshot. */
export interface SnapshotInput {
  /** The node of its agent; null outside a Swarm. */
  readonly nodeId: string | null;
  /** Arrival of its head by the hub's clock, ms since the epoch. */
  readonly receivedMs: number;
}

const BOUNDS = { bounds: SNAPSHOT_BOUNDS, maxBytes: MAX_SNAPSHOT_BYTES };

/** The body of `POST /agent/snapshot`. */
export const snapshotJob: JsonJob<SnapshotInput, EncodedSnapshot> = {
  name: 'snapshot',
  ...BOUNDS,
  read: (value, input) => encode(parseAs(snapshotSchema, value), input),
};

/** The body of `POST /agent/idle`. */
export const idleJob: JsonJob<SnapshotInput, { tunnelId: string; snapshot: EncodedSnapshot | null }> = {
  name: 'idle',
  ...BOUNDS,
  read: (value, input) => {
    const { tunnelId, snapshot } = parseAs(idleRequestSchema, value);
    return { tunnelId, snapshot: snapshot && encode(snapshot, input) };
  },
};

/** Uses the hub's time, so that snapshots of several agents compare and an agent's wrong clock does not matter. */
function encode(snapshot: Snapshot, { nodeId, receivedMs }: SnapshotInput): EncodedSnapshot {
  const takenAt = new Date(receivedMs - (snapshot.ageMs ?? 0)).toISOString();
  return encodeSnapshot({ ...snapshot, takenAt }, nodeId);
}
