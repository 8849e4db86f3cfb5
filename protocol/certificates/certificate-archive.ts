/** PEM texts. */
export interface CertificateFiles {
  readonly ca: string;
  readonly certificate: string;
  /** Null: the archive has no key. */
  readonly key: string | null;
}

interface TarFile {
  readonly name: string;
  readonly text: string;
  readonly mode: number;
}

const BLOCK = 512;

/** `ca.pem`, `cert.pem` and `key.pem`, as `DOCKER_CERT_PATH` expects them, in a tar archive (POSIX ustar). */
export function certificateArchive(
  { ca, certificate, key }: CertificateFiles,
  nowMs: number,
): Uint8Array<ArrayBuffer> {
  const files = [
    { name: 'ca.pem', text: ca, mode: 0o644 },
    { name: 'cert.pem', text: certificate, mode: 0o644 },
    ...(key === null ? [] : [{ name: 'key.pem', text: key, mode: 0o600 }]),
  ];
  const blocks = files.flatMap((file) => [headerOf(file, nowMs), padded(file.text)]);
  const archive = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 2 * BLOCK));
  let offset = 0;
  for (const block of blocks) {
    archive.set(block, offset);
    offset += block.length;
  }
  return archive;
}

function headerOf({ name, text, mode }: TarFile, nowMs: number): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (value: string, offset: number) => block.set(bytesOf(value), offset);
  put(name, 0);
  put(octal(mode, 8), 100);
  put(octal(0, 8), 108);
  put(octal(0, 8), 116);
  put(octal(bytesOf(text).length, 12), 124);
  put(octal(Math.floor(nowMs / 1_000), 12), 136);
  put('0', 156);
  put('ustar\x0000', 257);
  // The checksum counts its own field as blanks.
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(`${octal(sum, 7)} `, 148);
  return block;
}

/** A number field with its closing zero byte. */
function octal(value: number, length: number): string {
  return `${value.toString(8).padStart(length - 1, '0')}\x00`;
}

function padded(text: string): Uint8Array {
  const bytes = bytesOf(text);
  const block = new Uint8Array(Math.ceil(bytes.length / BLOCK) * BLOCK);
  block.set(bytes);
  return block;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
