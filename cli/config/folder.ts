import { join, resolve } from 'node:path';
import type { Runtime } from '../runtime.js';

/** The folder with this command's files: `FAIRLEAD_CONFIG`, else `fairlead` in `XDG_CONFIG_HOME` or `~/.config`. */
export function configFolder({ env, homeFolder }: Pick<Runtime, 'env' | 'homeFolder'>): string {
  if (env.FAIRLEAD_CONFIG) return resolve(env.FAIRLEAD_CONFIG);
  // The XDG specification: a relative path is ignored.
  const base = env.XDG_CONFIG_HOME?.startsWith('/') ? env.XDG_CONFIG_HOME : join(homeFolder, '.config');
  return join(base, 'fairlead');
}
