import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, formatMessages } from 'esbuild';

/** Where the agent's bundle goes, relative to the project. */
export const AGENT_BUNDLE = 'dist/agent/main.mjs';

// dockerode and docker-modem load these at once and use them only for ssh:// hosts and BuildKit sessions,
// neither of which the agent knows. Without them the bundle is a tenth and the process smaller by a third.
const NEVER_CALLED = ['ssh2', '@grpc/grpc-js', '@grpc/proto-loader', 'protobufjs'];

/** Bundles the agent into one ES module for Node 20 that needs no `node_modules`. Resolves with its size in bytes. */
export async function buildAgent(outfile = AGENT_BUNDLE): Promise<number> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const empty = fileURLToPath(new URL('empty-module.ts', import.meta.url));
  const { version } = JSON.parse(await readFile(`${root}/package.json`, 'utf8'));
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['agent-image/src/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    alias: Object.fromEntries(NEVER_CALLED.map((name) => [name, empty])),
    define: { 'process.env.FAIRLEAD_VERSION': JSON.stringify(version) },
    // CommonJS packages inside an ES module still use `require` for Node's own modules, and `__filename`.
    banner: {
      js: [
        "import { createRequire as createRequireOf } from 'node:module';",
        'const require = createRequireOf(import.meta.url);',
        'const __filename = import.meta.filename;',
      ].join('\n'),
    },
    legalComments: 'none',
    minifySyntax: true,
    metafile: true,
    logLevel: 'silent',
  }).catch(async (error: { errors?: [] }) => {
    const lines = await formatMessages(error.errors ?? [], { kind: 'error' });
    throw new Error(lines.join('\n') || String(error));
  });
  return Object.values(result.metafile.outputs).reduce((bytes, output) => bytes + output.bytes, 0);
}
