// The answers of an engine that go on (events, progress of a pull): a JSON object a line.

/** The objects of a stream as they come. Throws what the stream does, and on what is not JSON. */
export async function* jsonLines(
  stream: AsyncIterable<string | Buffer>,
): AsyncGenerator<Record<string, unknown>, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield parse(line);
  }
  if (rest.trim() !== '') yield parse(rest);
}

function parse(line: string): Record<string, unknown> {
  const value: unknown = JSON.parse(line);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
