import { X509Certificate } from 'node:crypto';
import type { ServerCertificate } from '../../protocol/certificates/own-certificate.js';
import type { ProblemCode } from '../../protocol/problems.js';
import { certificatesIn } from './given-certificate.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** A new CA must be distributed to every client. */
const CA_NOTICE_MS = 180 * DAY_MS;
const NOTICE_MS = 14 * DAY_MS;
/** Automatic renewal happens with a third of the span left. */
const NOTICE_SHARE = 1 / 6;

/** Problem codes for the operator: a certificate or CA that is not valid at `now`, or ends soon. */
export function certificateProblems({ cert, ca }: ServerCertificate, now: number): ProblemCode[] {
  const chain = certificatesIn(cert).filter((pem) => pem.trim() !== ca?.trim());
  const problems = [
    ...chain.map((pem) => problemOf('certificate', pem, NOTICE_MS, now)),
    ...(ca === undefined ? [] : [problemOf('ca', ca, CA_NOTICE_MS, now)]),
  ];
  return [...new Set(problems.flatMap((problem) => problem ?? []))];
}

function problemOf(
  name: 'certificate' | 'ca',
  pem: string,
  noticeMs: number,
  now: number,
): ProblemCode | null {
  const { validFrom, validTo } = new X509Certificate(pem);
  const [begins, ends] = [Date.parse(validFrom), Date.parse(validTo)];
  if (now < begins || now > ends) return `${name}-not-valid`;
  return now > ends - Math.min(noticeMs, (ends - begins) * NOTICE_SHARE) ? `${name}-ends-soon` : null;
}
