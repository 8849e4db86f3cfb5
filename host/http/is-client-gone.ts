const CODES: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ERR_HTTP2_INVALID_STREAM',
  'ERR_HTTP2_STREAM_CANCEL',
  'ERR_HTTP2_STREAM_ERROR',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_WRITE_AFTER_END',
]);

interface Answer {
  readonly destroyed: boolean;
  readonly closed: boolean;
  readonly socket?: { readonly destroyed: boolean } | null;
}

/**
 * Whether an error only means that the client disconnected, which is not a failure of ours. With a client that is still
 * connected, the same codes have another cause.
 * @param answer the response, or the bare socket of an upgrade
 */
export function isClientGone(error: unknown, answer: Answer): boolean {
  const isCut = error instanceof Error && 'code' in error && CODES.has(error.code);
  return isCut && (answer.destroyed || answer.closed || answer.socket?.destroyed !== false);
}
