import '../../elements/copy-text.js';
import { css, html, LitElement, type TemplateResult } from 'lit';
import type { PrintedCommands } from '../../../api.js';
import { defineElement } from '../../elements/define-element.js';
import { styles } from '../../styles/shared.js';

type Method = 'standalone' | 'swarm' | 'stack' | 'podman';

interface Paste {
  readonly label: string;
  readonly note: string;
  readonly text: (commands: PrintedCommands) => string;
}

interface Tab {
  readonly method: Method;
  readonly label: string;
  /** In order. */
  readonly pastes: readonly Paste[];
}

const TABS: readonly Tab[] = [
  {
    method: 'standalone',
    label: 'Docker',
    pastes: [
      {
        label: 'the command for Docker',
        note: 'Run it on the remote machine.',
        text: ({ standalone }) => standalone,
      },
    ],
  },
  {
    method: 'swarm',
    label: 'Swarm',
    pastes: [
      {
        label: 'the command for a Swarm',
        note: 'Run it on a manager: each node gets an agent.',
        text: ({ swarm }) => swarm,
      },
    ],
  },
  {
    method: 'stack',
    label: 'Stack file',
    pastes: [
      {
        label: 'the command that creates the secret',
        note: '1. On a manager: store the Edge key as a Swarm secret.',
        text: ({ stackSecret }) => stackSecret,
      },
      { label: 'the stack file', note: '2. Save this there as fairlead.yml.', text: ({ stack }) => stack },
      {
        label: 'the command that deploys the stack',
        note: '3. Deploy it.',
        text: () => 'docker stack deploy -c fairlead.yml fairlead',
      },
    ],
  },
  {
    method: 'podman',
    label: 'Podman',
    pastes: [
      {
        label: 'the command for Podman',
        note: 'Run it as root on the remote machine.',
        text: ({ podman }) => podman,
      },
    ],
  },
];

/** Commands that start an agent with a new key. */
export class PrintedCommandsElement extends LitElement {
  static override properties = {
    commands: { attribute: false },
    url: { attribute: false },
    method: { state: true },
  };
  static override styles = [
    styles,
    css`
      [role='tablist'] {
        display: flex;
        flex-wrap: wrap;
        gap: 0.4rem;
        margin: 1rem 0 0.6rem;
      }
      fairlead-copy-text {
        margin-bottom: 0.8rem;
      }
    `,
  ];
  declare commands: PrintedCommands;
  /** The plugin's base URL in these commands. */
  declare url: string;
  declare private method: Method;

  constructor() {
    super();
    this.method = 'standalone';
  }

  override render(): TemplateResult {
    const shown = TABS.find(({ method }) => method === this.method) ?? TABS[0];
    return html`
      <div role="tablist" aria-label="Installation method" @keydown=${(event: KeyboardEvent) => this.#move(event)}>
        ${TABS.map(
          ({ method, label }) => html`<button type="button" role="tab" id=${method} aria-controls="command"
            aria-selected=${method === this.method} tabindex=${method === this.method ? 0 : -1} @click=${() => {
              this.method = method;
            }}>${label}</button>`,
        )}
      </div>
      <div role="tabpanel" id="command" aria-labelledby=${this.method}>
        ${shown?.pastes.map(
          ({ label, note, text }) =>
            html`<fairlead-copy-text .label=${label} .note=${note} .text=${text(this.commands)}></fairlead-copy-text>`,
        )}
      </div>
      ${
        // Set by the hub: quotes in a name would be escaped.
        this.commands.stack.includes('EDGE_INSECURE_POLL: "1"')
          ? html`<p class="notice">With EDGE_INSECURE_POLL=1 a man in the middle can read check-ins, but not forge them; tunnels are not
              affected. Better: save <code>${this.url}/api/ca.pem</code> on the remote machine, and pass it to the
              container as EDGE_CA_FILE.</p>`
          : ''
      }
    `;
  }

  #move(event: KeyboardEvent): void {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? TABS.length - 1 : 0;
    if (step === 0) return;
    const index = TABS.findIndex(({ method }) => method === this.method);
    const next = TABS[(index + step) % TABS.length]?.method ?? 'standalone';
    this.method = next;
    this.renderRoot.querySelector<HTMLElement>(`#${next}`)?.focus();
  }
}

defineElement('fairlead-printed-commands', PrintedCommandsElement);
