import type { Hub } from '../../../kit/hub/hub.js';
import type { SeededRandom } from '../../../kit/seeded-random.js';
import { expect, mustBeOneOf, type Writer } from './writer.js';

const PATH = '/edge/api/settings';

/** Changes a setting again and again. */
export class SettingsWriter implements Writer {
  readonly #random: SeededRandom;
  /** What a restart may show: the last acknowledged value, and those after it. */
  #possible: number[] = [300];

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  async write(hub: Hub): Promise<void> {
    const inactivitySeconds = this.#random.between(5, 86_400);
    this.#possible.push(inactivitySeconds);
    await expect(hub, 200, 'PATCH', PATH, { inactivitySeconds });
    this.#possible = [inactivitySeconds];
  }

  async verify(hub: Hub): Promise<void> {
    const { inactivitySeconds } = await expect<{ inactivitySeconds: number }>(hub, 200, 'GET', PATH);
    mustBeOneOf('inactivitySeconds', inactivitySeconds, this.#possible);
    this.#possible = [inactivitySeconds];
  }
}
