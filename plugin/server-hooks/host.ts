import type { IncomingMessage } from 'node:http';

/** The caller of an admin operation, as authenticated by the host dashboard. */
export interface Principal {
  /** Stable name for logs and audit: `admin`, `token:ci`. Never a secret. */
  readonly id: string;
  /** Set if the caller's credentials are valid for this environment only. */
  readonly environmentId?: number;
  /**
   * How the caller authenticated. `cookie` callers must also have passed the host's CSRF check on every method, GET
   * included: the Docker API returns foreign content.
   */
  readonly via: 'bearer' | 'cookie';
  /**
   * Aborts when the credentials end: at sign-out, revocation or expiry. Docker calls, consoles and event streams opened
   * with them then end immediately. Read only for long-lived calls, so it may be a getter. Without it event streams end
   * within 5 s, and the others continue until they end by themselves.
   */
  readonly ended?: AbortSignal | undefined;
}

/**
 * The permission a call needs: `read` and `write` environments, use an engine or its tunnel (`docker`), read or change
 * `settings`.
 */
export type Action = 'read' | 'write' | 'docker' | 'settings';

/** The subset of a pino logger that the plugin uses. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** Creates a logger that adds `fields` to each line. */
  child(fields: object): Logger;
}

/** Everything the plugin needs from the dashboard that loads it. There is no other channel. */
export interface Host {
  /**
   * Authenticates a request; null if it has no valid credentials. Called for requests and upgrades alike, so it must
   * not depend on middleware having run. Its `url` may lack the mount; `originalUrl`, if set, is the URL as received.
   * Called again every 5 s while an event stream is open: it must be cheap, and must not prolong a session. Null is
   * answered with 401 `unauthorized`, a rejected promise with 500 `internal`.
   */
  authenticate(req: IncomingMessage): Promise<Principal | null>;
  /**
   * Authorizes a principal; false is answered with 403 `forbidden`. `environmentId` is null for calls that name no
   * environment. A principal's own `environmentId` is enforced before this is called. Called for each environment of a
   * list and each event: it must be fast. Default: allow everything.
   */
  authorize?(principal: Principal, action: Action, environmentId: number | null): boolean;
  /** The plugin's log; no line contains a secret. */
  readonly logger: Logger;
  /**
   * PEM of the CA that signed the host's certificate, for `GET /api/ca.pem`. If set, agents are assumed not to trust
   * it, and printed commands set `EDGE_INSECURE_POLL=1`. Absent: the certificate is publicly trusted. Read at each use,
   * so it may be a getter.
   */
  readonly caCertificate?: string | undefined;
}
