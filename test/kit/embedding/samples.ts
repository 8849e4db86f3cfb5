import { readFile } from 'node:fs/promises';

/** The samples of `docs/embedding.md`: the text of each block that is marked with `file=NAME`, by that name. */
export async function readSamples(): Promise<ReadonlyMap<string, string>> {
  const text = await readFile('docs/embedding.md', 'utf8');
  const blocks = text.matchAll(/^```\w+ file=(\S+)\n(.*?)^```$/gms);
  return new Map([...blocks].map(([, name = '', body = '']) => [name, body]));
}
