import { Agent } from 'node:http';
import type { Duplex } from 'node:stream';

/** `http.Agent` over `dial()`. Not pooled: an idle pooled stream would count as use on the agent. */
export class DialAgent extends Agent {
  readonly #dial: () => Promise<Duplex>;

  constructor(dial: () => Promise<Duplex>) {
    super({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
    this.#dial = dial;
  }

  override createConnection(
    _options: object,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    this.#dial().then(
      (stream) => callback?.(null, stream),
      (error: Error) => callback?.(error, undefined as unknown as Duplex),
    );
    return undefined;
  }
}
