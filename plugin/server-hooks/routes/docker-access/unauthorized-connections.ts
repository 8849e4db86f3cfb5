import type { Socket } from 'node:net';
import { FairPlaces } from '../../model/fair-places.js';

const MAX_PLACES = 1_024;
const DESCRIPTOR_SHARE = 1 / 8;
/** A site behind one NAT is one network, and its clients may all connect at the same time. */
const NETWORK_SHARE = 1 / 2;

/**
 * The connections whose clients have not proved a certificate. Those in their handshake have places of their own, so that
 * silent and refused ones never evict them.
 */
export class UnauthorizedConnections {
  readonly #idle: FairPlaces<Socket>;
  readonly #handshaking: FairPlaces<Socket>;
  /** Leaves the place of a connection. A TLS socket and the raw one below it have the same key. */
  readonly #leave = new Map<string, () => void>();

  /**
   * @param openFiles file descriptor limit of the process: idle and handshaking connections get an eighth of it each
   * @param evict closes a connection whose place another one needs
   */
  constructor(openFiles: number, evict: (socket: Socket) => void) {
    const total = Math.max(8, Math.min(MAX_PLACES, Math.floor(openFiles * DESCRIPTOR_SHARE)));
    const options = { total, perNetwork: Math.floor(total * NETWORK_SHARE), evict };
    this.#idle = new FairPlaces(options);
    this.#handshaking = new FairPlaces(options);
  }

  /** It sends nothing yet, or was refused. */
  idle(socket: Socket): void {
    this.#enter(this.#idle, socket);
  }

  handshaking(socket: Socket): void {
    this.#enter(this.#handshaking, socket);
  }

  authorized(socket: Socket): void {
    this.#leave.get(keyOf(socket))?.();
  }

  close(): void {
    for (const places of [this.#idle, this.#handshaking]) for (const socket of [...places]) socket.destroy();
  }

  #enter(places: FairPlaces<Socket>, socket: Socket): void {
    const key = keyOf(socket);
    this.#leave.get(key)?.();
    const leavePlace = places.enter(socket.remoteAddress ?? '', socket);
    const leave = () => {
      leavePlace();
      if (this.#leave.get(key) === leave) this.#leave.delete(key);
    };
    this.#leave.set(key, leave);
    socket.once('close', leave);
  }
}

function keyOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;
}
