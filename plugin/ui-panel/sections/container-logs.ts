import { css, html, LitElement, type TemplateResult } from 'lit';
import { defineElement } from '../define-element.js';
import type { EngineClient } from '../engine/engine-client.js';
import { LogDecoder } from '../engine/log-decoder.js';
import { readChunks } from '../read-chunks.js';
import { styles } from '../styles.js';
import type { ContainerRow } from './container-row.js';

const MAX_LINES = 2_000;
const MAX_LINE_CHARACTERS = 4_000;
const TAIL = 500;

/** A container's log as it grows: its last lines, as text. Tells `close-tool`. */
export class ContainerLogsElement extends LitElement {
  static override properties = {
    engine: { attribute: false },
    container: { attribute: false },
  };
  static override styles = [
    styles,
    css`
      section {
        margin: 0.8rem 0;
      }
      pre {
        height: 20rem;
        margin-top: 0.5rem;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
    `,
  ];
  declare engine: EngineClient;
  declare container: ContainerRow;
  #lines: string[] = [''];
  #state = 'Opening …';
  #isFollowing = true;
  #work = new AbortController();

  override connectedCallback(): void {
    super.connectedCallback();
    this.#work = new AbortController();
    void this.#read(this.#work.signal);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#work.abort();
  }

  override render(): TemplateResult {
    return html`<section aria-label=${`Log of ${this.container.name}`}>
      <div class="bar">
        <h3>Log of ${this.container.name}</h3>
        <span class="soft" role="status">${this.#state}</span>
        <span class="tools">
          <button type="button" aria-pressed=${this.#isFollowing} @click=${() => this.#follow(!this.#isFollowing)}>Follow</button>
          <button type="button" @click=${() => this.dispatchEvent(new CustomEvent('close-tool'))}>Close</button>
        </span>
      </div>
      <pre tabindex="0" aria-label="Lines" @wheel=${(event: WheelEvent) => event.deltaY < 0 && this.#follow(false)}>${this.#lines.join('\n')}</pre>
    </section>`;
  }

  override updated(): void {
    const pre = this.renderRoot.querySelector('pre');
    if (pre && this.#isFollowing) pre.scrollTop = pre.scrollHeight;
  }

  #follow(isFollowing: boolean): void {
    this.#isFollowing = isFollowing;
    this.requestUpdate();
  }

  async #read(signal: AbortSignal): Promise<void> {
    const path = `/containers/${encodeURIComponent(this.container.id)}`;
    try {
      const { Config } = await this.engine.call<{ Config: { Tty: boolean } }>('GET', `${path}/json`, {
        signal,
      });
      const query = `follow=1&stdout=1&stderr=1&tail=${TAIL}`;
      const log = await this.engine.open('GET', `${path}/logs?${query}`, { signal });
      const decoder = new LogDecoder(Config.Tty);
      this.#tell('Live');
      for await (const chunk of readChunks(log)) this.#append(decoder.push(chunk));
      this.#tell('The log has ended');
    } catch (error) {
      if (!signal.aborted) this.#tell(error instanceof Error ? error.message : String(error));
    }
  }

  #append(text: string): void {
    const [first = '', ...others] = text.split('\n');
    this.#lines.push(...[`${this.#lines.pop() ?? ''}${first}`, ...others].map(shorten));
    this.#lines = this.#lines.slice(-MAX_LINES);
    this.requestUpdate();
  }

  #tell(state: string): void {
    this.#state = state;
    this.requestUpdate();
  }

  /** Lines may come by the thousand a second: they are shown once a frame, and the page stays free in between. */
  override async scheduleUpdate(): Promise<void> {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    await super.scheduleUpdate();
  }
}

function shorten(line: string): string {
  return line.slice(0, MAX_LINE_CHARACTERS);
}

defineElement('fairlead-container-logs', ContainerLogsElement);
