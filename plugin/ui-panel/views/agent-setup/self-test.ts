import { css, html, LitElement, type TemplateResult } from 'lit';
import type { SelfTest, SelfTestCheck, SelfTestResult } from '../../../api.js';
import type { ApiClient } from '../../api/client.js';
import { AsyncTask } from '../../elements/controllers/async-task.js';
import { defineElement } from '../../elements/define-element.js';
import { statusBadge } from '../../format/status-badge.js';
import { styles } from '../../styles/shared.js';

const CHECKS: Readonly<Record<SelfTestCheck['check'], string>> = {
  'api-name': 'Name',
  'api-port': 'Port',
  'api-certificate': 'Certificate',
  'api-answer': 'Hub',
  'tunnel-name': 'Name',
  'tunnel-port': 'Port',
  'tunnel-key': 'Key',
};

/** Tests whether agents can reach the hub at the addresses in their keys. Dispatches `tested` with the result. */
export class SelfTestElement extends LitElement {
  static override properties = {
    client: { attribute: false },
    addresses: { attribute: false },
    result: { state: true },
  };
  static override styles = [
    styles,
    css`
      section {
        border: 1px solid var(--line);
        border-radius: 0.5rem;
        padding: 0.8rem 1rem;
        min-height: 6.5rem;
      }
      h3 + p {
        margin: 0.2rem 0 0.6rem;
      }
      h4 {
        margin: 0.7rem 0 0.3rem;
        font-size: 0.9rem;
        overflow-wrap: anywhere;
      }
      ul {
        list-style: none;
        margin: 0;
        padding: 0;
        display: grid;
        gap: 0.3rem;
      }
      .next {
        display: block;
        margin-left: 1.1rem;
        font-size: 0.9rem;
        overflow-wrap: anywhere;
      }
      .badge {
        white-space: normal;
        align-items: start;
      }
      .shape {
        margin-top: 0.35rem;
      }
    `,
  ];
  declare client: ApiClient;
  /** Missing ones default to those of new environments. */
  declare addresses: SelfTest | undefined;
  /** Resolves when no test is running. */
  settled: Promise<void> = Promise.resolve();
  /** Of the last test; null: none, or it failed. */
  declare private result: SelfTestResult | null;
  readonly #task = new AsyncTask(this);

  constructor() {
    super();
    this.result = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.run();
  }

  /** Runs the test again; a running one is aborted. */
  run(): void {
    this.#task.abort();
    this.settled = this.#test();
  }

  async #test(): Promise<void> {
    let result: SelfTestResult | null = null;
    const outcome = await this.#task.run(async (signal) => {
      // The owner may set the addresses in the same turn.
      await this.updateComplete;
      const body = this.addresses ?? {};
      result = await this.client.call<SelfTestResult>('POST', '/self-test', { body, signal });
    });
    if (outcome === 'aborted') return;
    this.result = result;
    this.dispatchEvent(new CustomEvent<SelfTestResult | null>('tested', { detail: result }));
  }

  override render(): TemplateResult {
    const { isBusy } = this.#task;
    return html`<section aria-labelledby="title" aria-busy=${isBusy}>
      <div class="bar">
        <h3 id="title">Can agents reach this hub?</h3>
        <button type="button" ?disabled=${isBusy} @click=${() => this.run()}>Test again</button>
      </div>
      <p class="soft">Tested from the hub’s own machine.</p>
      <div role="status">${isBusy ? statusBadge('busy', 'Testing …') : this.#summary()}</div>
      ${this.result ? this.#checks(this.result) : ''}
    </section>`;
  }

  #summary(): TemplateResult | string {
    const { error } = this.#task;
    if (error) return statusBadge('quiet', `Not tested: ${error.message}`);
    const failed = this.result?.checks.filter(({ ok }) => ok === false).length ?? 0;
    if (failed === 0) return statusBadge('good', 'All checks passed.');
    return statusBadge('bad', failed === 1 ? '1 check failed.' : `${failed} checks failed.`);
  }

  #checks({ url, tunnelAddress, checks }: SelfTestResult): TemplateResult {
    const isApi = ({ check }: SelfTestCheck) => check.startsWith('api-');
    return html`
      <h4>Check-ins: ${url}</h4>
      <ul>${checks.filter(isApi).map(checkView)}</ul>
      <h4>Tunnels: ${tunnelAddress ?? 'by the same URL'}</h4>
      <ul>${checks.filter((check) => !isApi(check)).map(checkView)}</ul>
    `;
  }
}

function checkView({ check, ok, detail, nextStep }: SelfTestCheck): TemplateResult {
  const tone = ok === null ? 'quiet' : ok ? 'good' : 'bad';
  return html`<li>${statusBadge(tone, detail, CHECKS[check])}${nextStep ? html`<span class="next">${nextStep}</span>` : ''}</li>`;
}

defineElement('fairlead-self-test', SelfTestElement);

/**
 * Whether agents trust the authority of the certificate that a self-test met. Null: inconclusive, such as for a wrong
 * name or date; the hub's default applies.
 */
export function knowsCertificate(result: SelfTestResult | null): boolean | null {
  const certificate = result?.checks.find(({ check }) => check === 'api-certificate');
  if (certificate?.ok) return true;
  return certificate?.code === 'hub-certificate-untrusted' ? false : null;
}
