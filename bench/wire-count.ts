/** What passed a counting relay, of TCP's payload. */
export interface WireCount {
  /** Bytes from the agent. */
  readonly up: number;
  /** Bytes to it. */
  readonly down: number;
  readonly connections: number;
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
    turns,
    requests: turns - connections,
  };
}
