import { networkOf } from '../../../protocol/network/network-of.js';

export interface FairPlacesOptions<T> {
  readonly total: number;
  /** An IPv4 address or an IPv6 /64. */
  readonly perNetwork: number;
  /** Ends the evicted item. */
  readonly evict: (item: T) => void;
}

interface Place<T> {
  readonly item: T;
  /** Order of arrival. */
  readonly arrival: number;
}

/**
 * A bounded number of places for unauthenticated callers. A newcomer always gets one: if its network is at its limit,
 * the oldest of that network is evicted; if none are left, the oldest of the fullest network. An honest caller needs
 * its place only for a moment, so callers that never finish block no one else.
 */
export class FairPlaces<T> {
  readonly #options: FairPlacesOptions<T>;
  /** Places of each network, oldest first. */
  readonly #networks = new Map<string, Set<Place<T>>>();
  #arrivals = 0;
  #size = 0;

  constructor(options: FairPlacesOptions<T>) {
    this.#options = options;
  }

  get size(): number {
    return this.#size;
  }

  /** Enters. @returns a function that releases it; safe to call twice and after an eviction */
  enter(address: string, item: T): () => void {
    const { total, perNetwork } = this.#options;
    const network = networkOf(address);
    if ((this.#networks.get(network)?.size ?? 0) >= perNetwork) this.#evictOldest(network);
    else if (this.#size >= total) this.#evictOldest(this.#fullest());
    const place = { item, arrival: this.#arrivals++ };
    const places = this.#networks.get(network) ?? new Set();
    this.#networks.set(network, places.add(place));
    this.#size++;
    return () => this.#leave(network, place);
  }

  *[Symbol.iterator](): Iterator<T> {
    for (const places of this.#networks.values()) for (const { item } of places) yield item;
  }

  /** On a tie, the network whose oldest place is oldest. */
  #fullest(): string {
    let fullest = '';
    let most = 0;
    let earliest = 0;
    for (const [network, places] of this.#networks) {
      const arrival = oldestOf(places)?.arrival ?? 0;
      if (places.size < most || (places.size === most && arrival > earliest)) continue;
      [fullest, most, earliest] = [network, places.size, arrival];
    }
    return fullest;
  }

  #evictOldest(network: string): void {
    const place = oldestOf(this.#networks.get(network));
    if (!place) return;
    this.#leave(network, place);
    this.#options.evict(place.item);
  }

  #leave(network: string, place: Place<T>): void {
    const places = this.#networks.get(network);
    if (!places?.delete(place)) return;
    this.#size--;
    if (places.size === 0) this.#networks.delete(network);
  }
}

function oldestOf<T>(places: Set<Place<T>> | undefined): Place<T> | undefined {
  return places?.values().next().value;
}
