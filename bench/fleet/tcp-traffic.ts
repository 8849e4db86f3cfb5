import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** IPv4 and TCP heads with the timestamp option, bytes. */
const HEAD_BYTES = 52;

/** What the connections to a local port have carried, both ways, as the kernel counts it. */
export interface TcpTraffic {
  readonly payloadBytes: number;
  /** With the heads of all segments, ACKs and keep-alive probes included. */
  readonly bytes: number;
  readonly segments: number;
}

/** Sums the open connections to a local port. Reads `ss` of iproute2; Linux only. */
export async function tcpTraffic(port: number): Promise<TcpTraffic> {
  const filter = ['state', 'established', `( sport = :${port} )`];
  const { stdout } = await run('ss', ['-tinHO', ...filter], { maxBuffer: 256 * 1024 * 1024 });
  let payloadBytes = 0;
  let segments = 0;
  for (const line of stdout.split('\n')) {
    const count = (name: string) => Number(new RegExp(`\\b${name}:(\\d+)`).exec(line)?.[1] ?? 0);
    payloadBytes += count('bytes_sent') + count('bytes_received');
    segments += count('segs_out') + count('segs_in');
  }
  return { payloadBytes, segments, bytes: payloadBytes + segments * HEAD_BYTES };
}
