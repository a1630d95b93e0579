// Server-sent events out of the body of a fetch: EventSource cannot send a header, and a key does not
// belong into a URL.

export interface ServerEvent {
  event: string;
  data: unknown;
}

/** The event of one block of lines; undefined for a comment, which is a sign of life. */
export function eventOf(block: string): ServerEvent | undefined {
  const event = /^event: ?(.*)$/m.exec(block)?.[1];
  const data = /^data: ?(.*)$/m.exec(block)?.[1];
  return event === undefined || data === undefined ? undefined : { event, data: JSON.parse(data) };
}

/** The events of a stream as they come. `alive` is called for everything that arrives. */
export async function* eventsOf(
  body: ReadableStream<Uint8Array>,
  alive: () => void = () => undefined,
): AsyncGenerator<ServerEvent, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      const blocks = (rest + decoder.decode(value, { stream: true })).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = eventOf(block);
        if (event !== undefined) yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
