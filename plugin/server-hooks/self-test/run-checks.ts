import { EdgeError } from '../../../protocol/edge-error.js';
import type { SelfTestHop } from '../../api.js';
import { explainCheck } from './explain-check.js';

/**
 * One hop and how it is looked at. What `look` returns is the code of something wrong that does not bar the next hop, null
 * where nothing is; what it throws ends the walk.
 */
export interface Step {
  readonly hop: SelfTestHop['hop'];
  readonly look: () => Promise<string | null>;
}

/** Takes the steps in turn. `place` is what the texts call the other end. */
export async function runChecks(place: string, steps: readonly Step[]): Promise<SelfTestHop[]> {
  const hops: SelfTestHop[] = [];
  let isBarred = false;
  for (const { hop, look } of steps) {
    if (isBarred) {
      hops.push({ hop, ok: null, code: null, detail: 'Not tried.', nextStep: null });
      continue;
    }
    try {
      hops.push(explainCheck(hop, await look(), place));
    } catch (error) {
      if (!(error instanceof EdgeError)) throw error;
      isBarred = true;
      hops.push(explainCheck(hop, error.code, place));
    }
  }
  return hops;
}
