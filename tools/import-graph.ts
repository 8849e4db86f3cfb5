import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';

/** Files of the project (paths from its root) and their imports: our files as paths, packages by name. */
export type ImportGraph = ReadonlyMap<string, { readonly files: string[]; readonly packages: string[] }>;

// `import … from`, `export … from`, `import '…'`, `import('…')`; the formatter puts the first three at a line's start.
const SPECIFIER = /(?:^(?:import|export)\s(?:[\w\s,*{}$]+\sfrom\s)?|\bimport\()'([^'\n]+)'/gm;

/** Reads every `.ts` file below the given folders. Type imports count: a type cycle is a cycle of meaning. */
export async function readImportGraph(root: string, folders: readonly string[]): Promise<ImportGraph> {
  const graph = new Map<string, { files: string[]; packages: string[] }>();
  for (const folder of folders) {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(
      () => [],
    );
    for (const entry of entries) {
      if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
      const file = posix.relative(root, posix.join(entry.parentPath, entry.name));
      graph.set(file, importsOf(file, await readFile(join(root, file), 'utf8')));
    }
  }
  return graph;
}

function importsOf(file: string, source: string): { files: string[]; packages: string[] } {
  const specifiers = [...source.matchAll(SPECIFIER)].flatMap(([, name]) => name ?? []);
  const isOurs = (name: string) => name.startsWith('.');
  return {
    files: specifiers
      .filter(isOurs)
      .map((name) => posix.join(posix.dirname(file), name).replace(/\.js$/, '.ts')),
    packages: specifiers
      .filter((name) => !isOurs(name) && !name.startsWith('node:'))
      .map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/')),
  };
}

/** One import cycle as the files along it, or `undefined`. */
export function findCycle(graph: ImportGraph): readonly string[] | undefined {
  const finished = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (finished.has(file)) return undefined;
    for (const next of graph.get(file)?.files ?? []) {
      const cycle = visit(next, [...path, file]);
      if (cycle) return cycle;
    }
    finished.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file, []);
    if (cycle) return cycle;
  }
  return undefined;
}
