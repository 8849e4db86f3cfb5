/** The right to use an environment's engine through the Docker port, with a client certificate. Never a private key. */
export interface DockerAccess {
  /** The certificate's serial number: 32 hex digits. */
  readonly id: string;
  /** What an admin calls it, such as `laptop of ann`; the subject of the certificate. */
  readonly name: string;
  /** Id or name of a Swarm node; null: the environment's leader. */
  readonly node: string | null;
  /** `host:port` at which the client reaches the Docker port, IPv6 in brackets. */
  readonly address: string;
  /** PEM. */
  readonly certificate: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** RFC 3339; the certificate ends with it. */
  readonly expiresAt: string;
  /** `Principal.id` of the caller that created it. */
  readonly createdBy: string;
}

/** Whether an access has expired at `nowMs` (wall clock). */
export function isAccessExpired({ expiresAt }: DockerAccess, nowMs: number): boolean {
  return Date.parse(expiresAt) <= nowMs;
}
