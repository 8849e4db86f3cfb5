import type { X509Certificate } from 'node:crypto';
import { EXIT, Failure } from '../failure.js';
import type { Runtime } from '../runtime.js';
import { ask } from '../terminal/ask.js';
import type { Output } from '../terminal/output.js';
import { parseCa, readCaFile } from './ca-file.js';
import { isUntrusted, networkFailure } from './network-failure.js';
import { sendToHub } from './send.js';

export interface TrustOptions {
  /** File with the CA in PEM. */
  readonly caFile?: string | undefined;
  /** SHA-256 of the CA's certificate, in hex with or without colons. */
  readonly fingerprint?: string | undefined;
  /** What a former login to it pinned; null: public authorities. */
  readonly pinned?: string | null | undefined;
}

/**
 * Decides which authority vouches for a hub: a file, a fingerprint, the one of a former login, the public ones, or the
 * hub's own after a question. Without any of these nothing is trusted.
 * @returns the PEM to pin, or null for public authorities
 */
export async function establishTrust(
  runtime: Runtime,
  output: Output,
  url: string,
  { caFile, fingerprint, pinned }: TrustOptions,
): Promise<string | null> {
  const { interrupted } = runtime;
  const { origin } = new URL(url);
  const expected = fingerprint === undefined ? undefined : parseFingerprint(fingerprint);
  if (caFile !== undefined) {
    const ca = await readCaFile(caFile);
    const certificate = parseCa(ca);
    checkFingerprint(certificate, expected);
    // A fingerprint is of one certificate; without one, the file may have several.
    return verified(url, expected === undefined ? ca : certificate.toString(), interrupted);
  }
  if (expected === undefined) {
    const error = await probe(url, pinned ?? null, interrupted);
    if (error === undefined) return pinned ?? null;
    if (!isUntrusted(error)) throw networkFailure(origin, error);
    // A question would only be confirmed by habit.
    if (pinned !== undefined)
      throw new Failure(`The CA of ${origin} has changed`, {
        exitCode: EXIT.unreachable,
        nextStep: 'If that is intended, pass its --fingerprint or --ca. Otherwise somebody may be in between',
      });
  }
  const certificate = parseCa(await downloadCa(url, interrupted));
  if (expected === undefined) {
    const { stdin, stderr } = runtime;
    if (!stdin.isTTY || !stderr.isTTY)
      throw new Failure(`The certificate of ${origin} is from its own CA, which this machine does not know`, {
        exitCode: EXIT.unreachable,
        nextStep: `Pass --fingerprint or --ca. The hub's administrator has both: docs/cli.md, "Trust"`,
      });
    output.note(`The certificate of ${origin} is from a CA that this machine does not know:`);
    output.note(`  ${certificate.subject}`);
    output.note(`  SHA-256 ${certificate.fingerprint256}`);
    const answer = await ask(runtime, 'Is this the fingerprint of your hub? Trust it from now on? [y/N] ');
    if (!/^y(es)?$/i.test(answer.trim())) throw new Failure('Not trusted; nothing was sent');
  }
  checkFingerprint(certificate, expected);
  // Only what was shown: the answer may have further certificates, of somebody in between.
  return verified(url, certificate.toString(), interrupted);
}

async function verified(url: string, ca: string, signal: AbortSignal): Promise<string> {
  const error = await probe(url, ca, signal);
  if (error !== undefined) throw networkFailure(new URL(url).origin, error);
  return ca;
}

/** Makes a verified connection; resolves with the error, if any. Any answer will do. */
async function probe(url: string, ca: string | null, signal: AbortSignal): Promise<unknown> {
  try {
    await sendToHub({ url: `${url}/api/ca.pem`, ca, signal });
    return undefined;
  } catch (error) {
    return error;
  }
}

async function downloadCa(url: string, signal: AbortSignal): Promise<string> {
  const { origin } = new URL(url);
  const request = { url: `${url}/api/ca.pem`, ca: null, isInsecure: true, signal };
  const answer = await sendToHub(request).catch((error) => {
    throw networkFailure(origin, error);
  });
  if (answer.status === 200) return answer.text;
  throw new Failure(`${origin} does not offer its CA at ${url}/api/ca.pem`, {
    exitCode: EXIT.unreachable,
    nextStep: 'Pass --ca FILE, and check that the address is that of a hub',
  });
}

function parseFingerprint(text: string): string {
  const hex = text
    .replace(/^sha256:/i, '')
    .replaceAll(/[:\s]/g, '')
    .toUpperCase();
  if (/^[0-9A-F]{64}$/.test(hex)) return hex;
  throw new Failure('A fingerprint has 64 hexadecimal digits', { exitCode: EXIT.usage });
}

function checkFingerprint({ fingerprint256 }: X509Certificate, expected: string | undefined): void {
  if (expected === undefined || fingerprint256.replaceAll(':', '') === expected) return;
  throw new Failure(`The CA has another fingerprint: ${fingerprint256}`, {
    exitCode: EXIT.unreachable,
    nextStep: 'Compare it with the hub: a wrong one means somebody in between',
  });
}
