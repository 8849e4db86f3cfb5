import * as z from 'zod';

/** JSON Schema, draft 2020-12, as in OpenAPI 3.1. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Converts zod schemas to JSON Schemas; those with an id are shared components. */
export class JsonSchemas {
  readonly #components = new Map<string, JsonSchema>();

  /** Sorted by name. */
  get components(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries([...this.#components].sort(([a], [b]) => a.localeCompare(b)));
  }

  /**
   * Converts the input or output type of `schema`.
   * @throws Error if two schemas share an id: a bug in `plugin/api/`
   */
  convert(schema: z.core.$ZodType, io: 'input' | 'output'): JsonSchema {
    const { $schema, $defs, ...converted } = z.toJSONSchema(schema, { io, override: withoutNoise });
    void $schema;
    for (const [id, definition] of Object.entries($defs ?? {})) this.#add(id, moved(definition));
    return moved(converted);
  }

  #add(id: string, definition: JsonSchema): void {
    const known = this.#components.get(id);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(definition)) {
      throw new Error(`two schemas have the id ${id}`);
    }
    this.#components.set(id, definition);
  }
}

/** Removes patterns that repeat a format, and bounds that every JSON integer has. */
function withoutNoise({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

/** zod refers to `#/$defs/…`, relative to the converted schema; in the document these are components. */
function moved(schema: object): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'));
}
