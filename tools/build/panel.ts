import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';

/** The panel's bundle, relative to the project. `manifest.json` names its module. */
export const PANEL_FOLDER = 'dist/panel';

/** Sizes, bytes. */
export interface PanelSize {
  /** On disk. */
  readonly bytes: number;
  /** Gzipped: everything that is not loaded later. */
  readonly first: number;
  /** Gzipped: loaded with the first console. */
  readonly console: number;
  /** Gzipped: loaded with the first charts. */
  readonly stats: number;
}

/**
 * xterm.js puts texts into `<style>` elements and `style` attributes, which a strict Content-Security-Policy ignores. It
 * gets our own element instead (plugin/ui-panel/tools/console/adopted-style.ts), and sets styles as objects. Each place is counted,
 * so that a new version must be reviewed.
 */
const obedientTerminal: Plugin = {
  name: 'obedient-terminal',
  setup({ onLoad }) {
    onLoad({ filter: /@xterm[\\/]xterm[\\/]lib[\\/]xterm\.mjs$/ }, async ({ path }) => {
      const counts = { elements: 0, attributes: 0 };
      const contents = (await readFile(path, 'utf8'))
        .replaceAll('createElement("style")', () => {
          counts.elements += 1;
          return 'createElement("fairlead-adopted-style")';
        })
        .replace(/(\w+)\.setAttribute\("style",(`[^;]*;`)\)/g, (_, element, text) => {
          counts.attributes += 1;
          return `${element}.style.cssText=${text}`;
        });
      if (counts.elements !== 3 || counts.attributes !== 1)
        throw new Error(`${path} has other styles than expected: ${JSON.stringify(counts)}`);
      return { contents };
    });
  },
};

/**
 * Since 3.3.1, lit-html's `removePart` leaves a comment behind for each removed row (lit/lit#5298): thousands of them
 * after scrolling through a long list. Here it removes both of its markers.
 */
const removeListMarkers: Plugin = {
  name: 'remove-list-markers',
  setup({ onLoad }) {
    onLoad({ filter: /lit-html[\\/]directive-helpers\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const contents = text.replace(
        /(\w+)\._\$AR\(\),(?=\1\._\$AA\.remove\(\))/,
        (clear, part) => `${clear}${part}._$AB?.remove(),`,
      );
      if (contents === text) throw new Error(`${path} removes parts in another way than expected`);
      return { contents };
    });
  },
};

/** esbuild keeps the text of templates: this removes the space between the parts of styles. */
const compactStyles: Plugin = {
  name: 'compact-styles',
  setup({ onLoad }) {
    onLoad({ filter: /ui-panel[\\/].*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const contents = text.replace(/\bcss`[^`]*`/g, (styles) => styles.replace(/([{};])\s*\n\s*/g, '$1'));
      return { contents, loader: 'ts' };
    });
  },
};

/** Bundles the panel into an ES module for browsers; consoles and charts are chunks of their own. Resolves with its size. */
export async function buildPanel(outdir = PANEL_FOLDER): Promise<PanelSize> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const target = resolve(root, outdir);
  await mkdir(target, { recursive: true });
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: { 'fairlead-panel': 'plugin/ui-panel/main.ts' },
    outdir: target,
    bundle: true,
    splitting: true,
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    loader: { '.css': 'text' },
    plugins: [obedientTerminal, removeListMarkers, compactStyles],
    minify: true,
    legalComments: 'eof',
    write: false,
    logLevel: 'error',
  });
  // The entry names the others: write it last, and remove unreferenced files after it.
  const files = outputFiles.sort((one, other) => other.path.length - one.path.length);
  for (const { path, contents } of files) {
    // A starting hub may be reading it.
    if (
      await readFile(path).then(
        (old) => old.equals(contents),
        () => false,
      )
    )
      continue;
    await writeFile(`${path}.${process.pid}`, contents);
    await rename(`${path}.${process.pid}`, path);
  }
  const made = new Set(files.map(({ path }) => basename(path)));
  for (const name of await readdir(target))
    if (name.endsWith('.js') && !made.has(name)) await rm(join(target, name), { force: true });
  const zipped = (start: string) =>
    files
      .filter(({ path }) => basename(path).startsWith(start))
      .reduce((bytes, { contents }) => bytes + gzipSync(contents).length, 0);
  const bytes = files.reduce((sum, { contents }) => sum + contents.length, 0);
  const [console, stats] = [zipped('console-tool'), zipped('stats-tool')];
  return { bytes, first: zipped('') - console - stats, console, stats };
}
