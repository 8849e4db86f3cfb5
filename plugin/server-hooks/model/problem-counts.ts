import { codeOf, isProblemCode, type ProblemCode } from '../../../protocol/problems.js';

/** How often each problem occurred since the start. Bounded: whatever is not one of our codes counts as `internal`. */
export class ProblemCounts {
  readonly #counts = new Map<ProblemCode, number>();

  /** @param error anything thrown */
  add(error: unknown): void {
    this.addCode(codeOf(error));
  }

  addCode(code: string): void {
    const known = isProblemCode(code) ? code : 'internal';
    this.#counts.set(known, (this.#counts.get(known) ?? 0) + 1);
  }

  [Symbol.iterator](): Iterator<readonly [ProblemCode, number]> {
    return this.#counts.entries();
  }
}
