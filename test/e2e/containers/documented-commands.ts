import { readFile } from 'node:fs/promises';

/** The commands of a chapter: its indented blocks, in order, one line each. Chapters are told by their title. */
export async function documentedCommands(file: string, title: string): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  const chapter = text.split(/^## /m).find((part) => part.startsWith(`${title}\n`));
  if (chapter === undefined) throw new Error(`${file} has no chapter ${title}`);
  return chapter
    .split('\n')
    .filter((line) => line.startsWith('    '))
    .map((line) => line.trim());
}
