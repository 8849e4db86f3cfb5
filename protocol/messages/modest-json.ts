/** Bounds on the cost of parsing JSON. */
export interface JsonBounds {
  /** Nesting levels. */
  readonly depth: number;
  /** Opening brackets, commas and colons. */
  readonly marks: number;
}

/** Small bodies, 64 KiB at most. */
export const BODY_BOUNDS: JsonBounds = Object.freeze({ depth: 64, marks: 20_000 });
/** An engine's list: some ten thousand containers with a usual number of labels. Docker's lists have ten levels. */
export const LIST_BOUNDS: JsonBounds = Object.freeze({ depth: 64, marks: 400_000 });
/** A manager's report: 2,000 nodes have 44,000 marks. */
export const REPORT_BOUNDS: JsonBounds = Object.freeze({ depth: 16, marks: 100_000 });
/** A snapshot of 8 MiB: 9,000 containers with 14 labels each have 420,000 marks. */
export const SNAPSHOT_BOUNDS: JsonBounds = Object.freeze({ depth: 16, marks: 1_000_000 });

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [LIST, LIST_END, OBJECT, OBJECT_END] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Whether untrusted JSON is cheap to parse. 8 MB of brackets, or of distinct names, take seconds and hundreds of
 * megabytes. Invalid JSON may pass: the parser rejects it.
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
