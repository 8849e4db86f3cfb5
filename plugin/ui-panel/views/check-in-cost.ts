import { html, type TemplateResult } from 'lit';
import type { Fleet, SettingsView } from '../../api.js';

/** Bytes of one plain and of one held check-in on the wire, both ways, TLS included: `wire` in bench/README.md. */
export const PLAIN_BYTES = (4_728 + 3_384) / 12;
export const HELD_BYTES = (499 + 344) / 1.2;
/** How long the hub holds one. */
export const HOLD_SECONDS = 50;

/** Load on the hub from all agents' check-ins. */
export interface CheckInCost {
  readonly requestsPerSecond: number;
  /** 10⁶ bits, both ways. */
  readonly megabitsPerSecond: number;
}

/** With held check-ins intervals do not apply; otherwise an environment's own interval overrides the setting. */
export function checkInCost(
  { agents, ownInterval }: Pick<Fleet, 'agents' | 'ownInterval'>,
  { checkInSeconds, heldCheckIns }: Pick<SettingsView, 'checkInSeconds' | 'heldCheckIns'>,
): CheckInCost {
  const plain = (agents - ownInterval.agents) / checkInSeconds + ownInterval.checkInsPerSecond;
  const requestsPerSecond = heldCheckIns ? agents / HOLD_SECONDS : plain;
  const bytes = heldCheckIns ? HELD_BYTES : PLAIN_BYTES;
  return { requestsPerSecond, megabitsPerSecond: (requestsPerSecond * bytes * 8) / 1e6 };
}

/** Such as `3,000 requests/s, 14.8 Mbit/s`. */
export function formatCost({ requestsPerSecond, megabitsPerSecond }: CheckInCost): string {
  return `${formatNumber(requestsPerSecond)} requests/s, ${formatNumber(megabitsPerSecond)} Mbit/s`;
}

function formatNumber(value: number): string {
  if (value > 0 && value < 0.01) return 'under 0.01';
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}

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
