import type { Duplex } from 'node:stream';
import type { Clock } from '../../../protocol/time/clock.js';
import { TUNNEL } from '../../../protocol/tunnel/tunnel-settings.js';
import { FairPlaces } from '../model/fair-places.js';
import type { RefusalLog } from './refusal-log.js';

export interface HalfOpenOptions {
  readonly clock: Clock;
  readonly refusals: RefusalLog;
  /** File descriptor limit of the process: unproven connections get a quarter of it. Default: no limit. */
  readonly openFiles?: number;
  /** Share of one network, which a site behind one NAT is. Default an eighth. */
  readonly networkShare?: number;
}

interface Unproven {
  /** Owns the descriptor, whatever the state of TLS and HTTP/2. */
  readonly wire: Duplex;
  readonly address: string | undefined;
}

/** Unproven connections in total. */
const MAX_HALF_OPEN = 1024;
const NETWORK_SHARE = 1 / 8;
const DESCRIPTOR_SHARE = 1 / 4;
/** Deadline for everything up to the proof; the steps have their own deadlines. */
const HALF_OPEN_MS = 2 * TUNNEL.handshakeMs + TUNNEL.goodbyeMs;

/** Bounds the connections whose agents have not proved who they are, in number and in time. */
export class HalfOpenConnections {
  readonly #clock: Clock;
  readonly #places: FairPlaces<Unproven>;

  constructor({
    clock,
    refusals,
    openFiles = Number.POSITIVE_INFINITY,
    networkShare = NETWORK_SHARE,
  }: HalfOpenOptions) {
    this.#clock = clock;
    const total = Math.max(8, Math.min(MAX_HALF_OPEN, Math.floor(openFiles * DESCRIPTOR_SHARE)));
    this.#places = new FairPlaces({
      total,
      perNetwork: Math.floor(total * networkShare),
      evict: ({ wire, address }) => {
        refusals.note('too-many-handshakes', address);
        wire.destroy();
      },
    });
  }

  /**
   * Counts a connection, and destroys it at its deadline or when its place is needed.
   * @returns ends both, once it is a tunnel or closed
   */
  enter({ wire, address }: Unproven): () => void {
    const leave = this.#places.enter(address ?? '', { wire, address });
    const cancelDeadline = this.#clock.after(HALF_OPEN_MS, () => wire.destroy());
    return () => {
      leave();
      cancelDeadline();
    };
  }

  /** Destroys them all. */
  close(): void {
    for (const { wire } of this.#places) wire.destroy();
  }
}
