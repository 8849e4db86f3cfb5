import { readFile } from 'node:fs/promises';

/** The lines of a chapter's `sh` blocks, in order. A chapter is found by its title. */
export async function documentedCommands(file: string, title: string): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  const chapter = text.split(/^##+ /m).find((part) => part.startsWith(`${title}\n`));
  if (chapter === undefined) throw new Error(`${file} has no chapter ${title}`);
  return [...chapter.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
    block.trimEnd().split('\n'),
  );
}
