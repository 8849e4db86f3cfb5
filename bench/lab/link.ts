import { type Role, startRole } from '../roles/start-role.js';

/** A link with a delay and a rate; see `roles/relay.ts`. */
export interface Link {
  /** Each way. */
  readonly delayMs: number;
  readonly bytesPerMs: number;
  /** Buffer of the router before the bottleneck. */
  readonly queueBytes: number;
}

/** A link of this rate and round trip, whose router has a buffer of this size. */
export function makeLink(mbitPerSecond: number, roundTripMs: number, queueKib: number): Link {
  return {
    delayMs: roundTripMs / 2,
    bytesPerMs: (mbitPerSecond * 1e3) / 8,
    queueBytes: queueKib * 1024,
  };
}

/** Puts one link before loopback ports; `ports` are its own, in the same order. */
export async function startRelay(
  link: Link,
  targets: readonly number[],
): Promise<{ role: Role; ports: number[] }> {
  const role = await startRole('relay', { ...link, targets });
  return { role, ports: role.ready.ports as number[] };
}
