import '../../elements/confirm-dialog.js';
import { css, html, LitElement, type TemplateResult } from 'lit';
import type { DockerAccessView } from '../../../api.js';
import { askToConfirm } from '../../elements/confirm-dialog.js';
import { defineElement } from '../../elements/define-element.js';
import { statusBadge } from '../../format/status-badge.js';
import { ago } from '../../format/time.js';
import { styles } from '../../styles/shared.js';
import { accessBadge } from './access-badge.js';

/** The client certificates of an environment. Dispatches `revoke` with the one to revoke, once it is confirmed. */
export class DockerAccessListElement extends LitElement {
  static override properties = {
    items: { attribute: false },
    nowMs: { attribute: false },
    isBusy: { attribute: false },
  };
  static override styles = [
    styles,
    css`
      ul {
        list-style: none;
        margin: 0;
        padding: 0;
        display: grid;
        gap: 0.8rem;
      }
      li {
        border: 1px solid var(--line);
        border-radius: 0.5rem;
        padding: 0.6rem 1rem;
        min-width: 0;
      }
      strong {
        overflow-wrap: anywhere;
      }
      p {
        margin: 0;
      }
    `,
  ];
  declare items: readonly DockerAccessView[];
  /** The hub's time. */
  declare nowMs: number;
  declare isBusy: boolean;

  override render(): TemplateResult {
    if (this.items.length === 0) return html`<p class="soft">None yet.</p>`;
    return html`
      <ul>${this.items.map((item) => html`<li>${this.#item(item)}</li>`)}</ul>
      <fairlead-confirm-dialog></fairlead-confirm-dialog>
    `;
  }

  #item(item: DockerAccessView): TemplateResult {
    const { name, node, createdAt, createdBy, expiresAt } = item;
    const hasExpired = Date.parse(expiresAt) <= this.nowMs;
    return html`
      <div class="bar">
        <span><strong>${name}</strong> ${statusBadge(...accessBadge(item, this.nowMs))}</span>
        <button class="danger" type="button" ?disabled=${this.isBusy} aria-label=${`Revoke the certificate of ${name}`}
          @click=${() => void this.#revoke(item)}>Revoke …</button>
      </div>
      <p class="soft">${node === null ? '' : `Node ${node}. `}Created ${ago(createdAt, this.nowMs)} by ${createdBy}.
        ${hasExpired ? 'Expired' : 'Valid until'} ${new Date(expiresAt).toLocaleString()}.</p>
    `;
  }

  async #revoke(item: DockerAccessView): Promise<void> {
    const answer = await askToConfirm(this.renderRoot, {
      title: 'Revoke this certificate?',
      names: [item.name],
      warning: 'Clients that use it are refused immediately, and their open calls end.',
      confirm: 'Revoke',
    });
    if (answer) this.dispatchEvent(new CustomEvent('revoke', { detail: item }));
  }
}

defineElement('fairlead-docker-access-list', DockerAccessListElement);
