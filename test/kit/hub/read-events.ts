/** An event as a client gets it. */
export interface ReadEvent {
  readonly id: string | undefined;
  readonly type: string | undefined;
  readonly data: unknown;
}

/** The whole events in a piece of an event stream, comments and bare fields left out. */
export function readEvents(text: string): ReadEvent[] {
  return text
    .split('\n\n')
    .map((block) => new Map(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string])))
    .filter((fields) => fields.has('data'))
    .map((fields) => ({
      id: fields.get('id'),
      type: fields.get('event'),
      data: JSON.parse(fields.get('data') ?? ''),
    }));
}
