// Namespaces one at a time, without an engine: numbers, users, mounts and layers that differ between
// the holder and the one who looks.

import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectSync, type Holder } from '../../dist/index.js';
import { Child } from '../helpers/child.js';
import {
  needRoot,
  numberOfNobody,
  PID_NAMESPACE,
  unshared,
  unsharedFlock,
} from '../helpers/namespaces.js';
import { mount, scratch } from '../helpers/scratch.js';

needRoot();

function holding(path: string): Holder[] {
  const seen = inspectSync(path);
  expect(seen).toMatchObject({ verdict: 'held', by: 'kernel', unseen: [] });
  return seen.holders;
}

describe('a holder in another pid namespace', () => {
  it('has its number here and there, and its heir shares its lock', async () => {
    const path = join(scratch(), 'l');
    await unsharedFlock(PID_NAMESPACE, '', path);
    const [taker, heir, ...others] = holding(path);
    expect(taker).toMatchObject({ role: 'holds', source: 'flock', nspid: [taker?.pid, 1] });
    expect(taker?.command).toMatch(/^flock /);
    expect(heir).toMatchObject({ role: 'holds', sharedWith: taker?.pid });
    expect(heir?.nspid).toHaveLength(2);
    expect(others).toEqual([]);
  });

  it('is numbered on every level of nested namespaces', async () => {
    const path = join(scratch(), 'l');
    const nested = `exec unshare ${PID_NAMESPACE.join(' ')} sh -c 'flock -n "$1" sh -c "echo held; read -r _"; :' sh "$1"`;
    await unshared(PID_NAMESPACE, nested, path);
    const taker = holding(path)[0];
    expect(taker?.nspid).toEqual([taker?.pid, expect.any(Number), 2]);
  });
});

describe('a pid file that was written in another pid namespace', () => {
  const WRITER = `
import os, sys
path, number = sys.argv[1], int(sys.argv[2])
open("/proc/sys/kernel/ns_last_pid", "w").write(str(number - 1))
child = os.fork()
if child == 0:
    open(path, "w").write("%d\\n" % os.getpid())
    print("held", flush=True)
    sys.stdin.read()
    os._exit(0)
os.waitpid(child, 0)
print("ended", flush=True)
`;

  it('is held while a process has that number there, and stale after', async () => {
    const path = join(scratch(), 'l');
    const number = numberOfNobody();
    const args = ['python3', '-c', WRITER, path, String(number)];
    const child = new Child('unshare', [...PID_NAMESPACE, ...args]);
    expect(await child.line()).toBe('held');
    expect(() => process.kill(number, 0)).toThrow('ESRCH');
    const seen = inspectSync(path);
    expect(seen).toMatchObject({ verdict: 'held', by: 'existence', protocol: 'pid file' });
    expect(seen.holders).toMatchObject([{ role: 'named', source: 'record', alive: true }]);
    child.process.stdin?.end();
    expect(await child.line()).toBe('ended');
    expect(inspectSync(path).verdict).toBe('stale');
  });
});

describe('a holder in a user namespace', () => {
  it.each([
    ['root', 0],
    ['a user', 1234],
  ])('made by %s is root in there, and here who it is', async (_name, uid) => {
    const dir = scratch();
    chmodSync(dir, 0o777);
    const path = join(dir, 'l');
    const who = ['--reuid', '"$2"', '--regid', '"$2"', '--clear-groups'].join(' ');
    const script = `exec setpriv ${who} unshare --user --map-root-user --pid --fork --kill-child \
      flock "$1" sh -c 'test "$(id -u)" = 0 && echo held; read -r _'`;
    await unshared([], script, path, String(uid));
    const taker = holding(path)[0];
    expect(taker).toMatchObject({ source: 'flock', uid, nspid: [taker?.pid, 1] });
  });
});

describe('a directory that is bind mounted at another path, in another mount namespace', () => {
  function twoNames(): { here: string; there: string } {
    const dir = scratch();
    const [here, there] = [join(dir, 'here'), join(dir, 'there')];
    mkdirSync(here);
    mkdirSync(there);
    return { here, there };
  }
  const MOUNT = 'mount --bind "$2" "$3"; cd "$3";';

  it('shows its holder', async () => {
    const { here, there } = twoNames();
    const path = join(here, 'l');
    await unsharedFlock(['--mount'], MOUNT, 'l', here, there);
    expect(readdirSync(there)).toEqual([]); // the mount is theirs alone
    expect(holding(path)[0]).toMatchObject({ role: 'holds', source: 'flock' });
  });

  it('shows who holds a file that lost its name there', async () => {
    const { here, there } = twoNames();
    const path = join(here, 'l');
    await unsharedFlock(['--mount'], MOUNT, 'l', here, there);
    rmSync(path);
    writeFileSync(path, '0', { mode: 0o444 });
    const seen = inspectSync(path);
    expect(seen).toMatchObject({ verdict: 'held', by: 'existence', protocol: 'procmail' });
    expect(seen.orphans[0]).toMatchObject({ role: 'holds', source: 'flock' });
  });
});

describe('on overlayfs', () => {
  // Layers of one filesystem, as engines make them, and of two: then stat(2) and the kernel's own
  // lists do not agree on the device of a file.
  it.each([
    ['of one filesystem', undefined],
    ['of two filesystems', '/dev/shm'],
  ])('%s a holder is named, be its file new or of the lower layer', async (_name, other) => {
    const dir = scratch();
    const lower = other === undefined ? join(dir, 'lower') : scratch(other);
    for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(join(dir, name));
    writeFileSync(join(lower, 'old'), '');
    const merged = join(dir, 'merged');
    const layers = `lowerdir=${lower},upperdir=${dir}/upper,workdir=${dir}/work`;
    expect(mount(merged, 'mount', '-t', 'overlay', 'o', '-o', layers, merged)).toBeUndefined();
    for (const name of ['old', 'new']) {
      const path = join(merged, name);
      await unsharedFlock(PID_NAMESPACE, '', path);
      const taker = holding(path)[0];
      expect(taker).toMatchObject({ role: 'holds', source: 'flock', nspid: [taker?.pid, 1] });
    }
  });
});
