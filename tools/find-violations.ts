import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findCycle, type ImportGraph, readImportGraph } from './import-graph.js';
import { FOLDERS, layerOf, mayImport } from './layers.js';

/** Folders with shipped code: its imports must be dependencies. */
const SHIPPED = /^(?:protocol|plugin|agent-image|host|cli)\//;

/** Every violation of the import rules below `root`, one line each. */
export async function findViolations(root: string): Promise<string[]> {
  const graph = await readImportGraph(root, FOLDERS);
  const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const cycle = findCycle(graph);
  return [
    ...wrongDirections(graph),
    ...wrongPackages(graph, new Set(Object.keys(dependencies ?? {}))),
    ...(cycle ? [`import cycle: ${cycle.join(' -> ')}`] : []),
  ];
}

function wrongDirections(graph: ImportGraph): string[] {
  return [...graph].flatMap(([file, { files }]) => {
    if (layerOf(file) === undefined) return [`${file} has no layer: give it one in tools/layers.ts`];
    return files.filter((to) => !mayImport(file, to)).map((to) => `${file} may not import ${to}`);
  });
}

function wrongPackages(graph: ImportGraph, dependencies: ReadonlySet<string>): string[] {
  return [...graph]
    .filter(([file]) => SHIPPED.test(file))
    .flatMap(([file, { packages }]) =>
      packages
        .filter((name) => !dependencies.has(name))
        .map((name) => `${file} imports ${name}, which is not among the dependencies of package.json`),
    );
}
