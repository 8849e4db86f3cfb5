const RAW_STREAMS = new Set([
  'application/vnd.docker.raw-stream',
  'application/vnd.docker.multiplexed-stream',
]);

/** Whether a content type is that of container streams. */
export function isRawStream(type: string | undefined): boolean {
  return type !== undefined && RAW_STREAMS.has(type);
}
