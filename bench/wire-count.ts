/** What passed a counting relay: bytes are TCP's payload. */
export interface WireCount {
  /** Bytes from the agent. */
  readonly up: number;
  /** Bytes to it. */
  readonly down: number;
  readonly connections: number;
  /** TCP segments both ways: payload, ACKs, keep-alive probes and their answers, openings and ends. */
  readonly packets: number;
  /** How often the agent began to send after it had been sent something: once a request, once more a TLS handshake. */
  readonly turns: number;
}

/** What passed between two counts. */
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
