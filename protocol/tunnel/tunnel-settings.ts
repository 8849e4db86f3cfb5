/** Settings of the tunnel's HTTP/2 session that hub and agent share (RFC 9113). */
export const TUNNEL = Object.freeze({
  /** The hub's first request: the agent answers with its proof, see `proof.ts`. */
  credentialPath: '/credential',
  /** The hub's second request, a POST: the proof is valid, the tunnel is open. */
  acceptedPath: '/accepted',
  /** A POST on the tunnel: an operator is present, the agent's idle clock restarts. */
  keepAlivePath: '/keep-alive',
  /**
   * A POST on the tunnel: the agent evaluates its engine's place in the Swarm immediately, reports a change, and answers
   * 204 when it has reported, or could not. Older agents refuse the stream.
   */
  reportPath: '/report',
  /** Followed by a stream's id: a POST that asks the agent to reset it when the hub cannot; see `reset-budget.ts`. */
  resetPath: '/reset/',
  /** `:authority` of a CONNECT to the agent's own engine, the only target there is. */
  engineAuthority: 'engine',
  /**
   * A header of a CONNECT: the hub may keep its stream for another call. When the hub ends such a stream, its use ended
   * with its last byte. Older agents ignore it.
   */
  keptHeader: 'fairlead-kept',
  /** How long the hub keeps an unused stream at most, ms. Less than the time after which servers close a connection. */
  keepMs: 4_000,
  /**
   * Followed by a number: a POST with a one-time token that asks the agent to dial a bulk connection of that number, and to
   * present the token on it. Answered with 204 once it is dialled. Older agents refuse the stream.
   */
  bulkPath: '/bulk/',
  /**
   * A header of a CONNECT and of its answer: the number of the bulk connection that carries its bytes. Without it in the
   * answer, the stream carries them: the connection is gone, or the agent is an older one.
   */
  bulkHeader: 'fairlead-bulk',
  /** Length of the token that an agent sends first on a bulk connection, ASCII. */
  bulkTokenBytes: 43,
  /** Bulk connections of one tunnel. */
  maxBulk: 8,
  /** How long the hub keeps an unused bulk connection at most, ms. */
  bulkKeepMs: 30_000,
  /** Deadline of TLS and HTTP/2 handshake, and of the proof, each; ms. */
  handshakeMs: 10_000,
  /** Time for the peer to read the reason of an end before the connection is destroyed, ms. */
  goodbyeMs: 500,
  /** Most bytes an agent may send before its proof is verified. */
  proofBytes: 16 * 1024,
  /** Deadline of one dial, ms: a peer without stream credit would otherwise hang for ever. */
  dialMs: 10_000,
  /** Deadline of one report, ms. */
  reportMs: 7_000,
  /** Least receive window of each stream, bytes. Larger ones gain only on long links and cost memory per slow reader. */
  streamWindow: 1024 * 1024,
  /** Bound on the sum of enlarged stream windows, bytes. */
  streamMemory: 64 * 1024 * 1024,
  /** Bounds of the adaptive connection window, bytes. */
  minConnectionWindow: 64 * 1024,
  maxConnectionWindow: 16 * 1024 * 1024,
  /** Streams open at a time on one tunnel. */
  maxStreams: 512,
  /** Largest DATA frame either side accepts; fewer frames, fewer turns of the event loop. */
  maxFrameSize: 64 * 1024,
  /** Interval of each side's pings, ms. */
  pingMs: 3_000,
  /** A link without an inbound byte for this long is dead, ms. */
  deadMs: 10_000,
});

/**
 * Session options of both sides. A separate object, because the types of Node 20 lack
 * `maxSessionRejectedStreams`.
 */
export const SESSION_LIMITS = Object.freeze({
  /**
   * In MB: `maxStreams` × `streamWindow`, plus headroom. Node 24 counts received but unread bytes; past the bound it
   * stops reading the connection, PING answers included, and slow readers would end the tunnel as silent.
   */
  maxSessionMemory: 640,
  /** The session ends past this number of rejected streams. */
  maxSessionRejectedStreams: 10_000,
  maxHeaderListPairs: 32,
});
