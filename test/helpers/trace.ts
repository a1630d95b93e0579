// A watch that records a trace, and the spans that are in it.

import { expect } from 'vitest';
import type { TraceRecord } from '../../src/observe/trace.js';
import { Child } from './child.js';
import { BIN } from './cli.js';

export interface Span {
  readonly name: string;
  readonly path: string;
  readonly program: string;
  /** Microseconds. */
  readonly from: number;
  readonly to: number;
}

/** The spans as a viewer draws them: on a row, the end belongs to what began last. */
export function spansOf(records: readonly TraceRecord[]): Span[] {
  const named = (kind: string): Map<number, string> =>
    new Map(
      records
        .filter(({ ph, name }) => ph === 'M' && name === kind)
        .map(({ pid, tid, args }) => [kind === 'process_name' ? pid : tid, String(args?.['name'])]),
    );
  const [programs, paths] = [named('process_name'), named('thread_name')];
  const open = new Map<number, TraceRecord>();
  const spans: Span[] = [];
  for (const record of records) {
    const { ph, tid, pid, name, ts = NaN } = record;
    if (ph === 'B') open.set(tid, record);
    if (ph !== 'E') continue;
    const begin = open.get(tid);
    expect(begin?.name).toBe(name);
    const [path = '', program = ''] = [paths.get(tid), programs.get(pid)];
    spans.push({ name, path, program, from: begin?.ts ?? NaN, to: ts });
    open.delete(tid);
  }
  expect(open.size).toBe(0);
  return spans;
}

/** `lockbridge watch --trace`, spoken to by what it has seen. */
export class TracingWatch {
  readonly child: Child;

  constructor(file: string, dir: string) {
    this.child = new Child(process.execPath, [BIN, 'watch', '--json', '--trace', file, dir]);
  }

  /** Resolves with the next event of that kind about that path. */
  async seen(kind: string, path: string): Promise<void> {
    for (;;) {
      const line = await this.child.line();
      if (line.includes(`"${kind}"`) && line.includes(path)) return;
      if (line.startsWith('(ended)')) throw new Error(line);
    }
  }

  /** Resolves when it has ended: SIGINT, as ^C, or SIGKILL. */
  async end(signal: 'SIGINT' | 'SIGKILL'): Promise<void> {
    this.child.process.kill(signal);
    await this.child.ended;
  }
}
