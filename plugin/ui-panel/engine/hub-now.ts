import type { EngineSource } from './engine-source.js';

/** The time by the clock of the source's hub: the browser's may be wrong. */
export function hubNow(source: EngineSource): number {
  return ('engine' in source ? source.engine.client.hubTime : source.hubTime).now();
}
