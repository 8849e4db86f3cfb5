/** Why an open tunnel ended, for both sides. It travels to the peer as the debug data of a GOAWAY frame. */
export const TUNNEL_ENDS = [
  /** Unused for its inactivity time, or no longer needed. */
  'idle',
  /** The hub withdrew the right to it. */
  'revoked',
  /** A newer tunnel replaces it. */
  'superseded',
  /** The hub or the agent stops. */
  'stopping',
  /** The connection ended without a reason. */
  'lost',
  /** No inbound byte for 10 s. */
  'silent',
  /** More protocol overhead than its data justifies. */
  'flooding',
] as const;

export type TunnelEnd = (typeof TUNNEL_ENDS)[number];

/** The end that a peer's GOAWAY names; `lost` if it names none of ours. */
export function tunnelEndOf(code: string): TunnelEnd {
  return TUNNEL_ENDS.find((end) => end === code) ?? 'lost';
}
