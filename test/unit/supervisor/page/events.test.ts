// Server-sent events out of bytes, however they are cut.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { eventsOf, type ServerEvent } from '../../../../src/supervisor/page/events.js';
import { joined } from '../../../../src/supervisor/page/model.js';
import type { JournalEntry } from '../../../../src/supervisor/types.js';

const TEXT =
  ':\n\nevent: locks\ndata: {"app":"7"}\n\n:\n\nevent: journal\ndata: {"text":"ü€😀"}\n\n';
const EVENTS = [
  { event: 'locks', data: { app: '7' } },
  { event: 'journal', data: { text: 'ü€😀' } },
];

function stream(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function all(chunks: readonly Uint8Array[], alive?: () => void): Promise<ServerEvent[]> {
  const seen: ServerEvent[] = [];
  for await (const event of eventsOf(stream(chunks), alive)) seen.push(event);
  return seen;
}

it('are the same wherever the bytes are cut, also within a letter', async () => {
  const bytes = new TextEncoder().encode(TEXT);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (cuts) => {
      const ends = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const chunks = ends.slice(1).map((end, at) => bytes.subarray(ends[at], end));
      expect(await all(chunks)).toEqual(EVENTS);
    }),
  );
});

it('a comment is a sign of life and no event', async () => {
  let signs = 0;
  expect(await all([new TextEncoder().encode(':\n\n')], () => signs++)).toEqual([]);
  expect(signs).toBe(1);
});

it('an entry that comes by both the history and the stream is there once, in its order', () => {
  const entry = (second: number): JournalEntry => ({
    ...{ at: `2026-11-24T12:00:0${String(second)}.000Z`, kind: 'notice', text: String(second) },
  });
  const [one, two, three] = [entry(1), entry(2), entry(3)];
  expect(joined([one, two], [two, three])).toEqual([one, two, three]);
  expect(joined([two], [one])).toEqual([two]); // of before a restart, and in the history by then
});
