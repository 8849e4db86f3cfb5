/** Counts of a relay: bytes are TCP payload. */
export interface WireCount {
  /** Bytes from the agent. */
  readonly up: number;
  /** Bytes to it. */
  readonly down: number;
  readonly connections: number;
  /** TCP segments both ways: payload, ACKs, keep-alive probes and their answers, openings and ends. */
  readonly packets: number;
  /** How often the agent started to send after it had received: once a request, once more a TLS handshake. */
  readonly turns: number;
}

/** Difference of two counts. */
export function wireBetween(before: WireCount, after: WireCount): WireCount & { readonly requests: number } {
  const connections = after.connections - before.connections;
  const turns = after.turns - before.turns;
  return {
    up: after.up - before.up,
    down: after.down - before.down,
    connections,
    packets: after.packets - before.packets,
    turns,
    requests: turns - connections,
  };
}
