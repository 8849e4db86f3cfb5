/** What hub and agent agree on about the tunnel's HTTP/2 session (RFC 9113). */
export const TUNNEL = Object.freeze({
  /** The hub's first request: the agent answers with its proof, see `proof.ts`. */
  credentialPath: '/credential',
  /** The hub's second request, a POST: the proof holds, the tunnel is open. */
  acceptedPath: '/accepted',
  /** A POST on the tunnel: an operator is present, the agent's idle clock starts anew. */
  keepAlivePath: '/keep-alive',
  /**
   * A POST on the tunnel: the agent evaluates its engine's place in the Swarm at once, reports a change of it, and answers
   * 204 when it has reported, or could not. Agents that do not know it refuse the stream.
   */
  reportPath: '/report',
  /** Followed by a stream's id: a POST that asks the agent to reset it, where the hub cannot; see `reset-budget.ts`. */
  resetPath: '/reset/',
  /** `:authority` of a CONNECT to the agent's own engine, the only target there is. */
  engineAuthority: 'engine',
  /** Deadline of TLS and HTTP/2 handshake, and of the proof, each; ms. */
  handshakeMs: 10_000,
  /** How long the other side has to read why a connection ends, ms; then it is cut. */
  goodbyeMs: 500,
  /** Most bytes an agent may send before its proof is verified. */
  proofBytes: 16 * 1024,
  /** Deadline of one dial, ms: a peer without stream credit would otherwise hang for ever. */
  dialMs: 10_000,
  /** Deadline of one report, ms. */
  reportMs: 7_000,
  /** Least receive window of each stream, bytes. Larger ones gain only on long links and cost memory per slow reader. */
  streamWindow: 1024 * 1024,
  /** What larger windows of all streams may come to, bytes. */
  streamMemory: 64 * 1024 * 1024,
  /** Bounds of the adaptive connection window, bytes. */
  minConnectionWindow: 64 * 1024,
  maxConnectionWindow: 16 * 1024 * 1024,
  /** Streams open at a time on one tunnel. */
  maxStreams: 512,
  /** Largest DATA frame either side takes; fewer frames, fewer turns of the event loop. */
  maxFrameSize: 64 * 1024,
  /** How often each side asks for a sign of life, ms. */
  pingMs: 3_000,
  /** A link without one inbound byte for so long is dead, ms. */
  deadMs: 10_000,
});

/**
 * Options both sides give their session. A separate object, because the types of Node 20 do not know
 * `maxSessionRejectedStreams`.
 */
export const SESSION_LIMITS = Object.freeze({
  /**
   * In MB: `maxStreams` × `streamWindow`, and room. Node 24 counts what streams have received and nobody has read; past the
   * bound it reads the connection no more, answers to PINGs included, and slow readers end the tunnel as silent.
   */
  maxSessionMemory: 640,
  /** Resets of streams the peer has not seen yet end the session past this. */
  maxSessionRejectedStreams: 10_000,
  maxHeaderListPairs: 32,
});
