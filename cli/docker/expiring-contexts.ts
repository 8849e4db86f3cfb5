import type { AccessRecords } from '../config/access-records.js';
import type { ContextStore } from './context-store.js';

/** As the hub marks accesses that end soon. */
const SOON_MS = 14 * 24 * 60 * 60 * 1000;

export interface ExpiringContext {
  readonly name: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

/** Our contexts for a hub whose certificates end within two weeks, or have ended. */
export async function expiringContexts(
  store: ContextStore,
  records: AccessRecords,
  hub: string,
  now: number,
): Promise<ExpiringContext[]> {
  const ends = new Map((await records.of(hub)).map(({ id, expiresAt }) => [id, expiresAt]));
  return (await store.of(hub)).flatMap(({ name, origin }) => {
    const expiresAt = ends.get(origin?.accessId ?? '');
    return expiresAt !== undefined && Date.parse(expiresAt) < now + SOON_MS ? [{ name, expiresAt }] : [];
  });
}

/** A sentence about one, and the next step. */
export function describeExpiry({ name, expiresAt }: ExpiringContext, now: number) {
  const verb = Date.parse(expiresAt) < now ? 'ended' : 'ends';
  return {
    text: `the certificate of context ${name} ${verb} on ${expiresAt.slice(0, 10)}`,
    nextStep: 'Renew it with the fairlead context command that created it',
  };
}
