import { html, type TemplateResult } from 'lit';
import type { NodeAnswer } from '../engine/engine-client.js';

/** Nodes missing in a list of all nodes, with the reason. */
export function missingNodes(missing: readonly NodeAnswer[]): TemplateResult | string {
  if (missing.length === 0) return '';
  return html`<div class="notice bad missing" role="status">
    ${missing.length === 1 ? 'One node' : `${missing.length} nodes`} did not respond:
    <ul>
      ${missing.map(
        ({ name, detail, code }) =>
          html`<li><strong>${name}</strong>: ${detail} <span class="soft">(${code})</span></li>`,
      )}
    </ul>
  </div>`;
}
