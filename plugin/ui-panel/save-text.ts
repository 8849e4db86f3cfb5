/** What newer browsers have, and TypeScript's own description of browsers has not. */
interface FilePicker {
  showSaveFilePicker?(options: { suggestedName: string }): Promise<{
    createWritable(): Promise<{
      write(text: string): Promise<void>;
      close(): Promise<void>;
      abort(): Promise<void>;
    }>;
  }>;
}

/** Texts that go into one part of a Blob: the browser may keep those on disk. */
const PART_CHARACTERS = 4 * 1024 * 1024;

/**
 * Saves a text as a file, whole or not at all: straight to the disk where the browser lets pages do that, else by way
 * of a Blob. To be called when somebody clicks. `tell` hears how many characters there are so far.
 * @returns whether it is saved: false where the user chose no file
 * @throws what the parts throw
 */
export async function saveText(
  name: string,
  parts: () => AsyncIterable<string>,
  tell: (characters: number) => void,
): Promise<boolean> {
  const { showSaveFilePicker } = globalThis as FilePicker;
  if (!showSaveFilePicker) {
    await saveAsBlob(name, parts(), tell);
    return true;
  }
  const file = await showSaveFilePicker.call(globalThis, { suggestedName: name }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') return null;
    throw error;
  });
  if (!file) return false;
  const writable = await file.createWritable();
  let characters = 0;
  try {
    for await (const part of parts()) {
      await writable.write(part);
      characters += part.length;
      tell(characters);
    }
    await writable.close();
  } catch (error) {
    await writable.abort().catch(() => undefined);
    throw error;
  }
  return true;
}

async function saveAsBlob(
  name: string,
  parts: AsyncIterable<string>,
  tell: (characters: number) => void,
): Promise<void> {
  const blobs: Blob[] = [];
  let characters = 0;
  let pending = '';
  for await (const part of parts) {
    pending += part;
    characters += part.length;
    tell(characters);
    if (pending.length < PART_CHARACTERS) continue;
    blobs.push(new Blob([pending]));
    pending = '';
  }
  const url = URL.createObjectURL(new Blob([...blobs, pending], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
