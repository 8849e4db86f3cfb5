import test from 'ava';
import { parseJsonLines } from '../../../../../plugin/ui-panel/engine/model/json-lines.js';

async function read(text: string, size: number): Promise<unknown[]> {
  const bytes = Buffer.from(text);
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const values: unknown[] = [];
  for await (const value of parseJsonLines(chunks())) values.push(value);
  return values;
}

test('JSON lines: whole wherever the stream is split, also a last line without a newline', async (t) => {
  for (const size of [1, 2, 3, 1000])
    t.deepEqual(await read('{"a":"größe"}\r\n\n[1]\n"last"', size), [{ a: 'größe' }, [1], 'last']);
});

test('JSON lines: skips lines that are not JSON', async (t) => {
  t.deepEqual(await read('<html>\n{"a":1}\n{"b":', 4), [{ a: 1 }]);
});

test('JSON lines: a line that is too long is an error', async (t) => {
  await t.throwsAsync(read('x'.repeat(2 * 1024 * 1024), 65_536), { message: /too long/ });
});
