/** One message of an event stream, as in the HTML standard. */
export interface StreamMessage {
  /** Empty if none was sent yet. */
  readonly id: string;
  readonly type: string;
  /** Empty for a message that only advances the id. */
  readonly data: string;
}

/** Messages of a `text/event-stream`, split anywhere. An incomplete last message is dropped. */
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
