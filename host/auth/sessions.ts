import { createHash, createHmac } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../../protocol/time/clock.js';
import type { DataFile } from '../data-file.js';

const LIFETIME_MS = 12 * 60 * 60 * 1000;
/** Verified tokens kept; the oldest goes first. */
const MAX_VERIFIED = 1_000;
/** Revoked sessions are kept past their end up to this many. */
const MAX_KEPT = 1_000;
const ISSUER = 'fairlead-host';
const SUBJECT = 'admin';

/** What credentials are made of and kept in. */
export interface CredentialOptions {
  readonly data: DataFile;
  readonly clock: Pick<Clock, 'now'>;
  readonly randomBytes: (size: number) => Buffer;
}

/** A signed-in admin. */
export interface Session {
  readonly id: string;
  readonly expiresAt: Date;
}

/** A session whose token has been verified. */
export interface VerifiedSession extends Session {
  /** Whether the session is still valid. */
  isValid(): boolean;
}

/** Signed-in admins, as JWTs (HS256) that last 12 hours, survive restarts and can be ended early. */
export class Sessions {
  readonly #options: CredentialOptions;
  /** By the token's hash. Only the signature is trusted from here: each use asks `isValid` again. */
  readonly #verified = new Map<string, VerifiedSession>();

  constructor(options: CredentialOptions) {
    this.#options = options;
  }

  /** Opens a session for someone whose password has been verified. */
  async open(): Promise<Session & { readonly token: string }> {
    const now = this.#options.clock.now();
    const expiresAt = new Date(now + LIFETIME_MS);
    const id = this.#options.randomBytes(16).toString('base64url');
    const token = await new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(ISSUER)
      .setSubject(SUBJECT)
      .setJti(id)
      .setIssuedAt(new Date(now))
      .setExpirationTime(expiresAt)
      .sign(this.#key());
    return { id, expiresAt, token };
  }

  /** The session of a token; null if expired, ended, older than a password change, or not ours. */
  async verify(token: string): Promise<VerifiedSession | null> {
    const hash = createHash('sha256').update(token).digest('base64url');
    const session = this.#verified.get(hash) ?? (await this.#verifySignature(token));
    if (!session?.isValid()) {
      this.#verified.delete(hash);
      return null;
    }
    if (!this.#verified.has(hash)) this.#remember(hash, session);
    return session;
  }

  async #verifySignature(token: string): Promise<VerifiedSession | null> {
    const { passwordHash, sessionSecret } = this.#options.data.current;
    try {
      const { payload } = await jwtVerify(token, this.#key(), {
        algorithms: ['HS256'],
        issuer: ISSUER,
        subject: SUBJECT,
        requiredClaims: ['exp', 'jti'],
        currentDate: new Date(this.#options.clock.now()),
      });
      const { jti, exp } = payload;
      if (jti === undefined || exp === undefined) return null;
      const session = { id: jti, expiresAt: new Date(exp * 1000) };
      const isValid = () => {
        const { current } = this.#options.data;
        const isSameKey = current.passwordHash === passwordHash && current.sessionSecret === sessionSecret;
        return isSameKey && this.#isOpen(session);
      };
      return { ...session, isValid };
    } catch (error) {
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
  }

  #remember(hash: string, session: VerifiedSession): void {
    const [oldest] = this.#verified.keys();
    if (this.#verified.size >= MAX_VERIFIED && oldest !== undefined) this.#verified.delete(oldest);
    this.#verified.set(hash, session);
  }

  /** Ends a session early. On disk when this resolves, so that a restart does not bring it back. */
  async revoke({ id, expiresAt }: Session): Promise<void> {
    const now = this.#options.clock.now();
    await this.#options.data.update((state) => ({
      ...state,
      revokedSessions: [
        // A temporarily wrong clock would drop all of them, and make them valid again later.
        ...(state.revokedSessions.length < MAX_KEPT
          ? state.revokedSessions
          : state.revokedSessions.filter((revoked) => Date.parse(revoked.expiresAt) > now)),
        { id, expiresAt: expiresAt.toISOString() },
      ],
    }));
  }

  #isOpen({ id, expiresAt }: Session): boolean {
    const isRevoked = this.#options.data.current.revokedSessions.some((revoked) => revoked.id === id);
    return !isRevoked && expiresAt.getTime() > this.#options.clock.now();
  }

  /** The password's hash is part of the key, so that a password change ends every session. */
  #key(): Buffer {
    const { sessionSecret, passwordHash } = this.#options.data.current;
    return createHmac('sha256', Buffer.from(sessionSecret, 'base64url'))
      .update(passwordHash ?? '')
      .digest();
  }
}
