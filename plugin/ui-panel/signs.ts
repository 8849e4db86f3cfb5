import type { EnvironmentView } from '../api.js';

export type Mood = 'good' | 'bad' | 'busy' | 'quiet';

/** One of an environment's three signs: its shape says the mood, its words say it again. */
export interface Sign {
  readonly part: 'Check-in' | 'Tunnel' | 'Engine';
  readonly mood: Mood;
  readonly words: string;
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
export function signsOf({ status, tunnel, engine, problem }: Judged): readonly [Sign, Sign, Sign] {
  const [checkIn, checkInWords] = CHECK_INS[status];
  const tunnelFails = /^(tunnel|credential|proof)-/.test(problem?.code ?? '') && tunnel !== 'active';
  const [tunnelMood, tunnelWords] = tunnelFails ? (['bad', 'failing'] as const) : TUNNELS[tunnel];
  const [engineMood, engineWords] = engineSign(status, engine !== null, problem?.code ?? '');
  return [
    { part: 'Check-in', mood: checkIn, words: checkInWords },
    { part: 'Tunnel', mood: tunnelMood, words: tunnelWords },
    { part: 'Engine', mood: engineMood, words: engineWords },
  ];
}

function engineSign(status: Judged['status'], isKnown: boolean, problem: string): readonly [Mood, string] {
  if (problem.startsWith('engine-')) return ['bad', 'failing'];
  if (status !== 'online' && status !== 'degraded') return ['quiet', 'not seen'];
  return isKnown ? ['good', 'answers'] : ['quiet', 'not asked'];
}
