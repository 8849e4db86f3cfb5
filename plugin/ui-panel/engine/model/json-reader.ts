/**
 * Reads a value of an engine's response. An engine may omit or send anything: a missing or mistyped value reads as
 * empty, and nothing here throws.
 */
export class JsonReader {
  readonly #value: unknown;

  constructor(value: unknown) {
    this.#value = value;
  }
  get(name: string): JsonReader {
    return new JsonReader(Object(this.#value)[name]);
  }
  /** Also a number or boolean as text; empty for anything else. */
  text(name: string): string {
    return this.get(name).asText();
  }
  asText(): string {
    return ['string', 'number', 'boolean'].includes(typeof this.#value) ? String(this.#value) : '';
  }
  /** The value if it is one of `allowed`. */
  oneOf<const T extends string>(name: string, allowed: readonly T[]): T | null {
    const value: unknown = Object(this.#value)[name];
    return allowed.find((item) => item === value) ?? null;
  }
  /** NaN if it is not a number. */
  number(name: string): number {
    const value = Object(this.#value)[name];
    return Number.isFinite(value) ? value : Number.NaN;
  }
  /** Whether it is a text, and not empty. */
  isText(name: string): boolean {
    const value = Object(this.#value)[name];
    return typeof value === 'string' && value !== '';
  }
  is(name: string): boolean {
    return Object(this.#value)[name] === true;
  }
  /** Whether it is neither missing nor null. */
  has(name: string): boolean {
    return (Object(this.#value)[name] ?? null) !== null;
  }
  /** Names and values. */
  entries(): [string, JsonReader][] {
    const value = typeof this.#value === 'object' && !Array.isArray(this.#value) ? this.#value : null;
    return Object.entries(value ?? {}).map(([name, item]) => [name, new JsonReader(item)]);
  }
  /** Empty if it is not a list. */
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
 * A list's items with an id, or a volume's name, de-duplicated.
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
