import { html, type TemplateResult } from 'lit';
import type { Fleet, SettingsView } from '../../api.js';
import { checkInCost, formatCost, HELD_BYTES, HOLD_SECONDS, PLAIN_BYTES } from '../check-in-cost.js';

/** Load from check-ins with these settings; `fleet` null: unknown. */
export function costView(
  fleet: Fleet | null,
  { checkInSeconds, heldCheckIns }: Pick<SettingsView, 'checkInSeconds' | 'heldCheckIns'>,
): TemplateResult {
  if (!fleet || !(checkInSeconds >= 1))
    return html`<output class="notice">No cost to show: invalid interval.</output>`;
  const { agents, ownInterval } = fleet;
  const formatted = (count: number) => count.toLocaleString('en');
  const count = `${formatted(agents)} ${agents === 1 ? 'agent' : 'agents'}`;
  const own =
    ownInterval.agents > 0 ? `, ${formatted(ownInterval.agents)} of them at their own interval` : '';
  const plain = formatCost(checkInCost(fleet, { checkInSeconds, heldCheckIns: false }));
  const held = formatCost(checkInCost(fleet, { checkInSeconds, heldCheckIns: true }));
  return html`<output class="notice" aria-label="Cost of check-ins">
    ${
      heldCheckIns
        ? html`<strong>${count}, held for ${HOLD_SECONDS} s = ${held}.</strong> Where a proxy cuts held requests, they
          come every ${checkInSeconds} s${own}: ${plain} at most.`
        : html`<strong>${count} at ${checkInSeconds} s${own} = ${plain}.</strong> Held: ${held}.`
    }
    <span class="hint">Each node of a Swarm has an agent, and counts. ${Math.round(PLAIN_BYTES)} bytes a plain check-in,
      ${Math.round(HELD_BYTES)} a held one, both ways, with TLS: measured with version 0.1.0 (bench/README.md, wire). Snapshots and
      tunnels are extra.</span>
  </output>`;
}
