/** What JSON may cost to parse. */
export interface JsonBounds {
  /** Levels of lists and objects. */
  readonly depth: number;
  /** Beginnings of lists and objects, commas and colons. */
  readonly marks: number;
}

/** Small bodies, 64 KiB at most. */
export const BODY_BOUNDS: JsonBounds = Object.freeze({ depth: 64, marks: 20_000 });
/** An engine's list: some ten thousand containers with as many labels as people give them. Docker's have ten levels. */
export const LIST_BOUNDS: JsonBounds = Object.freeze({ depth: 64, marks: 400_000 });
/** A manager's report: 2,000 nodes have 44,000 marks. */
export const REPORT_BOUNDS: JsonBounds = Object.freeze({ depth: 16, marks: 100_000 });
/** A snapshot of 8 MiB: 9,000 containers with 14 labels each have 420,000 marks. */
export const SNAPSHOT_BOUNDS: JsonBounds = Object.freeze({ depth: 16, marks: 1_000_000 });

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [LIST, LIST_END, OBJECT, OBJECT_END] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Whether bytes that claim to be JSON can be parsed in a moment. 8 MB of nothing but brackets, or of names that are all
 * different, take seconds and hundreds of megabytes. What is no JSON at all may pass: the parser refuses it.
 */
export function isModestJson(bytes: Uint8Array, bounds: JsonBounds): boolean {
  let depth = 0;
  let marks = 0;
  let isText = false;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (isText) {
      if (byte === BACKSLASH) index++;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === LIST_END || byte === OBJECT_END) depth--;
    else if (byte === LIST || byte === OBJECT || byte === COMMA || byte === COLON) {
      if (++marks > bounds.marks) return false;
      if ((byte === LIST || byte === OBJECT) && ++depth > bounds.depth) return false;
    }
  }
  return true;
}
