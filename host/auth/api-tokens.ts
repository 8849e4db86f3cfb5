import { createHash } from 'node:crypto';
import { problem } from '../../protocol/problems.js';
import type { TokenRecord } from '../data-file.js';
import type { CredentialOptions } from './sessions.js';

const PREFIX = 'flt_';
const TOKEN_BYTES = 32;
const MAX_TOKENS = 500;

/** A token's public data, without the token. Times are RFC 3339. */
export type TokenView = Omit<TokenRecord, 'hash'>;

/** Scope of a new token. */
export interface NewToken {
  readonly name: string;
  /** Null: until it is revoked. */
  readonly expiresAt: Date | null;
  /** Null: for all environments. */
  readonly environmentId: number | null;
}

/** Long-lived tokens for CLIs and CI: 256 random bits each, stored as a hash. */
export class ApiTokens {
  readonly #options: CredentialOptions;

  constructor(options: CredentialOptions) {
    this.#options = options;
  }

  /**
   * Creates a token; only this result contains it.
   * @throws {Problem} `too-many-tokens` (409) at 500 of them
   */
  async create({
    name,
    expiresAt,
    environmentId,
  }: NewToken): Promise<TokenView & { readonly token: string }> {
    const token = PREFIX + this.#options.randomBytes(TOKEN_BYTES).toString('base64url');
    const view: TokenView = {
      id: this.#options.randomBytes(8).toString('hex'),
      name,
      createdAt: new Date(this.#options.clock.now()).toISOString(),
      expiresAt: expiresAt?.toISOString() ?? null,
      environmentId,
    };
    await this.#options.data.update((state) => {
      if (state.tokens.length >= MAX_TOKENS) {
        throw problem('too-many-tokens');
      }
      return { ...state, tokens: [...state.tokens, { ...view, hash: hashOf(token) }] };
    });
    return { ...view, token };
  }

  /** All tokens, expired ones included, so that an admin can see why a script stopped. */
  list(): TokenView[] {
    return this.#options.data.current.tokens.map(({ hash: _, ...view }) => view);
  }

  /** @returns false when there is no such token */
  async revoke(id: string): Promise<boolean> {
    if (!this.#options.data.current.tokens.some((record) => record.id === id)) return false;
    await this.#options.data.update((state) => ({
      ...state,
      tokens: state.tokens.filter((record) => record.id !== id),
    }));
    return true;
  }

  /** The valid token that a caller presents, or null. */
  find(presented: string): TokenView | null {
    if (!presented.startsWith(PREFIX)) return null;
    // Not in constant time: timing reveals only the hash of a guess, not the token.
    const hash = hashOf(presented);
    const record = this.#options.data.current.tokens.find((candidate) => candidate.hash === hash);
    if (record === undefined) return null;
    if (record.expiresAt !== null && Date.parse(record.expiresAt) <= this.#options.clock.now()) return null;
    return record;
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
