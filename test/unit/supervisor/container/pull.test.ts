// What an engine tells while it pulls, in the words of Docker's API (no test has a Docker).

import { expect, it } from 'vitest';
import { jsonLines } from '../../../../src/supervisor/drivers/container/json-lines.js';
import { Progress } from '../../../../src/supervisor/drivers/container/pull.js';

function percents(...lines: Record<string, unknown>[]): number[] {
  const told: number[] = [];
  const progress = new Progress((percent) => told.push(percent));
  for (const line of lines) progress.take(line);
  return told;
}

const at = (
  id: string,
  status: string,
  current?: number,
  total?: number,
): Record<string, unknown> => ({
  id,
  status,
  progressDetail: current === undefined ? {} : { current, total },
});

it('percent counts every layer the same, and never goes back', () => {
  const told = percents(
    { status: 'Pulling from library/thing', id: '1.0' },
    at('a', 'Pulling fs layer'),
    at('b', 'Pulling fs layer'),
    at('a', 'Downloading', 50, 100),
    at('b', 'Downloading', 1, 1000),
    at('a', 'Download complete'),
    at('a', 'Extracting', 1, 100),
    at('b', 'Verifying Checksum'),
    at('b', 'Pull complete'),
    { status: 'Status: Downloaded newer image for thing' },
  );
  expect(told).toEqual([0, 25, 50, 100]);
});

it('a layer that is there already counts as done', () => {
  expect(percents(at('a', 'Already exists'))).toEqual([100]);
});

it('a total of nothing tells nothing', () => {
  expect(percents(at('a', 'Downloading', 5, 0))).toEqual([0]);
});

it('lines are put together from pieces, also inside of a character', async () => {
  const text = Buffer.from('{"a":"é"}\r\n\n{"b":2}');
  async function* pieces(): AsyncGenerator<Buffer> {
    for (const byte of text) yield Buffer.from([byte]);
  }
  const seen: unknown[] = [];
  for await (const value of jsonLines(pieces())) seen.push(value);
  expect(seen).toEqual([{ a: 'é' }, { b: 2 }]);
});
