import { readFile, rename } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, formatMessages, type Plugin } from 'esbuild';

/** The agent's bundle, relative to the project. */
export const AGENT_BUNDLE = 'dist/agent/main.mjs';

// Loaded eagerly by packages for features that the agent never uses.
const NEVER_CALLED = [
  'docker-modem', // dockerode: the agent has its own, `docker/modem.ts`
  ...['@grpc/grpc-js', '@grpc/proto-loader', 'protobufjs'], // dockerode: BuildKit sessions
  ...['tar-fs', '@balena/dockerignore'], // dockerode: packs the files of an image build
  'thread-stream', // pino: logs from a worker
];

let builds = 0;

/** Bundles the agent into one ES module for Node 20 that needs no `node_modules`. Resolves with its size in bytes. */
export async function buildAgent(outfile = AGENT_BUNDLE): Promise<number> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const empty = fileURLToPath(new URL('empty-module.ts', import.meta.url));
  const { version } = JSON.parse(await readFile(`${root}/package.json`, 'utf8'));
  // Other processes may be starting the existing bundle.
  // Tests of one process may build at the same time.
  const made = `${outfile}.${process.pid}-${builds++}`;
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['agent-image/src/main.ts'],
    outfile: made,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    alias: Object.fromEntries(NEVER_CALLED.map((name) => [name, empty])),
    plugins: [withoutResources(empty), builtinsByRequire],
    define: { 'process.env.FAIRLEAD_VERSION': JSON.stringify(version) },
    // For CommonJS packages inside an ES module; they require nothing but Node's own modules.
    banner: {
      js: 'const require = process.getBuiltinModule;\nconst __filename = import.meta.filename;',
    },
    legalComments: 'none',
    minifySyntax: true,
    // The source stays in memory: half of it, as comments and non-ASCII characters go. Names and short lines are for stacks.
    minifyWhitespace: true,
    lineLimit: 120,
    metafile: true,
    logLevel: 'silent',
  }).catch(async (error: { errors?: [] }) => {
    const lines = await formatMessages(error.errors ?? [], { kind: 'error' });
    throw new Error(lines.join('\n') || String(error));
  });
  await rename(resolve(root, made), resolve(root, outfile));
  return Object.values(result.metafile.outputs).reduce((bytes, output) => bytes + output.bytes, 0);
}

/** Leaves dockerode's classes for single containers, images and so on out: the agent only lists them. */
function withoutResources(empty: string): Plugin {
  return {
    name: 'without-resources',
    setup: ({ onResolve }) =>
      onResolve({ filter: /^\.\// }, ({ path, importer }) =>
        importer.endsWith('/dockerode/lib/docker.js') && path !== './util' ? { path: empty } : undefined,
      ),
  };
}

/**
 * Loads Node's own modules by `require`, when the importing module runs. An `import` reads each export of such a module
 * once, and some load more: on Node 24 `node:http` loads all of `fetch`, 3.5 MiB.
 */
const builtinsByRequire: Plugin = {
  name: 'builtins-by-require',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'builtin' } : { path, external: true },
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};
