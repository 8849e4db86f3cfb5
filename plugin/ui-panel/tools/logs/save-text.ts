/** In newer browsers, but not in TypeScript's DOM library. */
interface FilePicker {
  showSaveFilePicker?(options: { suggestedName: string }): Promise<{
    createWritable(): Promise<{
      write(text: string): Promise<void>;
      close(): Promise<void>;
      abort(): Promise<void>;
    }>;
  }>;
}

/** Characters per part of a Blob: the browser may keep parts on disk. */
const PART_CHARACTERS = 4 * 1024 * 1024;

/**
 * Saves a text as a file, whole or not at all: directly to disk if the browser allows it, otherwise through a Blob.
 * Call it from a click. `onProgress` gets the number of characters so far.
 * @returns false if the user chose no file
 * @throws errors of the parts
 */
export async function saveText(
  name: string,
  parts: () => AsyncIterable<string>,
  onProgress: (characters: number) => void,
): Promise<boolean> {
  const { showSaveFilePicker } = globalThis as FilePicker;
  if (!showSaveFilePicker) {
    await saveAsBlob(name, parts(), onProgress);
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
      onProgress(characters);
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
  onProgress: (characters: number) => void,
): Promise<void> {
  const blobs: Blob[] = [];
  let characters = 0;
  let pending = '';
  for await (const part of parts) {
    pending += part;
    characters += part.length;
    onProgress(characters);
    if (pending.length < PART_CHARACTERS) continue;
    blobs.push(new Blob([pending]));
    pending = '';
  }
  const url = URL.createObjectURL(new Blob([...blobs, pending], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads the URL after the click.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** A safe file name from any text, with the time: `web-2026-11-23T20-57-19.log`. */
export function fileName(name: string, nowMs: number, extension: string): string {
  const plain = name
    .replace(/[^\w.-]+/g, '_')
    .replace(/^\.+/, '')
    .slice(0, 80);
  const time = new Date(nowMs).toISOString().slice(0, 19).replaceAll(':', '-');
  return `${plain || 'container'}-${time}.${extension}`;
}
