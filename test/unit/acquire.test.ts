// Taking and waiting: what the promise gives, whom it names, and that nothing stays behind.

import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  acquire,
  acquireSync,
  LockError,
  tryAcquire,
  tryAcquireSync,
  withLock,
  type Inspection,
} from '../../src/index.js';
import { exitCode, flockHolder, python } from '../helpers/child.js';
import { BASES, scratch, until } from '../helpers/scratch.js';
import { takeWarnings } from '../helpers/warnings.js';

async function refusal(promise: Promise<unknown>): Promise<LockError> {
  try {
    await promise;
  } catch (error) {
    if (LockError.is(error)) return error;
    throw error;
  }
  throw new Error('not refused');
}

const RECORD_HOLDER = `
import fcntl, sys
f = open(sys.argv[1], 'w')
fcntl.lockf(f, fcntl.LOCK_EX)
print('held')
sys.stdin.readline()
`;

describe.each(BASES)('in %s', (base) => {
  it('a waiter takes over from a flock that lets go, with empty: free', async () => {
    const path = join(scratch(base), 'l');
    const child = await flockHolder(path);
    const seen: Inspection[] = [];
    const lock = await acquire(path, {
      empty: 'free',
      onBlocked: (blocker) => {
        seen.push(blocker);
        void child.finish();
      },
    });
    expect(seen[0]).toMatchObject({ path, verdict: 'held', by: 'kernel', protocol: 'flock' });
    expect(seen[0]?.holders[0]?.pid).toBe(child.process.pid);
    expect(exitCode('flock', '-n', path, 'true')).toBe(1);
    lock.releaseSync();
    expect(existsSync(path)).toBe(false);
  });

  it('a waiter takes over from a POSIX record lock that lets go', async () => {
    const path = join(scratch(base), 'l');
    const child = python(RECORD_HOLDER, path);
    expect(await child.line()).toBe('held');
    const lock = await acquire(path, { empty: 'free', onBlocked: () => void child.finish() });
    expect(lock.mechanisms.ofd).toBe(true);
    lock.releaseSync();
    expect(existsSync(path)).toBe(false);
  });

  it('a waiter takes over from an existence holder that unlinks', async () => {
    const path = join(scratch(base), 'l');
    closeSync(openSync(path, 'wx'));
    const seen: Inspection[] = [];
    const lock = await acquire(path, {
      onBlocked: (blocker) => {
        seen.push(blocker);
        unlinkSync(path);
      },
    });
    expect(seen).toMatchObject([{ verdict: 'held', by: 'undecidable' }]);
    lock.releaseSync();
  });

  it('a waiter takes over from a lockbridge lock that is released', async () => {
    const path = join(scratch(base), 'l');
    const first = acquireSync(path, { reason: 'first' });
    const seen: Inspection[] = [];
    const lock = await acquire(path, {
      onBlocked: (blocker) => {
        seen.push(blocker);
        first.releaseSync();
      },
    });
    expect(seen[0]?.record?.reason).toBe('first');
    expect(lock.held).toBe(true);
    lock.releaseSync();
    await until(() => !existsSync(path));
  });

  it('a timeout names the blocker and leaves everything as it was', async () => {
    const dir = scratch(base);
    const path = join(dir, 'l');
    writeFileSync(path, 'foreign');
    for (const timeout of [0, 1, 20]) {
      const error = await refusal(acquire(path, { timeout }));
      const code = timeout === 0 ? 'ERR_LOCK_HELD' : 'ERR_LOCK_TIMEOUT'; // 0: one try
      expect(error).toMatchObject({ code, path, exitCode: 1 });
      expect(error.blockers).toMatchObject([{ path, verdict: 'held', by: 'existence' }]);
    }
    expect(readdirSync(dir)).toEqual(['l']);
    expect(readFileSync(path, 'utf8')).toBe('foreign');
  });

  it('an abort ends the wait for a kernel lock, which stays with its holder', async () => {
    const path = join(scratch(base), 'l');
    const child = await flockHolder(path);
    const controller = new AbortController();
    const reason = new Error('enough');
    const error = await refusal(
      acquire(path, {
        signal: controller.signal,
        onBlocked: () => {
          setImmediate(() => {
            controller.abort(reason);
          });
        },
      }),
    );
    expect(error).toMatchObject({ code: 'ERR_LOCK_ABORTED', cause: reason });
    expect(error.blockers).toMatchObject([{ path, by: 'kernel' }]);
    expect(exitCode('flock', '-n', path, 'true')).toBe(1);
    await child.finish();
    expect(exitCode('flock', '-n', path, 'true')).toBe(0); // none of ours stayed behind
  });

  it('an abort ends the wait for an existence lock', async () => {
    const path = join(scratch(base), 'l');
    writeFileSync(path, '0');
    const controller = new AbortController();
    const onBlocked = (): void => {
      controller.abort();
    };
    const error = await refusal(acquire(path, { signal: controller.signal, onBlocked }));
    expect(error.code).toBe('ERR_LOCK_ABORTED');
    expect(readFileSync(path, 'utf8')).toBe('0');
  });

  it('removal of the held file fires lost', async () => {
    const path = join(scratch(base), 'l');
    const lock = acquireSync(path);
    unlinkSync(path);
    await new Promise((resolve) => {
      lock.lost.addEventListener('abort', resolve);
    });
    expect(lock.lost.reason).toBe('removed');
    expect(lock.held).toBe(false);
    expect(lock.releaseSync()).toBe('lost');
  });

  it('replacement of the held file fires lost', async () => {
    const dir = scratch(base);
    const path = join(dir, 'l');
    const lock = acquireSync(path);
    const lost = new Promise((resolve) => {
      lock.lost.addEventListener('abort', resolve);
    });
    await new Promise(setImmediate); // the watch has begun
    writeFileSync(join(dir, 'new'), 'new');
    renameSync(join(dir, 'new'), path);
    await lost;
    expect(lock.lost.reason).toBe('replaced');
    expect(lock.releaseSync()).toBe('lost');
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  it('a file of another name fires nothing', async () => {
    const dir = scratch(base);
    const lock = acquireSync(join(dir, 'l'));
    await new Promise(setImmediate);
    const other = acquireSync(join(dir, 'll'));
    await new Promise(setImmediate);
    unlinkSync(join(dir, 'll'));
    await new Promise((resolve) => {
      other.lost.addEventListener('abort', resolve);
    });
    expect(lock.held).toBe(true);
    expect(lock.lost.aborted).toBe(false);
    lock.releaseSync();
    other.releaseSync();
  });

  it('a record that a peer truncates is written anew', async () => {
    const path = join(scratch(base), 'l');
    const lock = acquireSync(path);
    await new Promise(setImmediate);
    writeFileSync(path, '');
    await until(() => readFileSync(path, 'latin1') === lock.recordText);
    expect(lock.held).toBe(true);
    lock.releaseSync();
  });
});

it('the try forms answer undefined for a held lock', async () => {
  const path = join(scratch(), 'l');
  using _lock = acquireSync(path);
  expect(tryAcquireSync(path)).toBeUndefined();
  expect(await tryAcquire(path)).toBeUndefined();
});

it('acquireSync throws ERR_LOCK_HELD with the blocker', () => {
  const path = join(scratch(), 'l');
  writeFileSync(path, '0\n');
  expect(() => acquireSync(path)).toThrow(
    expect.objectContaining({ code: 'ERR_LOCK_HELD', path, exitCode: 1 }),
  );
});

it('a signal that has fired already takes nothing', async () => {
  const path = join(scratch(), 'l');
  const error = await refusal(acquire(path, { signal: AbortSignal.abort('before') }));
  expect(error).toMatchObject({ code: 'ERR_LOCK_ABORTED', cause: 'before' });
  expect(existsSync(path)).toBe(false);
});

it('an exception of onBlocked ends the wait with that exception', async () => {
  const path = join(scratch(), 'l');
  writeFileSync(path, 'foreign');
  const onBlocked = (): never => {
    throw new Error('from onBlocked');
  };
  await expect(acquire(path, { onBlocked })).rejects.toThrow('from onBlocked');
});

it('a waiter behind a flock that leaves a file of unknown origin says so once', async () => {
  const path = join(scratch(), 'l');
  closeSync(openSync(path, 'wx'));
  const child = await flockHolder(path);
  const controller = new AbortController();
  const waiting = refusal(acquire(path, { signal: controller.signal }));
  void child.finish();
  let said: string[] = [];
  await until(() => (said = [...said, ...takeWarnings()]).length > 0);
  controller.abort();
  expect(await waiting).toMatchObject({ blockers: [{ by: 'undecidable' }] });
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(/^LOCKBRIDGE_UNDECIDABLE: .*--empty=free/);
  expect(existsSync(path)).toBe(true);
});

it('with onBlocked, the undecidable leftover is told there and not as a warning', async () => {
  const path = join(scratch(), 'l');
  closeSync(openSync(path, 'wx'));
  const child = await flockHolder(path);
  const controller = new AbortController();
  const seen: unknown[] = [];
  const onBlocked = (blocker: Inspection): void => {
    seen.push(blocker.by);
    if (blocker.by === 'kernel') void child.finish();
    else controller.abort();
  };
  await refusal(acquire(path, { signal: controller.signal, onBlocked }));
  expect(seen).toEqual(['kernel', 'undecidable']);
});

it('withLock gives the result, and releases whatever happens', async () => {
  const path = join(scratch(), 'l');
  expect(await withLock(path, {}, (lock) => [lock.held, existsSync(path)])).toEqual([true, true]);
  expect(existsSync(path)).toBe(false);
  const failing = withLock(path, {}, () => {
    throw new Error('inside');
  });
  await expect(failing).rejects.toThrow('inside');
  await expect(withLock(path, {}, () => Promise.reject(new Error('later')))).rejects.toThrow(
    'later',
  );
  expect(existsSync(path)).toBe(false);
});

it('using and await using release at the end of the block', async () => {
  const path = join(scratch(), 'l');
  {
    using lock = acquireSync(path);
    expect(lock.held).toBe(true);
  }
  expect(existsSync(path)).toBe(false);
  {
    await using lock = await acquire(path);
    expect(lock.held).toBe(true);
  }
  expect(existsSync(path)).toBe(false);
});

it('sixteen waiters in one process get the lock one after the other', async () => {
  const path = join(scratch(), 'l');
  const first = acquireSync(path);
  let inside = 0;
  let entries = 0;
  const done = Array.from({ length: 16 }, () =>
    withLock(path, {}, async () => {
      expect(++inside).toBe(1);
      entries++;
      await new Promise(setImmediate);
      inside--;
    }),
  );
  first.releaseSync();
  await Promise.all(done);
  expect(entries).toBe(16);
  await until(() => !existsSync(path));
});
