// Each protocol is known by what its real program leaves on disk.

import { chmodSync, mkdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectSync, type Inspection } from '../../src/index.js';
import { findPackage } from '../../src/peers/node.js';
import { Child, exitCode } from '../helpers/child.js';
import {
  itWith,
  lacksCommand,
  lacksPerl,
  lacksPython,
  perlHolder,
  pythonHolder,
} from '../helpers/peers.js';
import { BASES, scratch } from '../helpers/scratch.js';

const fresh = (base?: string): string => join(scratch(base), 'l');
const named = (pid: number | undefined): object => ({ pid, role: 'named', source: 'record' });

function footprintText({ evidence }: Inspection): string {
  return evidence.find(({ kind }) => kind === 'footprint')?.text ?? '';
}

describe.each(BASES)('commands in %s', (base) => {
  const run = (command: string, ...args: string[]): Inspection => {
    const path = args.at(-1) ?? '';
    expect(exitCode(command, ...args)).toBe(0);
    return inspectSync(path);
  };

  itWith(lacksCommand('lockfile'), "procmail's lockfile is sure", () => {
    const seen = run('lockfile', '-r', '0', fresh(base));
    expect(seen).toMatchObject({ protocol: 'procmail', certainty: 'sure', by: 'existence' });
  });

  itWith(
    lacksCommand('lockfile') ?? (process.getuid?.() === 0 ? undefined : 'needs root'),
    "the balena supervisor's is lockfile as uid 65534, sure by its name",
    () => {
      const dir = scratch(base);
      chmodSync(dir, 0o1777);
      for (const [name, certainty] of [
        ['updates.lock', 'sure'],
        ['other', 'likely'],
      ] as const) {
        const path = join(dir, name);
        const nobody = { uid: 65534, gid: 65534, cwd: dir };
        expect(spawnSync('lockfile', ['-r', '0', path], nobody).status).toBe(0);
        expect(inspectSync(path)).toMatchObject({ protocol: 'balena-supervisor', certainty });
      }
    },
  );

  itWith(lacksCommand('dotlockfile'), 'dotlockfile is likely, other programs share its 0', () => {
    const seen = run('dotlockfile', '-l', '-r', '0', fresh(base));
    expect(seen).toMatchObject({ protocol: 'dotlockfile', certainty: 'likely', by: 'existence' });
  });

  itWith(lacksCommand('dotlockfile'), 'dotlockfile -p is a pid file of its caller', () => {
    const seen = run('dotlockfile', '-l', '-p', '-r', '0', fresh(base));
    expect(seen).toMatchObject({ protocol: 'pid file', certainty: 'likely' });
    expect(seen.holders).toMatchObject([{ ...named(process.pid), alive: true }]);
  });

  itWith(lacksCommand('lockfile-create'), 'lockfile-create is liblockfile like dotlockfile', () => {
    expect(run('lockfile-create', '-r', '0', '--lock-name', fresh(base))).toMatchObject({
      protocol: 'dotlockfile',
    });
    expect(run('lockfile-create', '-r', '0', '-p', '--lock-name', fresh(base))).toMatchObject({
      protocol: 'pid file',
      holders: [named(process.pid)],
    });
  });

  itWith(lacksCommand('mkdir'), 'mkdir(1) makes a directory, which anybody might', () => {
    const seen = run('mkdir', fresh(base));
    expect(seen).toMatchObject({ protocol: 'mkdir', certainty: 'guess', by: 'existence' });
  });
});

// A pid and a hash without anything between: the sign of the hash decides how much can be read.
const PY_LOCKS = `
import sys
from lockfile.linklockfile import LinkLockFile
from lockfile.mkdirlockfile import MkdirLockFile
from lockfile.symlinklockfile import SymlinkLockFile
kind, dir, sign, threaded = sys.argv[1:]
for n in range(1000):
    lock = globals()[kind]('%s/%d' % (dir, n), threaded=threaded == 'threaded')
    if abs(hash(lock.path)) >= 10 ** 15 and (hash(lock.path) < 0) == (sign == '-'): break
import os
os.symlink(os.path.basename(lock.lock_file), dir + '/found')
lock.acquire(timeout=0)
print('held')
sys.stdin.read()
`;

async function pyLock(
  base: string,
  kind: string,
  sign: string,
  threaded: string,
): Promise<[Inspection, number]> {
  const dir = scratch(base);
  const child = await pythonHolder(PY_LOCKS, kind, dir, sign, threaded);
  const target = inspectSync(join(dir, 'found')).evidence[0]?.text ?? '';
  const name = /'([^']*)'/.exec(target)?.[1] ?? '';
  return [inspectSync(join(dir, name)), child.process.pid ?? 0];
}

describe.each(BASES)('Python lockfile in %s', (base) => {
  const missing = lacksPython('lockfile');
  const kinds: [string, string][] = [
    ['LinkLockFile', 'py-link'],
    ['SymlinkLockFile', 'py-symlink'],
  ];
  for (const [kind, protocol] of kinds)
    for (const threaded of ['threaded', 'single']) {
      itWith(missing, `${kind} (${threaded}) names its pid before a negative hash`, async () => {
        const [seen, pid] = await pyLock(base, kind, '-', threaded);
        expect(seen).toMatchObject({ protocol, certainty: 'sure', by: 'existence' });
        expect(seen.holders).toMatchObject([{ ...named(pid), alive: true }]);
        expect(footprintText(seen)).toContain(`on '${hostname()}'`);
        expect(footprintText(seen).includes('thread')).toBe(threaded === 'threaded');
      });

      itWith(
        missing,
        `${kind} (${threaded}) leaves a few pids before a positive hash`,
        async () => {
          const [seen, pid] = await pyLock(base, kind, '+', threaded);
          expect(seen).toMatchObject({ protocol, certainty: 'sure' });
          expect(seen.holders).toContainEqual(expect.objectContaining(named(pid)));
          expect(footprintText(seen)).toMatch(new RegExp(String.raw`\b${String(pid)}\b`));
        },
      );
    }

  itWith(missing, 'MkdirLockFile (threaded) names thread and pid in one word', async () => {
    const [seen, pid] = await pyLock(base, 'MkdirLockFile', '+', 'threaded');
    expect(seen).toMatchObject({ protocol: 'py-mkdir', certainty: 'sure', by: 'existence' });
    expect(seen.holders).toContainEqual(expect.objectContaining(named(pid)));
  });

  itWith(missing, 'MkdirLockFile (single) is a guess: HOST.PID may be a log', async () => {
    const [seen, pid] = await pyLock(base, 'MkdirLockFile', '+', 'single');
    expect(seen).toMatchObject({ protocol: 'py-mkdir', certainty: 'guess' });
    expect(seen.holders).toMatchObject([named(pid)]);
  });

  itWith(missing, 'PIDLockFile is a pid file like others', async () => {
    const path = fresh(base);
    const script = `
import sys
from lockfile.pidlockfile import PIDLockFile
PIDLockFile(sys.argv[1]).acquire(timeout=0)
print('held')
sys.stdin.read()
`;
    const child = await pythonHolder(script, path);
    const seen = inspectSync(path);
    expect(seen).toMatchObject({ protocol: 'pid file', certainty: 'likely' });
    expect(seen.holders).toMatchObject([named(child.process.pid)]);
  });
});

const hold = (statement: string): string => `
import sys
path = sys.argv[1]
${statement}
print('held')
sys.stdin.read()
`;

describe.each(BASES)('other Python packages in %s', (base) => {
  itWith(lacksPython('filelock'), 'SoftFileLock is sure by its start token', async () => {
    const path = fresh(base);
    const script = hold('import filelock; lock = filelock.SoftFileLock(path); lock.acquire()');
    const child = await pythonHolder(script, path);
    const seen = inspectSync(path);
    expect(seen).toMatchObject({ protocol: 'soft-filelock', certainty: 'sure', by: 'existence' });
    expect(seen.holders).toMatchObject([
      { pid: child.process.pid, role: 'open' }, // it keeps its file open
      { ...named(child.process.pid), alive: true },
    ]);
  });

  itWith(lacksPython('flufl.lock'), 'flufl.lock is sure by its claim', async () => {
    const path = fresh(base);
    const script = hold('from flufl.lock import Lock; lock = Lock(path); lock.lock()');
    const child = await pythonHolder(script, path);
    const seen = inspectSync(path);
    expect(seen).toMatchObject({ protocol: 'flufl.lock', certainty: 'sure', by: 'existence' });
    expect(seen.holders).toMatchObject([named(child.process.pid)]);
  });

  itWith(
    lacksPython('portalocker'),
    'PidFileLock is one of those that write a bare pid',
    async () => {
      const path = fresh(base);
      const script = hold(
        'import portalocker; lock = portalocker.PidFileLock(path); lock.acquire()',
      );
      const child = await pythonHolder(script, path);
      const seen = inspectSync(path);
      expect(seen).toMatchObject({ protocol: 'pid file', certainty: 'guess' });
      expect(seen.holders).toMatchObject([named(child.process.pid)]);
      expect(footprintText(seen)).toContain('PidFileLock');
    },
  );

  itWith(
    lacksPython('zc.lockfile'),
    'zc.lockfile holds by a flock, not by what it leaves',
    async () => {
      const path = fresh(base);
      const script = `
import sys
from zc.lockfile import LockFile
lock = LockFile(sys.argv[1])
print('held')
sys.stdin.readline()
lock.close()
print('released')
sys.stdin.read()
`;
      const child = await pythonHolder(script, path);
      expect(inspectSync(path)).toMatchObject({ protocol: 'zc.lockfile', by: 'kernel' });
      child.say('release');
      expect(await child.line()).toBe('released');
      const left = inspectSync(path);
      expect(left).toMatchObject({ protocol: 'zc.lockfile', verdict: 'held', by: 'undecidable' });
      expect(left.holders).toMatchObject([named(child.process.pid)]);
    },
  );
});

describe.each(BASES)('Perl modules in %s', (base) => {
  for (const [options, text] of [
    ['', 'pid'],
    ['-nfs => 1,', 'pid and host'],
  ])
    itWith(lacksPerl('LockFile::Simple'), `LockFile::Simple writes its ${text ?? ''}`, async () => {
      const path = fresh(base);
      const script = `use LockFile::Simple;
        LockFile::Simple->make(${options ?? ''} -format => '%f')->trylock($ARGV[0]) or die;
        print "held\\n"; <STDIN>;`;
      const child = await perlHolder(script, path);
      const seen = inspectSync(path);
      expect(seen).toMatchObject({ protocol: 'LockFile::Simple', certainty: 'likely' });
      expect(seen.holders).toMatchObject([{ ...named(child.process.pid), alive: true }]);
    });

  const nfslock = (
    kind: string,
  ): string => `use File::NFSLock; use Fcntl qw(LOCK_EX LOCK_SH LOCK_NB);
    $File::NFSLock::LOCK_EXTENSION = '';
    my $lock = File::NFSLock->new($ARGV[0], ${kind} | LOCK_NB) or die $File::NFSLock::errstr;
    print "held\\n"; <STDIN>;`;

  itWith(lacksPerl('File::NFSLock'), 'File::NFSLock is sure by line and mode', async () => {
    const path = fresh(base);
    const child = await perlHolder(nfslock('LOCK_EX'), path);
    const seen = inspectSync(path);
    expect(seen).toMatchObject({ protocol: 'File::NFSLock', certainty: 'sure', by: 'existence' });
    expect(seen.holders).toMatchObject([{ ...named(child.process.pid), alive: true }]);
  });

  itWith(lacksPerl('File::NFSLock'), 'a shared File::NFSLock names every holder', async () => {
    const path = fresh(base);
    const first = await perlHolder(nfslock('LOCK_SH'), path);
    const second = await perlHolder(nfslock('LOCK_SH'), path);
    expect(inspectSync(path).holders).toMatchObject([
      named(first.process.pid),
      named(second.process.pid),
    ]);
  });
});

describe.each(BASES)('npm packages in %s', (base) => {
  const need = (name: string): string | undefined =>
    findPackage(name) === undefined ? `no npm package ${name}` : undefined;
  const holder = async (name: string, statement: string, path: string): Promise<Child> => {
    const module = join(findPackage(name)?.path ?? '', '..');
    const script = `const lock = require(process.argv[1]); const path = process.argv[2];
      ${statement}; console.log('held'); process.stdin.resume().on('end', () => process.exit());`;
    const child = new Child(process.execPath, ['-e', script, module, path]);
    expect(await child.line()).toBe('held');
    return child;
  };

  itWith(need('proper-lockfile'), 'proper-lockfile is likely by its beat', async () => {
    const path = fresh(base);
    const statement = "lock.lockSync('x', { realpath: false, lockfilePath: path })";
    await holder('proper-lockfile', statement, path);
    const seen = inspectSync(path);
    expect(seen).toMatchObject({ protocol: 'npm-proper', certainty: 'likely', by: 'existence' });
    expect(footprintText(seen)).toContain(new Date(statSync(path).mtimeMs).toISOString());
  });

  itWith(need('lockfile'), 'npm lockfile leaves nothing to be known by', async () => {
    const path = fresh(base);
    await holder('lockfile', 'lock.lockSync(path, {})', path);
    expect(inspectSync(path).protocol).toBeUndefined();
    expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'undecidable' });
  });
});

describe('a beat of proper-lockfile', () => {
  const touched = (mtime: Date | number): string | undefined => {
    const path = fresh();
    mkdirSync(path);
    utimesSync(path, mtime, mtime);
    return inspectSync(path).protocol;
  };

  it('is any Date, whatever the double of its seconds loses', () => {
    for (let ms = 0; ms < 1000; ms += 7)
      expect(touched(new Date(1_795_533_384_000 + ms)), String(ms)).toBe('npm-proper');
  });

  it('is not a time of the kernel, which is no whole millisecond', () => {
    expect(touched(1_795_533_384.123_456)).toBe('mkdir');
  });

  it('is not in a directory that is in use', () => {
    const path = fresh();
    mkdirSync(path);
    writeFileSync(join(path, 'x'), '');
    utimesSync(path, new Date(0), new Date(0));
    expect(inspectSync(path).protocol).toBe('mkdir');
  });
});

/** Protocols whose programs are not installed for the tests, by the bytes that those make. */
const BYTES: [protocol: string, certainty: string, content: string, mode: number, name?: string][] =
  [
    ['helios', 'sure', '\x02c', 0o600],
    ['mutt_dotlock', 'likely', '', 0],
    ['lockmail', 'likely', '4711:mailhost', 0o644],
    ['nightlyone', 'guess', '4711\n', 0o600],
    ['uucp', 'sure', '      4711\n', 0o644, 'LCK..ttyS0'],
    ['uucp', 'likely', '      4711\n', 0o644],
    ['soft-filelock', 'likely', '4711\nhost.example\n', 0o644],
    ['zc.lockfile', 'likely', ' 4711 host\n', 0o644],
    ['File::NFSLock', 'likely', 'host 4711 1795533382 7255\n', 0o644],
    ['flufl.lock', 'likely', '/var/l|host|4711|12345', 0o644],
    ['git', 'sure', `DIRC\0\0\0\x02${'\0'.repeat(4000)}`, 0o644, 'index.lock'],
    ['git', 'likely', `${'0123456789'.repeat(4)}\n`, 0o644, 'main.lock'],
    ['procmail', 'likely', '0', 0o400],
    ['filelock', 'guess', '', 0o755],
    ['pid file', 'guess', '4711', 0o644],
  ];

describe('by its bytes', () => {
  it.each(BYTES)('%s is %s of %j', (protocol, certainty, content, mode, name = 'l') => {
    const path = join(scratch(), name);
    writeFileSync(path, content, 'latin1');
    chmodSync(path, mode);
    expect(inspectSync(path)).toMatchObject({ protocol, certainty });
  });

  it('an Emacs lock is sure where Emacs puts it', () => {
    const dir = scratch();
    for (const [name, certainty] of [
      ['.#notes.txt', 'sure'],
      ['l', 'likely'],
    ] as const) {
      symlinkSync(`ada@${hostname()}.${String(process.pid)}:1795533000`, join(dir, name));
      const seen = inspectSync(join(dir, name));
      expect(seen).toMatchObject({ protocol: 'emacs', certainty, verdict: 'held' });
      expect(seen.holders).toMatchObject([{ ...named(process.pid), alive: true }]);
    }
  });

  it('what filelock up to 3.9 leaves stays undecidable, so a policy can free it', () => {
    const path = fresh();
    writeFileSync(path, '');
    chmodSync(path, 0o755);
    expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'undecidable' });
    expect(inspectSync(path, { empty: 'free' }).verdict).toBe('residue');
  });
});
