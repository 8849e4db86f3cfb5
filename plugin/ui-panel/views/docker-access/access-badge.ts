import type { DockerAccessView } from '../../../api.js';
import type { Tone } from '../../format/status-badge.js';

const PROBLEMS: Readonly<Record<string, readonly [Tone, string]>> = {
  'docker-access-ends-soon': ['busy', 'ends soon'],
  'docker-access-foreign': ['bad', 'refused: from an earlier CA'],
};

/** The state of an access. An expiry since the list was read shows, too. */
export function accessBadge(
  { expiresAt, problem }: Pick<DockerAccessView, 'expiresAt' | 'problem'>,
  nowMs: number,
): readonly [Tone, label: string] {
  if (Date.parse(expiresAt) <= nowMs) return ['bad', 'expired'];
  return PROBLEMS[problem ?? ''] ?? ['good', 'valid'];
}
