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
  /**
   * Aborts when the credentials cease to be good: at sign-out, revocation or expiry. Docker calls, consoles and event
   * streams that they opened end with it at once. Read only for what lasts, so it may be a getter. Without it event
   * streams end within 5 s, and the others go on until they end by themselves.
   */
  readonly ended?: AbortSignal | undefined;
}

/**
 * What a principal wants to do: `read` and `write` environments, use an engine or its tunnel (`docker`), read or change
 * `settings`.
 */
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
   * depend on middleware having run. Its `url` may lack the mount; `originalUrl`, where there is one, is what came. Asked again every 5 s while an event
   * stream is open: it must be cheap, and must not prolong a session. Null is answered with 401 `unauthorized`, a rejected promise with 500 `internal`.
   */
  authenticate(req: IncomingMessage): Promise<Principal | null>;
  /**
   * Decides what a principal may do; false is answered with 403 `forbidden`. `environmentId` is null for calls that name
   * none. A principal with an `environmentId` of its own is held to that before this is asked. Asked for each
   * environment of a list and each event: it must be quick. Default: everything.
   */
  authorize?(principal: Principal, action: Action, environmentId: number | null): boolean;
  /** Where the plugin logs; no line holds a secret. */
  readonly logger: Logger;
  /**
   * PEM of the CA that signed the host's certificate, for `GET /api/ca.pem`. Where it is given, agents are taken not to
   * know it, and printed commands carry `EDGE_INSECURE_POLL=1`. Absent: the certificate is one that everybody trusts.
   * Read at each use, so it may be a getter.
   */
  readonly caCertificate?: string | undefined;
}
