// explain, ls, sweep and break as a person at night meets them.

import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Inspection } from '../../src/index.js';
import { makeRecord } from '../../src/lock/record.js';
import { flockHolder, flockWaiter, holder } from '../helpers/child.js';
import { cli, cliJson, PROGRAMS } from '../helpers/cli.js';
import { hasWaiter, scratch, until } from '../helpers/scratch.js';

const idOf = (path: string): string => cliJson<[Inspection]>('explain', path)[0].id ?? '';

function place(): { dir: string; path: string } {
  const dir = scratch();
  return { dir, path: join(dir, 'updates.lock') };
}

describe('explain', () => {
  it('names holders, sharers and waiters, says how it knows, and ends with the way out', async () => {
    const { path } = place();
    const child = await flockHolder(path);
    flockWaiter(path);
    await until(() => hasWaiter(path));
    const { code, out } = cli('explain', path);
    expect(code).toBe(0);
    const pid = String(child.process.pid);
    expect(out).toContain(`${path} is HELD by a kernel lock: a file made by flock`);
    expect(out).toContain(`pid ${pid} holds an exclusive flock`);
    expect(out).toContain(`shares the flock of pid ${pid}`);
    expect(out).toMatch(/who waits, in this order\n {2}1\. pid \d+ waits for an exclusive flock/);
    expect(out).toContain('how this is known');
    expect(out.split('what you can do')[1]).toContain(
      `lockbridge break --force --id ${idOf(path)}`,
    );
    expect(out.split('what you can do')[1]).toContain('risk: ');
  });

  it('shouts about an orphan', async () => {
    const { path } = place();
    const child = await flockHolder(path);
    unlinkSync(path);
    const { out } = cli('explain', path);
    expect(out).toMatch(/^ORPHANED: believes that it holds this path/m);
    expect(out).toContain(`pid ${String(child.process.pid)}`);
  });

  it('tells the service of a supervisor’s lock directory', () => {
    const dir = join(scratch(), 'tmp/balena-supervisor/services/1234/main');
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'updates.lock'), '0', { mode: 0o444 });
    expect(cli('explain', join(dir, 'updates.lock')).out).toContain(
      'the lock of service main of app 1234',
    );
  });

  it('gives the whole answer as JSON, for several paths', () => {
    const { dir, path } = place();
    writeFileSync(path, '');
    const seen = cliJson<Inspection[]>('explain', path, join(dir, 'none'));
    expect(seen.map(({ verdict }) => verdict)).toEqual(['held', 'free']);
    expect(seen[0]).toMatchObject({ by: 'undecidable', holders: [], orphans: [], unseen: [] });
    expect(seen[0]?.actions.length).toBeGreaterThan(1);
  });

  it('prints nothing of a stranger’s that moves the cursor', () => {
    const { path } = place();
    writeFileSync(path, `1\n{"lockbridge":1,"cmd":"\\u001b[2J","reason":"\\u0007","host":"\\r"}\n`);

    expect(cli('explain', path).out).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});

describe.each(PROGRAMS)('ls of $name', ({ run, words }) => {
  it('lists every lock below a directory with verdict, protocol, holder, age and reason', async () => {
    const { dir, path } = place();
    mkdirSync(join(dir, 'app'));
    writeFileSync(join(dir, 'app', 'a.lock'), '0', { mode: 0o444 });
    writeFileSync(join(dir, 'b.lock'), makeRecord('flashing'));
    const child = await flockHolder(path);
    const { code, out } = run('ls', dir);
    expect(code).toBe(0);
    const [head, ...rows] = out.trimEnd().split('\n');
    expect(head).toMatch(/^PATH +VERDICT +PROTOCOL +HOLDER +AGE +REASON$/);
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatch(/app\/a\.lock +held existence +procmail/);
    expect(rows[1]).toMatch(/b\.lock +stale +lockbridge .* flashing$/);
    expect(rows[2]).toContain(`pid ${String(child.process.pid)}`);
  });

  it('says that there are none', () => {
    expect(run('ls', scratch())).toMatchObject({ code: 0, out: 'no locks\n' });
    expect(run('ls', '--json', scratch()).out).toBe('[]\n');
  });

  it('has its columns below each other also behind wide characters', () => {
    const { dir } = place();
    writeFileSync(join(dir, '錠.lock'), '');
    writeFileSync(join(dir, 'ab.lock'), '');
    const [, narrow = '', wide = ''] = run('ls', dir).out.split('\n');
    expect(narrow.indexOf('held')).toBe(wide.indexOf('held') + 1);
  });

  it('lists what lock programs call their files, and whatever else has a kernel lock on it', async () => {
    const { dir } = place();
    const names = ['a.lck', 'b.NFSLock', 'LCK..tty', 'lock', '.lockbridge-1-2', 'c.Lockfile'];
    const others = ['lock.c', 'LCK..', 'xlock', '.lockbridge-1-x', 'locked'];
    for (const name of [...names, ...others]) writeFileSync(join(dir, name), '');
    mkdirSync(join(dir, 'd.lock'));
    writeFileSync(join(dir, 'd.lock', 'inside.lock'), '');
    const child = await flockHolder(join(dir, 'xlock'));
    const listed = (): string[] =>
      (JSON.parse(run('ls', '--json', `${dir}/./`).out) as Inspection[]).map(({ path }) =>
        relative(dir, path),
      );
    expect(listed()).toEqual(['d.lock', 'xlock', ...names].sort());
    await child.finish();
    expect(listed()).toEqual(['d.lock', ...names].sort());
  });

  it('finds who holds a lock on a file that lost its name to another', async () => {
    const { dir, path } = place();
    const child = await flockHolder(path);
    unlinkSync(path);
    writeFileSync(path, '');
    writeFileSync(join(dir, 'b.lock'), '');
    const { out } = run('ls', dir);
    expect(out).toMatch(/updates\.lock .* \(2 ORPHANED\)\n/);
    expect(out.match(/ORPHANED/g)).toHaveLength(1);
    const [, seen] = JSON.parse(run('ls', '--json', dir).out) as [unknown, Inspection];
    expect(seen.orphans[0]?.pid).toBe(child.process.pid);
  });

  it('lists thousands, some of them held', async () => {
    const { dir, path } = place();
    for (let i = 0; i < 3000; i++) writeFileSync(join(dir, `${String(i)}.lock`), '');
    const child = await flockHolder(path);
    const { out } = run('ls', dir);
    expect(out.match(/^.*held undecidable .*$/gm)).toHaveLength(3000);
    expect(out.trimEnd().split('\n').at(-1)).toContain(`pid ${String(child.process.pid)}`);
  });

  it('shows no letter of a name to the terminal that could command it', () => {
    const { dir } = place();
    writeFileSync(join(dir, '\u001b[2J\r.lock'), '');
    const { out } = run('ls', dir);
    expect(out).toContain('?[2J?.lock');
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it('names what this user may not list, and goes on', () => {
    const { dir, path } = place();
    writeFileSync(path, '');
    mkdirSync(join(dir, 'closed'), { mode: 0 });
    const reads = '-dac_override,-dac_read_search'; // what root would read everything by
    const done = spawnSync(
      'setpriv',
      [`--bounding-set=${reads}`, `--inh-caps=${reads}`, ...words, 'ls', dir],
      { encoding: 'utf8' },
    );
    expect(done.status).toBe(0);
    expect(done.stdout).toContain(path);
    expect(done.stderr).toBe(
      `lockbridge: not listed: '${join(dir, 'closed')}': not permitted for this user\n`,
    );
  });

  it('takes a directory that is not there for a mistake', () => {
    const { code, err } = run('ls', join(scratch(), 'no'));
    expect(code).toBe(66);
    expect(err).toMatch(/does not exist/);
  });
});

describe('ls', () => {
  it('sorts by what is asked for, also the other way round', () => {
    const { dir } = place();
    writeFileSync(join(dir, 'a.lock'), '');
    writeFileSync(join(dir, 'b.lock'), makeRecord(''));
    const order = (...args: string[]): string[] =>
      cliJson<Inspection[]>('ls', dir, ...args).map(({ verdict }) => verdict);
    expect(order('--sort', 'verdict')).toEqual(['held', 'stale']);
    expect(order('--sort', 'verdict', '--reverse')).toEqual(['stale', 'held']);
    expect(cli('ls', dir, '--sort', 'bogus').code).toBe(64);
  });

  it('says the same however its command line is read, and its JSON is that of JSON.stringify', () => {
    const { dir, path } = place();
    writeFileSync(path, makeRecord('flashing'));
    writeFileSync(join(dir, 'b.lock'), '');
    symlinkSync('elsewhere', join(dir, 'a.lock'));
    const timeless = (...args: string[]) => cli('ls', dir, ...args).out.replace(/\d s /g, '- s ');
    expect(timeless()).toBe(timeless('--sort', 'path'));
    const { out } = cli('ls', '--json', dir);
    expect(JSON.parse(cli('ls', dir, '--json', '--sort=path').out)).toEqual(JSON.parse(out));
    expect(out).toBe(`${JSON.stringify(JSON.parse(out), null, 2)}\n`);
    expect(JSON.parse(out)).toEqual(
      ['a.lock', 'b.lock', 'updates.lock'].map(
        (name) => cliJson<[Inspection]>('status', join(dir, name))[0],
      ),
    );
  });
});

describe('a name that would command the terminal', () => {
  const hostile = (): string => {
    const path = join(scratch(), '\u001b[2J\r.lock');
    writeFileSync(path, '');
    return path;
  };
  const commands = /[\u0000-\u0009\u000b-\u001f]/;

  it.each(PROGRAMS)('is shown as what it is not by $name', ({ run }) => {
    const path = hostile();
    for (const words of [
      ['status', path],
      ['run', '-n', path, '--', 'true'],
      ['wait', '-w', '0.01', path],
      ['break', path],
      ['break', '--empty=free', path],
      ['break', path],
      ['status', path],
      ['status', `${path}/no`],
    ]) {
      const { out, err } = run(...words);
      expect(out + err).toContain('?[2J?.lock');
      expect(out + err).not.toMatch(commands);
    }
  });

  it('nor by what only Node has', () => {
    const path = hostile();
    for (const words of [
      ['explain', path],
      ['sweep', '-n', dirname(path)],
      ['sweep', '--empty=free', dirname(path)],
    ]) {
      const { out } = cli(...words);
      expect(out).toContain('?[2J?');
      expect(out).not.toMatch(commands);
    }
  });
});

describe('sweep', () => {
  it('removes what is provably nobody’s, and says what it left and why', () => {
    const { dir } = place();
    writeFileSync(join(dir, 'dead.lock'), makeRecord(''));
    writeFileSync(join(dir, 'empty.lock'), '');
    const { code, out } = cli('sweep', dir);
    expect(code).toBe(0);
    expect(out).toMatch(/^removed .*dead\.lock {2}stale: /m);
    expect(out).toMatch(/^left .*empty\.lock {2}held: .*empty, unlocked, of unknown origin/m);
    expect(out).toMatch(/^1 removed, 1 left$/m);
    expect(readdirSync(dir)).toEqual(['empty.lock']);
  });

  it('removes nothing in a dry run', () => {
    const { dir } = place();
    writeFileSync(join(dir, 'dead.lock'), makeRecord(''));
    expect(cli('sweep', '-n', dir).out).toMatch(/^would-remove/);
    expect(readdirSync(dir)).toEqual(['dead.lock']);
  });

  it('leaves a held lock alone', async () => {
    const { dir, path } = place();
    await holder(path);
    expect(cli('sweep', dir).out).toMatch(/^left /);
    expect(existsSync(path)).toBe(true);
  });

  it('keeps on record what it left, and under the same boot that proves nothing', () => {
    const { dir, path } = place();
    writeFileSync(path, 'x');
    const state = join(scratch(), 'state');
    for (let i = 0; i < 2; i++) expect(cli('sweep', '--state', state, dir).out).toMatch(/^left/);
    expect(statSync(state).mode & 0o777).toBe(0o600);
    // As it will be found after the next boot.
    const { id = '', changed = 0 } = cliJson<[Inspection]>('explain', path)[0];
    const files = { [id]: { path, ctime: changed, boot: 'an earlier one' } };
    writeFileSync(state, JSON.stringify({ lockbridgeHistory: 1, files }));
    expect(cli('explain', '--state', state, path).out).toMatch(/is STALE/);
    expect(cli('sweep', '--state', state, dir).out).toMatch(/^removed .*earlier boot/);
    expect(readdirSync(dir)).toEqual([]);
  });
});

describe.each(PROGRAMS)('$name break', ({ run }) => {
  it('breaks a dead holder’s lock without asking, and a held one not', () => {
    const { path } = place();
    writeFileSync(path, makeRecord(''));
    expect(run('break', path)).toMatchObject({ code: 0 });
    writeFileSync(path, '');
    expect(run('break', path).code).toBe(1);
    expect(existsSync(path)).toBe(true);
  });

  it('with --force wants the id that was seen, and says which one is there', () => {
    const { path } = place();
    writeFileSync(path, '');
    const seen = run('break', '--force', path);
    expect(seen.code).toBe(64);
    expect(seen.err).toContain(idOf(path));
    expect(existsSync(path)).toBe(true);
    expect(run('break', '--force', '--id', idOf(path), path).code).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  it('does not break the successor of the lock that was seen', () => {
    const { path } = place();
    writeFileSync(path, '');
    const id = idOf(path);
    unlinkSync(path);
    writeFileSync(path, 'the successor');
    const seen = run('break', '--force', '--id', id, path);
    expect(seen.code).toBe(1);
    expect(seen.err).toMatch(/not broken: that lock is gone/);
    expect(existsSync(path)).toBe(true);
    unlinkSync(path);
    expect(run('break', '--force', '--id', id, path).err).toMatch(/is free/);
  });

  it('removes a directory and a symbolic link, not what the link names', () => {
    const { dir, path } = place();
    mkdirSync(path);
    writeFileSync(join(path, 'host.1234'), '');
    expect(run('break', '--force', '--id', idOf(path), path).code).toBe(0);
    const target = join(dir, 'target');
    writeFileSync(target, 'precious');
    symlinkSync(target, path);
    expect(run('break', '--force', '--id', idOf(path), path).code).toBe(0);
    expect(readdirSync(dir)).toEqual(['target']);
  });
});
