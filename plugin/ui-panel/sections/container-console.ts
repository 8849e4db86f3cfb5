import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import xtermCss from '@xterm/xterm/css/xterm.css';
import { css, html, LitElement, type TemplateResult, unsafeCSS } from 'lit';
import type { CreateTicket, Ticket } from '../../api.js';
import { AdoptedStyleElement } from '../adopted-style.js';
import { defineElement } from '../define-element.js';
import type { EngineClient } from '../engine/engine-client.js';
import { styles } from '../styles.js';
import type { ContainerRow } from './container-row.js';

/** The best shell there is. */
const SHELL = ['sh', '-c', 'command -v bash >/dev/null && exec bash || exec sh'];

/** A shell in a container. A new one each time it connects. Tells `close-tool`. */
export class ContainerConsoleElement extends LitElement {
  static override properties = {
    engine: { attribute: false },
    container: { attribute: false },
  };
  static override styles = [
    styles,
    unsafeCSS(xtermCss),
    css`
      section {
        margin: 0.8rem 0;
      }
      .screen {
        height: 22rem;
        margin-top: 0.5rem;
        padding: 0.4rem;
        border-radius: 0.4rem;
        border: 1px solid var(--line);
        background: #0b0e13;
        overflow: hidden;
      }
    `,
  ];
  declare engine: EngineClient;
  declare container: ContainerRow;
  #state = 'Opening …';
  #isOver = false;
  #terminal: Terminal | null = null;
  #socket: WebSocket | null = null;
  #resizes: ResizeObserver | null = null;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#end();
  }

  override render(): TemplateResult {
    return html`<section aria-label=${`Console of ${this.container.name}`}>
      <div class="bar">
        <h3>Console of ${this.container.name}</h3>
        <span class="soft" role="status">${this.#state}</span>
        <span class="tools">
          ${this.#isOver ? html`<button type="button" @click=${() => void this.#start()}>Reconnect</button>` : ''}
          <button type="button" @click=${() => this.dispatchEvent(new CustomEvent('close-tool'))}>Close</button>
        </span>
      </div>
      <div class="screen"></div>
    </section>`;
  }

  override firstUpdated(): void {
    void this.#start();
  }

  async #start(): Promise<void> {
    this.#end();
    const screen = this.renderRoot.querySelector<HTMLElement>('.screen');
    if (!screen) return;
    const terminal = new Terminal({ theme: { background: '#0b0e13' }, fontSize: 14, scrollback: 5_000 });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(screen);
    this.#terminal = terminal;
    this.#tell('Opening …', false);
    try {
      const socket = new WebSocket(new URL(await this.#ticket(), location.href.replace(/^http/, 'ws')));
      if (this.#terminal !== terminal || !this.isConnected) return socket.close();
      this.#wire(socket, terminal, fit, screen);
    } catch (error) {
      this.#tell(error instanceof Error ? error.message : String(error), true);
    }
  }

  /** Makes a shell, and asks for its one-time address. */
  async #ticket(): Promise<string> {
    const { client, environmentId, node } = this.engine;
    const path = `/containers/${encodeURIComponent(this.container.id)}/exec`;
    const exec = { Cmd: SHELL, Tty: true, AttachStdin: true, AttachStdout: true, AttachStderr: true };
    const { Id: execId } = await this.engine.call<{ Id: string }>('POST', path, { body: exec });
    const body: CreateTicket = { environmentId, execId, ...(node !== null && { node }) };
    return (await client.call<Ticket>('POST', '/tickets', { body })).url;
  }

  #wire(socket: WebSocket, terminal: Terminal, fit: FitAddon, screen: HTMLElement): void {
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    const send = (data: string | Uint8Array<ArrayBuffer>) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(data);
    };
    const resize = () => {
      fit.fit();
      send(JSON.stringify({ type: 'resize', columns: terminal.cols, rows: terminal.rows }));
    };
    this.#resizes = new ResizeObserver(resize);
    socket.addEventListener('message', ({ data }) => {
      if (typeof data !== 'string') return terminal.write(new Uint8Array(data));
      const frame: { type: string; code?: unknown; detail?: string } = JSON.parse(data);
      if (frame.type === 'open') {
        this.#tell('Connected', false);
        this.#resizes?.observe(screen);
        terminal.focus();
      } else if (frame.type === 'exit') this.#tell(`Ended with code ${String(frame.code)}`, true);
      else if (frame.type === 'error') this.#tell(String(frame.detail), true);
    });
    socket.addEventListener('close', () => {
      if (!this.#isOver && this.#socket === socket) this.#tell('The connection is gone', true);
    });
    const encoder = new TextEncoder();
    terminal.onData((text) => send(encoder.encode(text)));
    terminal.onBinary((text) => send(Uint8Array.from(text, (character) => character.charCodeAt(0))));
  }

  #end(): void {
    this.#resizes?.disconnect();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#terminal?.dispose();
    this.#terminal = null;
  }

  #tell(state: string, isOver: boolean): void {
    this.#state = state;
    this.#isOver = isOver;
    this.requestUpdate();
  }
}

defineElement('fairlead-adopted-style', AdoptedStyleElement);
defineElement('fairlead-container-console', ContainerConsoleElement);
