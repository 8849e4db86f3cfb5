/**
 * The steps between an agent and what it needs, in the order in which `agent doctor` checks them.
 */
export const HOPS = Object.freeze([
  /** Edge ID, Edge key, other settings and files. */
  'config',
  /** The name of the API's host, or of the proxy in front of it. */
  'dns',
  /** TCP to each of its addresses. */
  'addresses',
  /** TCP as connections are opened: the first address that accepts. */
  'tcp',
  /** `CONNECT` through a forward proxy. */
  'proxy',
  /** TLS and the certificate of the API. */
  'tls',
  /** The machine's clock compared with the hub's. */
  'clock',
  /** A signed call that changes nothing. */
  'api',
  /** Large packets, both ways. */
  'mtu',
  /** TCP, TLS 1.3 and the pinned key of the tunnel port. */
  'tunnel-port',
  /** A tunnel through the API's address. */
  'websocket',
  /** The Docker Engine. */
  'engine',
  /** Its role in a Swarm. */
  'swarm',
] as const);
/** See {@link HOPS}. */
export type Hop = (typeof HOPS)[number];

export const HOP_RESULTS = Object.freeze(['ok', 'warn', 'fail', 'skip'] as const);

/** What the check of one hop found. */
export interface HopResult {
  readonly hop: Hop;
  /** `skip`: not checked, or nothing to check; `text` has the reason. */
  readonly result: (typeof HOP_RESULTS)[number];
  /** Duration of the check. */
  readonly ms: number;
  /** Plain text, one line. Never secrets. */
  readonly text: string;
  /** Code of the problem, as in docs/errors.md. */
  readonly code?: string;
  readonly nextStep?: string;
}
