import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { EXIT, Failure } from '../failure.js';
import { failureOf } from '../failure-of.js';

/** Reads a file with one or more CAs that the user named. @throws Failure of wrong usage */
export async function readCaFile(path: string): Promise<string> {
  const pem = await readFile(path, 'utf8').catch((error: unknown) => {
    const { message, nextStep, code } = failureOf(error, path);
    throw new Failure(message, { exitCode: EXIT.usage, nextStep, code });
  });
  parseCa(pem);
  return pem;
}

/** The first certificate of a PEM. @throws Failure of wrong usage */
export function parseCa(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new Failure('The CA is not a certificate in PEM', {
      exitCode: EXIT.usage,
      nextStep: 'Use the file data/host/ca.pem of the hub',
    });
  }
}
