import { Worker } from 'node:worker_threads';

const OPTIONS = Object.freeze({
  name: 'fairlead-json',
  execArgv: [],
  resourceLimits: { maxOldGenerationSizeMb: 512 },
});

/** Starts the thread that parses large bodies: from JavaScript if the plugin was built, else from source. */
export function spawnJsonWorker(): Worker {
  const isSource = import.meta.url.endsWith('.ts');
  const entry = new URL(`./json-worker-entry.${isSource ? 'ts' : 'js'}`, import.meta.url);
  if (!isSource) return new Worker(entry, OPTIONS);
  // On Node 20 tsx does not apply to threads, so the thread has to load it.
  const [api, file] = [import.meta.resolve('tsx/esm/api'), entry.href].map((url) => JSON.stringify(url));
  return new Worker(`import(${api}).then(({ tsImport }) => tsImport(${file}, ${file}))`, {
    ...OPTIONS,
    eval: true,
  });
}
