import type { DataFile } from '../data-file.js';
import { defaultPasswordCost, hashPassword, type PasswordCost, verifyPassword } from './password.js';

const SALT_BYTES = 16;
const MADE_PASSWORD_BYTES = 15;

/**
 * Ensures an admin password: the configured one, else the stored one, else a new random one.
 * A configured password that differs from the stored one replaces it, which ends all sessions.
 * @returns the new random password, to be shown once, or null
 */
export async function ensureAdminPassword(
  data: DataFile,
  configured: string | undefined,
  randomBytes: (size: number) => Buffer,
  cost: PasswordCost = defaultPasswordCost,
): Promise<string | null> {
  const stored = data.current.passwordHash;
  if (configured === undefined && stored !== null) return null;
  if (configured !== undefined && stored !== null && (await verifyPassword(configured, stored))) return null;
  const password = configured ?? randomBytes(MADE_PASSWORD_BYTES).toString('base64url');
  const passwordHash = await hashPassword(password, randomBytes(SALT_BYTES), cost);
  await data.update((state) => ({ ...state, passwordHash }));
  return configured === undefined ? password : null;
}
