import { type FileHandle, open } from 'node:fs/promises';
import * as z from 'zod/mini';
import { type Snapshot, snapshotSchema } from '../../../protocol/messages/snapshot.js';
import { problem } from '../../../protocol/problems.js';

/** The part of a snapshot that lists show. */
export type SnapshotSummary = Pick<Snapshot, 'takenAt' | 'counts' | 'engine' | 'swarm'>;

/** The lists in a file, in file order. `networks` are the node's own. */
const SECTIONS = Object.freeze([
  ...(['containers', 'images', 'volumes', 'networks', 'swarmNetworks'] as const),
  ...(['services', 'stacks', 'tasks', 'errors'] as const),
]);
/** See {@link SECTIONS}. */
export type SnapshotSection = (typeof SECTIONS)[number];

const headSchema = z.object({
  summary: z.pick(snapshotSchema, { takenAt: true, counts: true, engine: true, swarm: true }),
  /** Bytes of each section. */
  lengths: z.array(z.int().check(z.nonnegative())).check(z.length(SECTIONS.length)),
});
type Head = z.infer<typeof headSchema>;

/** A snapshot ready to be written. */
export interface EncodedSnapshot {
  readonly summary: SnapshotSummary;
  /** The file's content. */
  readonly bytes: Uint8Array;
}

/** Upper bound of a head, by its schema. */
const HEAD_BYTES = 16 * 1024;
const CHUNK_BYTES = 64 * 1024;

/**
 * Encodes a snapshot for its file: a head line with the summary and the length of each section, then the sections. Each
 * is the inside of a JSON list, one item a line, so that lists of several files can be joined without parsing.
 * @param nodeId the node that each item belongs to; null outside a Swarm
 */
export function encodeSnapshot(snapshot: Snapshot, nodeId: string | null): EncodedSnapshot {
  const { takenAt, counts, engine, swarm, services = [], tasks = [] } = snapshot;
  const isShared = ({ scope }: Snapshot['networks'][number]) => nodeId !== null && scope === 'swarm';
  const ofNode = (items: readonly object[]) =>
    nodeId === null ? items : items.map((item) => ({ ...item, node: nodeId }));
  const lists: Record<SnapshotSection, readonly object[]> = {
    containers: ofNode(snapshot.containers),
    images: ofNode(snapshot.images),
    volumes: ofNode(snapshot.volumes),
    networks: ofNode(snapshot.networks.filter((network) => !isShared(network))),
    swarmNetworks: snapshot.networks.filter(isShared),
    services,
    stacks: stacksOf(services),
    tasks,
    errors: ofNode(snapshot.errors),
  };
  const bodies = SECTIONS.map((name) => lists[name].map((item) => JSON.stringify(item)).join(',\n'));
  const head: Head = {
    summary: { takenAt, counts, engine, swarm },
    lengths: bodies.map((body) => Buffer.byteLength(body)),
  };
  const bytes = new TextEncoder().encode(`${JSON.stringify(head)}\n${bodies.join('')}`);
  return { summary: head.summary, bytes };
}

/** An open snapshot file. It stays readable until closed, even if it is replaced. */
export class SnapshotFile {
  readonly summary: SnapshotSummary;
  readonly #file: FileHandle;
  readonly #ranges: ReadonlyMap<SnapshotSection, { readonly start: number; readonly end: number }>;

  private constructor(file: FileHandle, { summary, lengths }: Head, headBytes: number) {
    this.summary = summary;
    this.#file = file;
    let end = headBytes;
    this.#ranges = new Map(
      SECTIONS.map((name, index) => {
        const start = end;
        end += lengths[index] ?? 0;
        return [name, { start, end }];
      }),
    );
  }

  /** @throws the file system's error, a parse error, or Problem `snapshot-damaged` */
  static async open(path: string): Promise<SnapshotFile> {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(HEAD_BYTES), position: 0 });
      const headBytes = buffer.subarray(0, bytesRead).indexOf('\n') + 1;
      const head = headSchema.parse(JSON.parse(buffer.toString('utf8', 0, headBytes)));
      const opened = new SnapshotFile(file, head, headBytes);
      if ((await file.stat()).size !== opened.bytes) throw problem('snapshot-damaged');
      return opened;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** File size, bytes. */
  get bytes(): number {
    return this.#ranges.get('errors')?.end ?? 0;
  }

  /** The items, separated by a comma and a line feed. @throws Problem `snapshot-damaged` */
  async *read(section: SnapshotSection): AsyncGenerator<Buffer> {
    const { start, end } = this.#ranges.get(section) ?? { start: 0, end: 0 };
    let position = start;
    while (position < end) {
      const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - position));
      const { bytesRead } = await this.#file.read({ buffer, position });
      if (bytesRead === 0) throw problem('snapshot-damaged');
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

function stacksOf(services: NonNullable<Snapshot['services']>): { name: string; services: number }[] {
  const counts = new Map<string, number>();
  for (const { stack } of services) if (stack !== null) counts.set(stack, (counts.get(stack) ?? 0) + 1);
  return [...counts].map(([name, services]) => ({ name, services }));
}
