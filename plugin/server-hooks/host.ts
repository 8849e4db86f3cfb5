import type { IncomingMessage } from 'node:http';

/** Who makes an admin call, as the host dashboard knows them. */
export interface Principal {
  /** Stable name for logs and audit: `admin`, `token:ci`. Never a secret. */
  readonly id: string;
  /** Set when the caller's credentials are good for this one environment only. */
  readonly environmentId?: number;
  /**
   * How the caller proved itself. `cookie` callers must also have passed the host's CSRF check,
   * on every method, GET included: the Docker API answers with content that is not ours.
   */
  readonly via: 'bearer' | 'cookie';
}

/** What a principal wants to do; `environmentId` is null for calls that name none. */
export type Action = 'read' | 'write' | 'docker' | 'settings';

/** The subset of a pino logger that the plugin uses. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** A logger that adds `fields` to each line. */
  child(fields: object): Logger;
}

/** Everything the plugin asks of the dashboard that loads it. There is no other channel. */
export interface Host {
  /**
   * Tells who sends a request, or null. Called for requests and upgrades alike, so it must not
   * depend on middleware having run. A rejected promise counts as a server error.
   */
  authenticate(req: IncomingMessage): Promise<Principal | null>;
  /**
   * Decides what a principal may do. Default: everything, within `principal.environmentId` where set.
   */
  authorize?(principal: Principal, action: Action, environmentId: number | null): boolean;
  readonly logger: Logger;
  /** PEM of the CA that signed the host's certificate, for `GET /api/ca.pem`; absent when unknown. */
  readonly caCertificate?: string;
}
