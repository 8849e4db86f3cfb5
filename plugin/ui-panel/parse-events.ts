/** One message of an event stream, as the HTML standard has it. */
export interface StreamMessage {
  /** Empty where none was given yet. */
  readonly id: string;
  readonly type: string;
  /** Empty for a message that only moves the id on. */
  readonly data: string;
}

/** Messages of a `text/event-stream`, cut anywhere. A message that the end cuts off is dropped. */
export async function* parseEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<StreamMessage> {
  const decoder = new TextDecoder();
  let rest = '';
  let id = '';
  let type = 'message';
  let data: string[] = [];
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines.map((text) => text.replace(/\r$/, ''))) {
      const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
      if (line === '') {
        yield { id, type, data: data.join('\n') };
        type = 'message';
        data = [];
      } else if (field === 'id') id = value;
      else if (field === 'event') type = value;
      else if (field === 'data') data.push(value);
    }
  }
}
