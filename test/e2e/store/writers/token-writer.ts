import type { Hub } from '../../../kit/hub/hub.js';
import type { SeededRandom } from '../../../kit/seeded-random.js';
import { expect, mustBeOneOf, type Writer } from './writer.js';

const PATH = '/api/tokens';
const MOST = 20;

/** Makes and revokes API tokens of the bundled host. */
export class TokenWriter implements Writer {
  readonly #random: SeededRandom;
  #ids: string[] = [];
  /** The write that was not acknowledged: the name of a new token, or the id of one to revoke. */
  #doubt: { name?: string; id?: string } = {};
  #count = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  async write(hub: Hub): Promise<void> {
    if (this.#ids.length < this.#random.between(1, MOST)) {
      const name = `token ${++this.#count}`;
      this.#doubt = { name };
      const { id } = await expect<{ id: string }>(hub, 201, 'POST', PATH, { name });
      this.#ids.push(id);
    } else {
      const id = this.#random.pick(this.#ids);
      this.#doubt = { id };
      await expect(hub, 204, 'DELETE', `${PATH}/${id}`);
      this.#ids = this.#ids.filter((other) => other !== id);
    }
    this.#doubt = {};
  }

  async verify(hub: Hub): Promise<void> {
    type Tokens = { tokens: { id: string; name: string }[] };
    const { tokens } = await expect<Tokens>(hub, 200, 'GET', PATH);
    const isSure = (id: string) => id !== this.#doubt.id;
    const sure = tokens.filter(({ id, name }) => isSure(id) && name !== this.#doubt.name);
    mustBeOneOf(
      'the list of API tokens',
      sure.map(({ id }) => id),
      [this.#ids.filter(isSure)],
    );
    this.#ids = tokens.map(({ id }) => id);
    this.#doubt = {};
  }
}
