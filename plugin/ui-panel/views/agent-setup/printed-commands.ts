import '../../elements/tabbed-texts.js';
import { html, LitElement, type TemplateResult } from 'lit';
import type { PrintedCommands } from '../../../api.js';
import { defineElement } from '../../elements/define-element.js';
import type { TextTab } from '../../elements/text-tab.js';
import { styles } from '../../styles/shared.js';

/** Commands that start an agent with a new key. */
export class PrintedCommandsElement extends LitElement {
  static override properties = { commands: { attribute: false }, url: { attribute: false } };
  static override styles = [styles];
  declare commands: PrintedCommands;
  /** The plugin's base URL in these commands. */
  declare url: string;

  override render(): TemplateResult {
    return html`
      <fairlead-tabbed-texts label="Installation method" .tabs=${tabsOf(this.commands)}></fairlead-tabbed-texts>
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
}

function tabsOf({ standalone, swarm, stack, stackSecret, podman }: PrintedCommands): readonly TextTab[] {
  return [
    {
      id: 'standalone',
      label: 'Docker',
      pastes: [{ label: 'the command for Docker', note: 'Run it on the remote machine.', text: standalone }],
    },
    {
      id: 'swarm',
      label: 'Swarm',
      pastes: [
        {
          label: 'the command for a Swarm',
          note: 'Run it on a manager: each node gets an agent.',
          text: swarm,
        },
      ],
    },
    {
      id: 'stack',
      label: 'Stack file',
      pastes: [
        {
          label: 'the command that creates the secret',
          note: '1. On a manager: store the Edge key as a Swarm secret.',
          text: stackSecret,
        },
        { label: 'the stack file', note: '2. Save this there as fairlead.yml.', text: stack },
        {
          label: 'the command that deploys the stack',
          note: '3. Deploy it.',
          text: 'docker stack deploy -c fairlead.yml fairlead',
        },
      ],
    },
    {
      id: 'podman',
      label: 'Podman',
      pastes: [
        {
          label: 'the command for Podman',
          note: 'Run it as root on the remote machine.',
          text: podman,
        },
      ],
    },
  ];
}

defineElement('fairlead-printed-commands', PrintedCommandsElement);
