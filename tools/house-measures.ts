import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { findCycle, readImportGraph } from './import-graph.js';
import { FOLDERS } from './layers.js';

const MAX_LINES = 250;
const MAX_MEDIAN = 110;
/** TypeScript files directly in a folder. */
const MAX_FILES = 15;

/** The rooms of the project: the first prefix that matches a file is its room. */
const ROOMS = [
  'protocol/',
  'plugin/api',
  'plugin/server-hooks/',
  'plugin/ui-panel/',
  'agent-image/',
  'host/',
  'cli/',
  'tools/',
  'bench/',
  'test/kit/',
  'test/e2e/',
  'test/',
];

/** Sizes of one room's files, in lines. */
export interface RoomMeasure {
  readonly room: string;
  readonly files: number;
  readonly median: number;
  readonly longest: number;
}

export interface HouseMeasures {
  readonly rooms: readonly RoomMeasure[];
  /** What is beyond the limits, one line each. */
  readonly excesses: readonly string[];
  /** Whether files import each other in a circle. */
  readonly hasCycle: boolean;
}

/** Measures the TypeScript files below `root`: how long they are, how many are in a folder. */
export async function measureHouse(root: string): Promise<HouseMeasures> {
  const graph = await readImportGraph(root, FOLDERS);
  const lines = new Map<string, number>();
  for (const file of graph.keys()) lines.set(file, await countLines(join(root, file)));
  const rooms = ROOMS.flatMap((room) => {
    const sizes = [...lines].filter(([file]) => roomOf(file) === room).map(([, count]) => count);
    return sizes.length === 0 ? [] : [measureRoom(room, sizes)];
  });
  const excesses = [
    ...[...lines]
      .filter(([, count]) => count > MAX_LINES)
      .map(([file, count]) => `${file} has ${count} lines, more than ${MAX_LINES}`),
    ...[...filesByFolder(lines.keys())]
      .filter(([, count]) => count > MAX_FILES)
      .map(([folder, count]) => `${folder}/ has ${count} files, more than ${MAX_FILES}`),
    ...rooms
      .filter(({ median }) => median > MAX_MEDIAN)
      .map(
        ({ room, median }) => `${room} has files of ${median} lines in the median, more than ${MAX_MEDIAN}`,
      ),
  ];
  return { rooms, excesses, hasCycle: findCycle(graph) !== undefined };
}

function measureRoom(room: string, sizes: readonly number[]): RoomMeasure {
  const sorted = [...sizes].sort((a, b) => a - b);
  return {
    room,
    files: sorted.length,
    median: sorted[Math.floor(sorted.length / 2)] ?? 0,
    longest: sorted.at(-1) ?? 0,
  };
}

async function countLines(path: string): Promise<number> {
  return (await readFile(path, 'utf8')).split('\n').length - 1;
}

function roomOf(file: string): string | undefined {
  return ROOMS.find((room) => file.startsWith(room));
}

function filesByFolder(files: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const file of files) counts.set(posix.dirname(file), (counts.get(posix.dirname(file)) ?? 0) + 1);
  return counts;
}
