/**
 * A part of an engine's answer, whatever it is. An engine may leave out anything, or send anything: what is not what
 * was looked for reads as none, and nothing here throws.
 */
export class JsonReader {
  readonly #value: unknown;

  constructor(value: unknown) {
    this.#value = value;
  }
  get(name: string): JsonReader {
    return new JsonReader(Object(this.#value)[name]);
  }
  /** Also of a number; empty for what is none. */
  text(name: string): string {
    return this.get(name).asText();
  }
  asText(): string {
    return ['string', 'number', 'boolean'].includes(typeof this.#value) ? String(this.#value) : '';
  }
  /** The one of some words that it is. */
  oneOf<const T extends string>(name: string, words: readonly T[]): T | null {
    const value: unknown = Object(this.#value)[name];
    return words.find((word) => word === value) ?? null;
  }
  /** NaN for what is none. */
  number(name: string): number {
    const value = Object(this.#value)[name];
    return Number.isFinite(value) ? value : Number.NaN;
  }
  /** Whether it is one, and not empty. */
  isText(name: string): boolean {
    const value = Object(this.#value)[name];
    return typeof value === 'string' && value !== '';
  }
  is(name: string): boolean {
    return Object(this.#value)[name] === true;
  }
  /** Whether it is anything at all. */
  has(name: string): boolean {
    return (Object(this.#value)[name] ?? null) !== null;
  }
  /** Names with what they stand for. */
  entries(): [string, JsonReader][] {
    const value = typeof this.#value === 'object' && !Array.isArray(this.#value) ? this.#value : null;
    return Object.entries(value ?? {}).map(([name, item]) => [name, new JsonReader(item)]);
  }
  /** Empty for what is no list. */
  items(): JsonReader[] {
    return Array.isArray(this.#value) ? this.#value.map((item) => new JsonReader(item)) : [];
  }
  texts(name: string): string[] {
    return this.get(name)
      .items()
      .map((item) => item.asText());
  }
}

/**
 * A list's items that have what makes them one, and what they are called by: an id, or a volume's name. An id that comes
 * again is no other item.
 */
export function itemsOf(answer: unknown): readonly JsonReader[] {
  const items = new Map<string, JsonReader>();
  for (const item of new JsonReader(answer).items()) {
    const id = ['Id', 'ID', 'Name'].find((name) => item.has(name)) ?? '';
    const key = `${item.get('Node').text('ID')} ${item.text(id)}`;
    if (item.isText(id) && !items.has(key)) items.set(key, item);
  }
  return [...items.values()];
}
