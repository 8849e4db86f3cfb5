/** A question that only this hub, in this run, knows the answer to. */
export interface Challenge {
  readonly question: string;
  readonly answer: string;
  /** Takes it back; safe to call twice. */
  end(): void;
}

const BYTES = 32;

/**
 * Tells whether a call that the hub made to an address of its own came back to itself. Each question is random and good
 * for one answer, so that nobody else gets one.
 */
export class Challenges {
  readonly #randomBytes: (size: number) => Buffer;
  readonly #open = new Map<string, string>();

  constructor(randomBytes: (size: number) => Buffer) {
    this.#randomBytes = randomBytes;
  }

  issue(): Challenge {
    const [question, answer] = [this.#text(), this.#text()];
    this.#open.set(question, answer);
    return { question, answer, end: () => void this.#open.delete(question) };
  }

  /** Undefined for a question that is not open. */
  answer(question: string): string | undefined {
    const answer = this.#open.get(question);
    this.#open.delete(question);
    return answer;
  }

  #text(): string {
    return this.#randomBytes(BYTES).toString('base64url');
  }
}
