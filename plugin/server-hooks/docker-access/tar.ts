/** A file of an archive. */
export interface TarFile {
  /** At most 100 bytes, ASCII. */
  readonly name: string;
  readonly text: string;
  readonly mode: number;
}

const BLOCK = 512;

/** A tar archive (POSIX ustar) of small text files. */
export function makeTar(files: readonly TarFile[], now: number): Buffer {
  const blocks = files.flatMap(({ name, text, mode }) => {
    const body = Buffer.from(text);
    const padding = Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK);
    return [header(name, body.length, mode, now), body, padding];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

function header(name: string, size: number, mode: number, now: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 100, 'latin1');
  for (const [value, offset, length] of [
    [mode, 100, 8],
    [0, 108, 8],
    [0, 116, 8],
    [size, 124, 12],
    [Math.floor(now / 1000), 136, 12],
  ] as const) {
    block.write(octal(value, length), offset, 'latin1');
  }
  block.write('0', 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  // The checksum counts its own field as blanks.
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 7)} `, 148, 'latin1');
  return block;
}

/** A number field with its closing zero byte. */
function octal(value: number, length: number): string {
  return `${value.toString(8).padStart(length - 1, '0')}\x00`;
}
