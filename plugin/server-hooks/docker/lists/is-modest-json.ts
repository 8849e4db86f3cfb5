/** Docker's own lists have about ten levels at most. */
const MAX_DEPTH = 64;
/** Some ten thousand containers with as many labels as people give them. */
const MAX_MARKS = 400_000;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [LIST, LIST_END, OBJECT, OBJECT_END] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Whether bytes that claim to be JSON can be parsed in a moment. 8 MB of nothing but brackets, or of names that are all
 * different, would take seconds and hundreds of megabytes, and the hub does nothing else meanwhile.
 */
export function isModestJson(bytes: Uint8Array): boolean {
  let depth = 0;
  let marks = 0;
  let isText = false;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (isText) {
      if (byte === BACKSLASH) index++;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === LIST || byte === OBJECT) {
      marks++;
      if (++depth > MAX_DEPTH) return false;
    } else if (byte === LIST_END || byte === OBJECT_END) depth--;
    else if (byte === COMMA || byte === COLON) marks++;
  }
  return marks <= MAX_MARKS;
}
