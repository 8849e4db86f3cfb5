import { css, html, LitElement, type TemplateResult } from 'lit';
import { readChunks } from '../../api/read-chunks.js';
import { defineElement } from '../../elements/define-element.js';
import { ActedEvent } from '../../elements/resource-list/acted-event.js';
import type { EngineClient } from '../../engine/client.js';
import { parseJsonLines } from '../../engine/model/json-lines.js';
import { bytes } from '../../format/bytes.js';
import { toError } from '../../format/error.js';
import { styles } from '../../styles/shared.js';
import {
  advancePull,
  INITIAL_PULL,
  layerFraction,
  type PulledLayer,
  type PullProgress,
  pullFraction,
  pullPath,
  registryAuth,
} from './pull.js';

type Phase = 'idle' | 'pulling' | 'done' | 'failed' | 'cancelled';

/** Pulls an image and shows the progress. Removing the element cancels it. Dispatches `ActedEvent` at the end. */
export class ImagePullElement extends LitElement {
  static override properties = {
    engine: { attribute: false },
    isOpen: { state: true },
    phase: { state: true },
    progress: { state: true },
  };
  static override styles = [
    styles,
    css`
      :host {
        display: contents;
      }
      section {
        order: 1;
        flex: 1 0 100%;
        min-width: 0;
        padding: 0.8rem 1rem;
        border: 1px solid var(--line);
        border-radius: 0.5rem;
      }
      form {
        display: grid;
        gap: 0.7rem;
        max-width: 36rem;
      }
      details[open] {
        display: grid;
        gap: 0.7rem;
      }
      progress {
        width: 100%;
        height: 0.6rem;
        accent-color: var(--accent);
      }
      ul {
        max-height: 18rem;
        overflow-y: auto;
        margin: 0.6rem 0 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: grid;
        grid-template-columns: 8rem minmax(0, 1fr) minmax(0, 12rem);
        gap: 0 1rem;
        align-items: center;
        padding: 0.15rem 0;
        font-size: 0.9rem;
        overflow-wrap: anywhere;
      }
      @media (max-width: 36rem) {
        li {
          grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
        }
        li progress {
          grid-column: 1 / -1;
        }
      }
    `,
  ];
  declare engine: EngineClient;
  declare private isOpen: boolean;
  declare private phase: Phase;
  declare private progress: PullProgress;
  #reference = '';
  #error = '';
  #work = new AbortController();

  constructor() {
    super();
    this.isOpen = false;
    this.phase = 'idle';
    this.progress = INITIAL_PULL;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#work.abort();
  }

  override render(): TemplateResult {
    return html`
      <button type="button" class="main" aria-expanded=${this.isOpen} ?disabled=${this.phase === 'pulling'}
        @click=${() => this.#show(!this.isOpen)}>Pull an image</button>
      ${this.isOpen ? html`<section aria-label="Pull an image">${this.#form()}${this.phase === 'idle' ? '' : this.#pull()}</section>` : ''}
    `;
  }

  #form(): TemplateResult {
    const isPulling = this.phase === 'pulling';
    return html`<form @submit=${(event: SubmitEvent) => this.#submit(event)}>
      <label>Image
        <input name="reference" required maxlength="500" autocomplete="off" spellcheck="false" placeholder="registry.example.com/name:tag">
      </label>
      <details>
        <summary>A private registry</summary>
        <label>Username <input name="username" maxlength="500" autocomplete="off"></label>
        <label>Password or token <input name="password" type="password" maxlength="5000" autocomplete="new-password"></label>
        <span class="soft">For this pull only; not stored.</span>
      </details>
      <span class="tools">
        <button class="main" type="submit" ?disabled=${isPulling}>Pull</button>
        ${isPulling ? html`<button type="button" @click=${() => this.#work.abort()}>Cancel the pull</button>` : ''}
      </span>
    </form>`;
  }

  #pull(): TemplateResult {
    const { layers, status } = this.progress;
    const done = layers.filter(({ isDone }) => isDone).length;
    const label = {
      idle: '',
      pulling:
        layers.length > 0 ? `${done} of ${layers.length} layers done` : status || 'Contacting the registry …',
      done: status || 'Done',
      failed: this.#error,
      cancelled: 'Cancelled',
    }[this.phase];
    const tone = { idle: '', pulling: '', done: 'good', failed: 'bad', cancelled: '' }[this.phase];
    return html`<div class="notice ${tone}">
      <strong>${this.#reference}</strong>: <span role=${this.phase === 'failed' ? 'alert' : 'status'}>${label}</span>
      ${this.phase === 'pulling' ? html`<progress aria-label="Overall progress" max="1" .value=${pullFraction(this.progress)}></progress>` : ''}
      ${layers.length > 0 ? html`<ul tabindex="0" aria-label="Layers">${layers.map(layerView)}</ul>` : ''}
    </div>`;
  }

  #show(isOpen: boolean): void {
    this.isOpen = isOpen;
    this.phase = 'idle';
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const data = new FormData(form);
    const [reference, username, password] = ['reference', 'username', 'password'].map((name) =>
      String(data.get(name)),
    );
    for (const input of form.querySelectorAll<HTMLInputElement>('details input')) input.value = '';
    const headers =
      username || password
        ? { 'X-Registry-Auth': registryAuth({ username: username ?? '', password: password ?? '' }) }
        : {};
    void this.#run((reference ?? '').trim(), headers);
  }

  async #run(reference: string, headers: Readonly<Record<string, string>>): Promise<void> {
    this.#work = new AbortController();
    const { signal } = this.#work;
    this.#reference = reference;
    this.progress = INITIAL_PULL;
    this.phase = 'pulling';
    try {
      const answer = await this.engine.open('POST', pullPath(reference), { headers, signal });
      for await (const value of parseJsonLines(readChunks(answer))) {
        this.progress = advancePull(this.progress, value);
        if (this.progress.error !== null) throw new Error(this.progress.error);
      }
      this.phase = 'done';
    } catch (error) {
      this.#error = toError(error).message;
      this.phase = signal.aborted ? 'cancelled' : 'failed';
    }
    this.dispatchEvent(new ActedEvent(this.phase === 'done'));
  }

  /** Render once a frame: an engine reports hundreds of steps a second. */
  override async scheduleUpdate(): Promise<void> {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    await super.scheduleUpdate();
  }
}

function layerView(layer: PulledLayer): TemplateResult {
  const { id, status, current, total } = layer;
  const size = current !== null && total ? ` ${bytes(current)} of ${bytes(total)}` : '';
  return html`<li><span>${id}</span><span class="soft">${status}${size}</span>
    <progress aria-label=${`Layer ${id}`} max="1" .value=${layerFraction(layer)}></progress></li>`;
}

defineElement('fairlead-image-pull', ImagePullElement);
