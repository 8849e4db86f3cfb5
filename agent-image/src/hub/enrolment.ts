/** Whether the hub knows this instance as it is now; enrols it where it does not. */
export class Enrolment {
  readonly #enrol: (signal: AbortSignal) => Promise<void>;
  #isCurrent = false;
  #isRunning = false;
  #waiting: (() => void)[] = [];

  constructor(enrol: (signal: AbortSignal) => Promise<void>) {
    this.#enrol = enrol;
  }

  /** The hub does not know this instance any more, or its reported identity has changed. */
  expire(): void {
    this.#isCurrent = false;
  }

  /** Enrols, unless the enrolment is current. @throws what `enrol` throws */
  async ensure(signal: AbortSignal): Promise<void> {
    if (this.#isCurrent) return;
    // Set before the attempt, so that a change of the identity meanwhile is not lost.
    this.#isCurrent = true;
    this.#isRunning = true;
    let isReported = true;
    try {
      await this.#enrol(signal);
      isReported = this.#isCurrent;
    } catch (error) {
      this.#isCurrent = false;
      throw error;
    } finally {
      this.#isRunning = false;
      if (isReported) for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }

  /** Resolves immediately if the enrolment is current; else after the next attempt, whatever its result. */
  async attempted(): Promise<void> {
    if (this.#isCurrent && !this.#isRunning) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
