import { html, type TemplateResult } from 'lit';
import type { EnvironmentView } from '../../api.js';

export type Tone = 'good' | 'bad' | 'busy' | 'quiet';

/** One of an environment's three badges: shape and label show the same state. */
export interface StatusBadge {
  readonly aspect: 'Check-in' | 'Tunnel' | 'Engine';
  readonly tone: Tone;
  readonly label: string;
}

type BadgeInput = Pick<EnvironmentView, 'status' | 'tunnel' | 'engine' | 'problem'>;

const CHECK_INS = {
  new: ['quiet', 'pending'],
  online: ['good', 'online'],
  degraded: ['good', 'online'],
  offline: ['bad', 'offline'],
  refused: ['bad', 'refused'],
} as const;
const TUNNELS = {
  idle: ['quiet', 'idle'],
  required: ['busy', 'opening'],
  active: ['good', 'open'],
} as const;

/** Whether its agent checks in, its tunnel is open, its engine responds: each fails on its own. */
export function statusBadges({
  status,
  tunnel,
  engine,
  problem,
}: BadgeInput): readonly [StatusBadge, StatusBadge, StatusBadge] {
  const [checkInTone, checkInLabel] = CHECK_INS[status];
  const tunnelFails = /^(tunnel|credential|proof)-/.test(problem?.code ?? '') && tunnel !== 'active';
  const [tunnelTone, tunnelLabel] = tunnelFails ? (['bad', 'failing'] as const) : TUNNELS[tunnel];
  const [engineTone, engineLabel] = engineBadge(status, engine !== null, problem?.code ?? '');
  return [
    { aspect: 'Check-in', tone: checkInTone, label: checkInLabel },
    { aspect: 'Tunnel', tone: tunnelTone, label: tunnelLabel },
    { aspect: 'Engine', tone: engineTone, label: engineLabel },
  ];
}

function engineBadge(
  status: BadgeInput['status'],
  isKnown: boolean,
  problem: string,
): readonly [Tone, string] {
  if (problem.startsWith('engine-')) return ['bad', 'failing'];
  if (status !== 'online' && status !== 'degraded') return ['quiet', 'unknown'];
  return isKnown ? ['good', 'responding'] : ['quiet', 'not checked'];
}

/** A state as a shape and a label, independent of colour. `aspect` names what is in that state. */
export function statusBadge(tone: Tone, label: string, aspect = ''): TemplateResult {
  return html`<span class="badge ${tone}"
    ><span class="shape" aria-hidden="true"></span><span>${aspect ? html`<span class="soft part">${aspect}</span> ` : ''}${label}</span></span
  >`;
}
