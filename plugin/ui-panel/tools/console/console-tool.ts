import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import xtermCss from '@xterm/xterm/css/xterm.css';
import { css, html, type TemplateResult, unsafeCSS } from 'lit';
import { defineElement } from '../../elements/define-element.js';
import { bytes } from '../../format/bytes.js';
import { toError } from '../../format/error.js';
import { EngineToolElement } from '../engine-tool.js';
import { AdoptedStyleElement } from './adopted-style.js';
import { ConsoleLine } from './console-line.js';
import { openConsole } from './open-console.js';
import { splitCommand } from './split-command.js';

/** Console styles: xterm.js's own, and its frame. */
export const containerConsoleStyles = [
  unsafeCSS(xtermCss),
  css`
    form {
      display: flex;
      flex-wrap: wrap;
      gap: 0.6rem;
      align-items: end;
      margin: 0.6rem 0;
    }
    label {
      flex: 1 1 9rem;
    }
    .screen {
      height: 22rem;
      max-height: 70vh;
      padding: 0.4rem;
      border: 1px solid var(--line);
      border-radius: 0.4rem;
      background: #0b0e13;
      overflow: hidden;
    }
    .screen:focus-within {
      outline: 2px solid var(--accent);
      outline-offset: 2px;
    }
    #keys {
      margin: 0.4rem 0 0;
      font-size: 0.85rem;
    }
  `,
];

const BACKGROUND = '#0b0e13';
const FONT_PX = { default: 14, min: 8, max: 32, step: 2 } as const;

/** A shell or another command in a container. Each connection runs a new one. */
export class ContainerConsoleElement extends EngineToolElement {
  static override styles = [...EngineToolElement.styles, ...containerConsoleStyles];
  static override properties = {
    isOver: { state: true },
    sending: { state: true },
    hasSelection: { state: true },
  };
  protected readonly noun = 'Console';
  declare private isOver: boolean;
  /** Bytes to send. */
  declare private sending: number;
  declare private hasSelection: boolean;
  #fontPx: number = FONT_PX.default;
  #terminal: Terminal | null = null;
  #fit: FitAddon | null = null;
  #line: ConsoleLine | null = null;
  #resizes: ResizeObserver | null = null;

  constructor() {
    super();
    this.isOver = false;
    this.sending = 0;
    this.hasSelection = false;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#end();
  }

  override render(): TemplateResult {
    const tools = html`
      ${this.isOver ? html`<button type="button" @click=${() => void this.#start()}>Reconnect</button>` : ''}
      <button type="button" ?disabled=${!this.hasSelection} @click=${() => void this.#copy()}>Copy</button>
      <button type="button" title="Smaller text" @click=${() => this.#resizeText(-FONT_PX.step)}>A−</button>
      <button type="button" title="Larger text" @click=${() => this.#resizeText(FONT_PX.step)}>A+</button>`;
    return this.frame(
      tools,
      html`<form @submit=${(event: SubmitEvent) => this.#submit(event)}>
          <label>Command<input name="command" list="shells" placeholder="bash or sh" autocomplete="off" autocapitalize="off" spellcheck="false"></label>
          <datalist id="shells"><option value="sh"></option><option value="bash"></option><option value="ash"></option><option value="powershell"></option></datalist>
          <label>User<input name="user" placeholder="container default" autocomplete="off" autocapitalize="off" spellcheck="false"></label>
          <button type="submit">Run</button>
        </form>
        <div class="screen" @paste=${{ handleEvent: (event: ClipboardEvent) => this.#paste(event), capture: true }}></div>
        <p class="soft" id="keys">Ctrl+Shift+C copies the selection, Ctrl+Shift+V pastes, Ctrl+Shift+X moves the focus to Close.
          <span role="status">${this.sending > 0 ? `${bytes(this.sending)} still to send.` : ''}</span></p>`,
    );
  }

  override firstUpdated(): void {
    super.firstUpdated();
    void this.#start();
  }

  async #start(): Promise<void> {
    this.#end();
    const screen = this.renderRoot.querySelector<HTMLElement>('.screen');
    if (!screen) return;
    const terminal = new Terminal({
      theme: { background: BACKGROUND },
      fontSize: this.#fontPx,
      scrollback: 5_000,
    });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(screen);
    terminal.textarea?.setAttribute('aria-describedby', 'keys');
    terminal.attachCustomKeyEventHandler((event) => this.#press(event));
    terminal.onSelectionChange(() => {
      this.hasSelection = terminal.hasSelection();
    });
    this.#terminal = terminal;
    this.#fit = fit;
    this.#setState('Opening …', false);
    try {
      const url = await openConsole(this.live.engine, this.subject.id, {
        args: splitCommand(this.#field('command')),
        user: this.#field('user').trim(),
      });
      if (this.#terminal === terminal && this.isConnected) this.#wire(url, terminal, screen);
    } catch (error) {
      if (this.#terminal === terminal) this.#setState(toError(error).message, true);
    }
  }

  #wire(url: URL, terminal: Terminal, screen: HTMLElement): void {
    const line = new ConsoleLine(url, {
      open: () => {
        this.#setState('Connected', false);
        this.#resizes = new ResizeObserver(() => this.#resize());
        this.#resizes.observe(screen);
        terminal.focus();
      },
      output: (output, done) => terminal.write(output, done),
      over: (reason) => this.#setState(reason, true),
      sending: (waiting) => {
        this.sending = waiting;
      },
    });
    this.#line = line;
    const encoder = new TextEncoder();
    terminal.onData((text) => line.type(encoder.encode(text)));
    terminal.onBinary((text) => line.type(Uint8Array.from(text, (character) => character.charCodeAt(0))));
  }

  #resize(): void {
    const terminal = this.#terminal;
    this.#fit?.fit();
    if (terminal) this.#line?.resize(terminal.cols, terminal.rows);
  }

  #resizeText(step: number): void {
    this.#fontPx = Math.min(FONT_PX.max, Math.max(FONT_PX.min, this.#fontPx + step));
    if (this.#terminal) this.#terminal.options.fontSize = this.#fontPx;
    this.#resize();
  }

  /** All other keys go to the terminal, including Tab and Escape. */
  #press(event: KeyboardEvent): boolean {
    if (!event.ctrlKey || !event.shiftKey || !['KeyC', 'KeyV', 'KeyX'].includes(event.code)) return true;
    if (event.code !== 'KeyV') event.preventDefault();
    if (event.type === 'keydown' && event.code === 'KeyC') void this.#copy();
    if (event.type === 'keydown' && event.code === 'KeyX')
      this.renderRoot.querySelector<HTMLElement>('.close')?.focus();
    return false;
  }

  async #copy(): Promise<void> {
    const selection = this.#terminal?.getSelection();
    if (!selection) return;
    try {
      await navigator.clipboard.writeText(selection);
    } catch {
      this.status = 'The browser blocked copying';
    }
  }

  /** Otherwise the browser would also paste into the terminal's input field. */
  #paste(event: ClipboardEvent): void {
    event.preventDefault();
    event.stopPropagation();
    this.#terminal?.paste(event.clipboardData?.getData('text/plain') ?? '');
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    void this.#start();
  }

  #field(name: string): string {
    return this.renderRoot.querySelector<HTMLInputElement>(`input[name=${name}]`)?.value ?? '';
  }

  #end(): void {
    this.#resizes?.disconnect();
    this.#line?.close();
    this.#line = null;
    this.sending = 0;
    this.hasSelection = false;
    this.#terminal?.dispose();
    this.#terminal = null;
  }

  #setState(state: string, isOver: boolean): void {
    this.isOver = isOver;
    this.status = state;
  }
}

defineElement('fairlead-adopted-style', AdoptedStyleElement);
defineElement('fairlead-container-console', ContainerConsoleElement);
