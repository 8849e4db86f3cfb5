import type { EnvironmentView } from '../api.js';

export type Tone = 'good' | 'bad' | 'busy' | 'quiet';

/** One of an environment's three badges: the shape shows the tone, the label says the same in words. */
export interface StatusBadge {
  readonly aspect: 'Check-in' | 'Tunnel' | 'Engine';
  readonly tone: Tone;
  readonly label: string;
}

type Judged = Pick<EnvironmentView, 'status' | 'tunnel' | 'engine' | 'problem'>;

const CHECK_INS = {
  new: ['quiet', 'awaited'],
  online: ['good', 'online'],
  degraded: ['good', 'online'],
  offline: ['bad', 'offline'],
  refused: ['bad', 'refused'],
} as const;
const TUNNELS = {
  idle: ['quiet', 'asleep'],
  required: ['busy', 'opening'],
  active: ['good', 'open'],
} as const;

/** Whether its agent checks in, its tunnel stands, its engine answers: three things that fail on their own. */
export function statusBadges({
  status,
  tunnel,
  engine,
  problem,
}: Judged): readonly [StatusBadge, StatusBadge, StatusBadge] {
  const [checkIn, checkInWords] = CHECK_INS[status];
  const tunnelFails = /^(tunnel|credential|proof)-/.test(problem?.code ?? '') && tunnel !== 'active';
  const [tunnelMood, tunnelWords] = tunnelFails ? (['bad', 'failing'] as const) : TUNNELS[tunnel];
  const [engineMood, engineWords] = engineBadge(status, engine !== null, problem?.code ?? '');
  return [
    { aspect: 'Check-in', tone: checkIn, label: checkInWords },
    { aspect: 'Tunnel', tone: tunnelMood, label: tunnelWords },
    { aspect: 'Engine', tone: engineMood, label: engineWords },
  ];
}

function engineBadge(status: Judged['status'], isKnown: boolean, problem: string): readonly [Tone, string] {
  if (problem.startsWith('engine-')) return ['bad', 'failing'];
  if (status !== 'online' && status !== 'degraded') return ['quiet', 'not seen'];
  return isKnown ? ['good', 'answers'] : ['quiet', 'not asked'];
}
