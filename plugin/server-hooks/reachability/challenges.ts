/** A question whose answer only this hub knows, in this run. */
export interface Challenge {
  readonly question: string;
  readonly answer: string;
  /** Withdraws it; safe to call twice. */
  end(): void;
}

const BYTES = 32;

/**
 * Detects whether a call that the hub made to one of its own addresses reached itself. Each question is random and
 * answered once, so that no other caller gets an answer.
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

  /** Undefined for an unknown question. */
  answer(question: string): string | undefined {
    const answer = this.#open.get(question);
    this.#open.delete(question);
    return answer;
  }

  #text(): string {
    return this.#randomBytes(BYTES).toString('base64url');
  }
}
