import type { ClientHttp2Session } from 'node:http2';
import { parseJson } from '../../../protocol/messages/parse-json.js';
import { type ProblemCode, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { type TunnelProof, tunnelProofSchema } from '../../../protocol/tunnel/proof.js';
import { TUNNEL } from '../../../protocol/tunnel/tunnel-settings.js';

const CHECK_MS = 100;

/**
 * Requests an agent's proof: 10 s and 16 KiB for everything it sends on the connection. The proof is well formed, no
 * more.
 * @throws Problem `proof-late`, `proof-malformed` or `proof-missing`
 */
export function requestProof(
  session: ClientHttp2Session,
  connection: { readonly bytesRead: number },
  clock: Clock,
): Promise<TunnelProof> {
  return new Promise((resolve, reject) => {
    const fail = (code: ProblemCode, detail?: string) => reject(problem(code, { detail }));
    const cancelDeadline = clock.after(TUNNEL.handshakeMs, () => fail('proof-late'));
    const cancelCheck = clock.every(CHECK_MS, () => {
      if (connection.bytesRead > TUNNEL.proofBytes) fail('proof-malformed', 'The proof is too large');
    });
    const stop = () => {
      cancelDeadline();
      cancelCheck();
    };
    session.once('close', () => {
      stop();
      fail('proof-missing');
    });
    const stream = session.request({ ':path': TUNNEL.credentialPath });
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on('error', () => fail('proof-missing', 'The agent reset the proof'));
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > TUNNEL.proofBytes) fail('proof-malformed', 'The proof is too large');
    });
    stream.once('end', () => {
      stop();
      const proof = tunnelProofSchema.safeParse(parseJson(Buffer.concat(chunks)));
      if (proof.success) resolve(proof.data);
      else if (size === 0) fail('proof-missing', 'The agent sent no proof');
      else fail('proof-malformed');
    });
  });
}
