import { randomBytes } from 'node:crypto';
import {
  LiveEnvironments,
  type LiveEnvironmentsOptions,
} from '../../../plugin/server-hooks/live/environments.js';
import { DEFAULT_SETTINGS } from '../../../plugin/server-hooks/model/settings.js';
import { sampleEnvironment } from '../../plugin/server-hooks/store/sample-environment.js';
import { LogRecorder } from '../log-recorder.js';

/** Live environments without disk; by default each exists, without agents, in a store with the default settings. */
export function liveEnvironments(
  options: Pick<LiveEnvironmentsOptions, 'clock'> &
    Partial<Omit<LiveEnvironmentsOptions, 'store'>> & { store?: Partial<LiveEnvironmentsOptions['store']> },
): LiveEnvironments {
  return new LiveEnvironments({
    logger: new LogRecorder(),
    randomBytes,
    bootId: 'boot',
    files: { write: async () => undefined },
    ...options,
    store: {
      environment: (id) => sampleEnvironment(id, { instances: [] }),
      settings: () => DEFAULT_SETTINGS,
      update: () => Promise.reject(new Error('nothing is written here')),
      watch: () => () => undefined,
      ...bound(options.store),
    },
  });
}

/** The members of an instance are on its class: a copy needs them bound. */
function bound<T extends object>(store: T | undefined): Partial<T> {
  if (!store) return {};
  const names = ['environment', 'settings', 'update', 'watch'] as const;
  const entries = names.flatMap((name) => {
    const member: unknown = Reflect.get(store, name);
    return typeof member === 'function' ? [[name, member.bind(store)]] : [];
  });
  return Object.fromEntries(entries) as Partial<T>;
}
