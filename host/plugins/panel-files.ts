import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Middleware } from 'koa';
import type { Logger } from '../../plugin/server-hooks/host.js';
import { PAGE_HEADERS } from '../page.js';
import type { PluginManifest } from './manifest.js';

/** URL of a plugin's panel module, and the element it defines; null for a plugin without one. */
export function panelOf({ id, panel }: PluginManifest): { module: string; element: string } | null {
  return panel ? { module: `/panels/${id}/${basename(panel.module)}`, element: panel.element } : null;
}

/** The modules of plugins' panels, read once: all files next to the manifest's module belong to it. */
export async function loadPanels(manifests: readonly PluginManifest[], logger: Logger): Promise<Middleware> {
  const files = new Map<string, Buffer>();
  for (const { id, folder, panel } of manifests) {
    if (!panel) continue;
    const panelFolder = join(folder, dirname(panel.module));
    const names = await readdir(panelFolder).catch((): string[] => []);
    if (!names.includes(basename(panel.module)))
      logger.warn({ plugin: id, module: panel.module }, 'the panel of a plugin is not built');
    for (const name of names.filter((file) => /\.m?js$/.test(file)))
      files.set(`/panels/${id}/${name}`, await readFile(join(panelFolder, name)));
  }
  return async (ctx, next) => {
    const body = ctx.method === 'GET' || ctx.method === 'HEAD' ? files.get(ctx.path) : undefined;
    if (body === undefined) return next();
    ctx.set(PAGE_HEADERS);
    ctx.type = 'text/javascript; charset=utf-8';
    ctx.body = body;
  };
}
