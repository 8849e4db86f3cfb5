import { scrypt, timingSafeEqual } from 'node:crypto';

/** scrypt's parameters: `2^logN` rounds of `r` blocks, `p` times. Memory is `128 * 2^logN * r` bytes. */
export interface PasswordCost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** OWASP's second choice of equal strength: 64 MiB instead of 128, to save memory for the hub. */
export const defaultPasswordCost: PasswordCost = { logN: 16, r: 8, p: 2 };

const HASH_BYTES = 32;
const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/]+)\$([\w+/]+)$/;

/** A PHC string; it contains its parameters, so that they can be raised without locking anyone out. */
export async function hashPassword(
  password: string,
  salt: Buffer,
  cost = defaultPasswordCost,
): Promise<string> {
  const hash = await derive(password, salt, cost);
  return `$scrypt$ln=${cost.logN},r=${cost.r},p=${cost.p}$${unpadded(salt)}$${unpadded(hash)}`;
}

/**
 * Whether `password` matches `phc`; compared in constant time.
 * @throws {TypeError} when `phc` is malformed
 */
export async function verifyPassword(password: string, phc: string): Promise<boolean> {
  const [, logN, r, p, salt, hash] = PHC.exec(phc) ?? [];
  if (salt === undefined || hash === undefined) throw new TypeError('the stored password hash is malformed');
  const cost = { logN: Number(logN), r: Number(r), p: Number(p) };
  const expected = Buffer.from(hash, 'base64');
  const actual = await derive(password, Buffer.from(salt, 'base64'), cost);
  return expected.length === actual.length && timingSafeEqual(actual, expected);
}

function derive(password: string, salt: Buffer, { logN, r, p }: PasswordCost): Promise<Buffer> {
  const N = 2 ** logN;
  // Node's default limit of 32 MiB is too low for our parameters.
  const options = { N, r, p, maxmem: 256 * N * r };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, options, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
