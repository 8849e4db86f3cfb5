import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { bytes } from '../../format/bytes.js';
import { toError } from '../../format/error.js';
import { fileName, saveText } from './save-text.js';

/** A download of a whole log, aborted when the host leaves the page. Renders the host after each change. */
export class LogDownload implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  #work: AbortController | null = null;
  #status = '';

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  get isRunning(): boolean {
    return this.#work !== null;
  }
  /** Empty before the first download. */
  get status(): string {
    return this.#status;
  }

  hostDisconnected(): void {
    this.cancel();
  }

  cancel(): void {
    this.#work?.abort();
  }

  /** @param parts the log's text */
  async start(name: string, parts: (signal: AbortSignal) => AsyncIterable<string>): Promise<void> {
    this.#work = new AbortController();
    const { signal } = this.#work;
    this.#show('Downloading …');
    try {
      const isSaved = await saveText(
        fileName(name, Date.now(), 'log'),
        () => parts(signal),
        (characters) => this.#show(`Downloading: ${bytes(characters)}`),
      );
      this.#status = isSaved ? 'Downloaded' : '';
    } catch (error) {
      this.#status = signal.aborted ? 'Download cancelled' : `Download failed: ${toError(error).message}`;
    }
    this.#work = null;
    this.#host.requestUpdate();
  }

  #show(status: string): void {
    this.#status = status;
    this.#host.requestUpdate();
  }
}
