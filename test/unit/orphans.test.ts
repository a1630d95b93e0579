// A process that holds a lock on a file which lost its name is found from the path that it had.

import { existsSync, mkdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectSync } from '../../src/index.js';
import { flockHolder, holder, python } from '../helpers/child.js';
import { BASES, scratch } from '../helpers/scratch.js';

const orphanPids = (path: string): number[] => inspectSync(path).orphans.map(({ pid }) => pid);

describe.each(BASES)('in %s', (base) => {
  it('a flock on a file that was unlinked is an orphan of its path, with all who share it', async () => {
    const path = join(scratch(base), 'l');
    const child = await flockHolder(path);
    expect(orphanPids(path)).toEqual([]);
    unlinkSync(path);
    const seen = inspectSync(path);
    expect(seen.verdict).toBe('free');
    expect(seen.orphans).toMatchObject([
      { pid: child.process.pid, role: 'holds', source: 'flock' },
      { sharedWith: child.process.pid },
    ]);
    expect(seen.actions[0]).toMatchObject({ kind: 'ask' });
    await child.finish();
    expect(orphanPids(path)).toEqual([]);
  });

  it('the successor at the path is judged by itself, the orphan beside it', async () => {
    const path = join(scratch(base), 'l');
    const child = await flockHolder(path);
    unlinkSync(path);
    writeFileSync(path, '');
    const seen = inspectSync(path);
    expect(seen).toMatchObject({ verdict: 'held', by: 'undecidable', holders: [] });
    expect(seen.orphans[0]?.pid).toBe(child.process.pid);
  });

  it('a lockbridge lock that was removed by its name is an orphan of that name only', async () => {
    const dir = scratch(base);
    const child = await holder(join(dir, 'l'));
    unlinkSync(join(dir, 'l'));
    expect(new Set(orphanPids(join(dir, 'l')))).toEqual(new Set([child.process.pid]));
    expect(orphanPids(join(dir, 'other'))).toEqual([]);
  });

  it('another name or another directory of the same name has no part in it', async () => {
    const dir = scratch(base);
    mkdirSync(join(dir, 'd'));
    await flockHolder(join(dir, 'l'));
    unlinkSync(join(dir, 'l'));
    expect(orphanPids(join(dir, 'k'))).toEqual([]);
    expect(orphanPids(join(dir, 'd', 'l'))).toEqual([]);
    expect(orphanPids(join(dir, 'l'))).not.toEqual([]);
  });

  it('a deleted file that is merely open is no orphan', async () => {
    const path = join(scratch(base), 'l');
    writeFileSync(path, '');
    const child = python('import sys; f = open(sys.argv[1]); print(1); sys.stdin.readline()', path);
    await child.line();
    unlinkSync(path);
    expect(orphanPids(path)).toEqual([]);
  });

  it('a file that was renamed away keeps its name and is no orphan', async () => {
    const dir = scratch(base);
    await flockHolder(join(dir, 'l'));
    renameSync(join(dir, 'l'), join(dir, 'm'));
    expect(existsSync(join(dir, 'l'))).toBe(false);
    expect(orphanPids(join(dir, 'l'))).toEqual([]);
    expect(inspectSync(join(dir, 'm'))).toMatchObject({ verdict: 'held', by: 'kernel' });
  });
});
