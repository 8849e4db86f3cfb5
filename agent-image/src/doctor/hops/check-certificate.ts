import type { X509Certificate } from 'node:crypto';
import net from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import { type AgentProblemCode, problem } from '../../../../protocol/problems/agent.js';
import { codeOf, Problem } from '../../../../protocol/problems/problem.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import { untilEvent } from '../../../../protocol/time/until-event.js';
import type { AgentConfig } from '../../config/read-config.js';
import { toHubError } from '../../hub/error.js';
import type { Chain, Finding } from '../chain.js';
import type { ApiTarget, Connect } from '../connect.js';
import { answersToLittle } from '../small-answer.js';

const HANDSHAKE_MS = 8_000;
/** The handshake, and the question whether only large packets vanish. */
const TLS_MS = 12_000;

export interface CertificateOptions {
  readonly target: ApiTarget;
  readonly connect: Connect;
  readonly config: Pick<AgentConfig, 'ca' | 'insecurePoll'>;
  readonly clock: Clock;
}

/** `large packets vanish`: the handshake's do. */
export type TlsOutcome = 'done' | 'large packets vanish' | 'failed';

/** Checks `tls`: the handshake and the certificate of the API. */
export async function checkCertificate(chain: Chain, options: CertificateOptions): Promise<TlsOutcome> {
  if (!options.target.isSecure) {
    await chain.run('tls', TLS_MS, async () => {
      const { message, code } = problem('cleartext');
      return { value: true, result: 'warn', text: message, code };
    });
    return 'done';
  }
  const outcome = await chain.run('tls', TLS_MS, (signal) => check(options, signal));
  return outcome ?? 'failed';
}

async function check(options: CertificateOptions, signal: AbortSignal): Promise<Finding<TlsOutcome>> {
  const { target, connect, config, clock } = options;
  const late = new AbortController();
  const cancel = clock.after(HANDSHAKE_MS, () => late.abort(new DOMException('', 'TimeoutError')));
  try {
    const ended = AbortSignal.any([signal, late.signal]);
    const socket = await shakeHands(target, await connect(HANDSHAKE_MS), config.ca?.() ?? null, ended);
    try {
      return judge(socket, target.host, config, clock);
    } finally {
      socket.destroy();
    }
  } catch (error) {
    if (!late.signal.aborted || signal.aborted) throw error;
    if (!(await answersToLittle(connect, signal))) {
      throw problem('hub-unreachable', {
        detail: `Connected, but nothing answers the TLS handshake within ${HANDSHAKE_MS / 1_000} s`,
      });
    }
    const text = 'No certificate arrives: the packets of the handshake vanish, see mtu';
    return { value: 'large packets vanish', result: 'skip', text };
  } finally {
    cancel();
  }
}

async function shakeHands(
  { host }: ApiTarget,
  raw: net.Socket,
  ca: string | null,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const socket = tls.connect({
    socket: raw,
    host,
    ...(net.isIP(host) ? {} : { servername: host }),
    ...(ca === null ? {} : { ca: [...tls.rootCertificates, ca] }),
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    // The result of the verification is read below.
    rejectUnauthorized: false,
  });
  return untilEvent(socket, 'secureConnect', signal);
}

function judge(
  socket: TLSSocket,
  host: string,
  { insecurePoll }: CertificateOptions['config'],
  clock: Clock,
): Finding<TlsOutcome> {
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) throw problem('hub-not-tls', { detail: 'The server sends no certificate' });
  if (socket.authorized) {
    const text = `${socket.getProtocol()}, ${issuerOf(certificate)}, for ${namesOf(certificate)}, valid until ${certificate.validTo}`;
    return { value: 'done', text };
  }
  const error = Object.assign(new Error(), { code: String(socket.authorizationError) });
  const known = toHubError(error).code;
  const code = known === 'hub-unreachable' ? ('hub-certificate-untrusted' satisfies AgentProblemCode) : known;
  const text = causeOf(codeOf(error), certificate, host, clock);
  if (!insecurePoll) throw new Problem(code, text);
  return {
    value: 'done',
    result: 'warn',
    text: `${text}. EDGE_INSECURE_POLL accepts it`,
    code,
  };
}

/** Why Node does not accept a certificate. */
function causeOf(cause: string, certificate: X509Certificate, host: string, clock: Clock): string {
  switch (cause) {
    case 'CERT_HAS_EXPIRED':
      return `The certificate expired on ${certificate.validTo}; this machine's clock says ${new Date(clock.now()).toUTCString()}`;
    case 'CERT_NOT_YET_VALID':
      return `The certificate is valid from ${certificate.validFrom}; this machine's clock says ${new Date(clock.now()).toUTCString()}`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `The certificate is for ${namesOf(certificate)}, not for ${host}`;
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `The certificate, ${issuerOf(certificate)}, is from an authority that this agent does not know, or the server does not send the intermediate certificate (${cause})`;
    default:
      if (certificate.subject === certificate.issuer)
        return `The certificate is self-signed, ${issuerOf(certificate)}`;
      return `The certificate, ${issuerOf(certificate)}, is from an authority that this agent does not know (${cause})`;
  }
}

function issuerOf({ issuer }: X509Certificate): string {
  return `issued by ${issuer?.replaceAll('\n', ', ') || 'an issuer without a name'}`;
}

function namesOf({ subjectAltName, subject }: X509Certificate): string {
  return (subjectAltName ?? subject ?? 'no name').replaceAll(/(DNS|IP Address):/g, '').slice(0, 200);
}
