// The packed package, installed without scripts into an empty project: every way in, on the oldest and
// the newest Node and on machines that are not this one.

import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect } from 'vitest';
import { childEnvironment } from '../../src/env.js';
import { itWith, lacksCommand } from '../helpers/peers.js';
import { scratch } from '../helpers/scratch.js';
import { install, pack, type Packed } from './rig/install.js';
import { lacks, NODES } from './rig/nodes.mjs';
import { addons, lacksPrebuilds, programs, ROOT } from './rig/prebuilds.js';

const MISSING = lacksPrebuilds();
const RIG = join(ROOT, 'test/package/rig');
const TOOLS = join(ROOT, 'node_modules/.bin');

interface Node {
  machine: string;
  version: string;
  dir: string;
  bin: string;
  under: string[];
}
const nodes = NODES as Node[];
const here = nodes.filter(({ under }) => under.length === 0);

let packed: Packed;
let project = '';
beforeAll(() => {
  if (MISSING !== undefined) return;
  packed = pack();
  project = install(packed);
}, 300_000);

interface Ran {
  code: number | null;
  out: string;
  err: string;
}

function run(program: string, ...args: string[]): Ran {
  const env = childEnvironment();
  const done = spawnSync(program, args, { cwd: project, env, encoding: 'utf8' });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

function node({ under, dir, bin }: Node, ...args: string[]): Ran {
  const [program = '', ...rest] = [...under, join(dir, bin), ...args];
  return run(program, ...rest);
}

const inProject = (...names: string[]): string => join(project, ...names);
const bin = (name: string): string => inProject('node_modules/.bin', name);

describe('the tarball', () => {
  itWith(MISSING, 'has every binary and nothing that only development needs', () => {
    const { files, size } = packed;
    const binaries = [...addons, ...programs].map(({ file }) => file.slice(ROOT.length));
    expect(files.filter((file) => file.startsWith('prebuilds/')).sort()).toEqual(binaries.sort());
    const tops = new Set(files.map((file) => file.split('/')[0]));
    const expected = ['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'docs'];
    expect([...tops].sort()).toEqual([...expected, 'package.json', 'prebuilds']);
    console.log(`tarball: ${(size / 1024).toFixed(0)} KB, ${String(files.length)} files`);
    expect(size).toBeLessThan(2_000_000);
  });

  itWith(
    MISSING,
    'is what publint and attw expect of a package that is ESM alone',
    () => {
      const lint = run(join(TOOLS, 'publint'), 'run', '--strict', packed.tarball);
      expect(lint).toMatchObject({ code: 0, out: expect.stringContaining('All good!') as string });
      const types = run(join(TOOLS, 'attw'), packed.tarball, '--profile', 'esm-only');
      expect(types.code, types.out).toBe(0);
    },
    120_000,
  );
});

describe.each(here)('on Node $version', (one) => {
  const missing = MISSING ?? lacks(one);

  itWith(missing, 'it is imported, and so is its supervisor', () => {
    const script = `
      import { acquire } from 'lockbridge';
      import { UpdateLocks } from 'lockbridge/supervisor';
      console.log(typeof acquire, typeof UpdateLocks);
    `;
    const ran = node(one, '--input-type=module', '-e', script);
    expect(ran).toEqual({ code: 0, out: 'function function\n', err: '' });
  });

  itWith(missing, 'it is required, and so is its supervisor', () => {
    const script = `console.log(
      typeof require('lockbridge').acquire, typeof require('lockbridge/supervisor').UpdateLocks)`;
    const ran = node(one, '--input-type=commonjs', '-e', script);
    expect(ran).toEqual({ code: 0, out: 'function function\n', err: '' });
  });

  itWith(missing, 'its command says which version it is', () => {
    const ran = node(one, bin('lockbridge'), '--version');
    expect(ran).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
  });
});

describe.each(nodes)('Node $version of $machine', (one) => {
  itWith(
    MISSING ?? lacks(one),
    'loads its own addon, and locks with it',
    () => {
      const script = inProject('core.mjs');
      copyFileSync(join(RIG, 'core.mjs'), script);
      const { out, err } = node(one, script);
      expect(err).toBe('');
      expect(JSON.parse(out)).toEqual({
        ...{ version: `v${one.version}`, addon: one.machine },
        ...{ verdict: 'held', by: 'kernel', reason: 'flashing', refused: true },
        mechanisms: { existence: true, flock: true, ofd: true },
        left: [],
      });
    },
    180_000,
  );
});

describe('its types', () => {
  itWith(
    MISSING,
    'are right for a strict program, without leave for mistakes in libraries',
    () => {
      copyFileSync(join(RIG, 'consumer.ts'), inProject('consumer.ts'));
      const types = inProject('node_modules/@types');
      if (!existsSync(join(types, 'node'))) {
        cpSync(join(ROOT, 'node_modules/@types/node'), join(types, 'node'), { recursive: true });
        const undici = inProject('node_modules/undici-types');
        if (!existsSync(undici))
          cpSync(join(ROOT, 'node_modules/undici-types'), undici, { recursive: true });
      }
      const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023'];
      const lib = [
        '--lib',
        'es2023,esnext.disposable',
        '--types',
        'node',
        '--skipLibCheck',
        'false',
      ];
      const ran = run(join(TOOLS, 'tsc'), ...flags, ...lib, 'consumer.ts');
      expect(ran).toEqual({ code: 0, out: '', err: '' });
    },
    120_000,
  );
});

describe('its commands', () => {
  itWith(MISSING, 'are found by npx', () => {
    for (const name of ['lockbridge', 'lockbridge-run']) {
      const { code, out } = run('npx', '--no', '--', name, '--version');
      expect({ name, code, out }).toEqual({
        name,
        code: 0,
        out: expect.stringMatching(/^\d/) as string,
      });
    }
  });

  itWith(MISSING, 'hold one lock, the native one too, from wherever it is linked', () => {
    const dir = scratch();
    const path = join(dir, 'updates.lock');
    const link = join(dir, 'elsewhere');
    symlinkSync(bin('lockbridge-run'), link);
    for (const outer of [bin('lockbridge-run'), link]) {
      const inner = [bin('lockbridge'), 'run', '-n', path, '--', 'true'];
      expect(run(outer, path, '--', ...inner).code).toBe(1);
      expect(run(outer, path, '--', 'true')).toEqual({ code: 0, out: '', err: '' });
    }
    expect(readdirSync(dir)).toEqual(['elsewhere']);
  });

  itWith(
    MISSING ?? lacksCommand('strace'),
    'start nothing on the way to the native program',
    () => {
      const { out, err } = run(
        'strace',
        '-f',
        '-c',
        '-e',
        'trace=clone,clone3,fork,vfork',
        bin('lockbridge-run'),
        '--version',
      );
      expect(out).toMatch(/^\d/);
      expect(err).not.toMatch(/clone|fork/);
    },
  );
});

describe('where there is no binary', () => {
  itWith(MISSING, 'each command says in one line what to do', () => {
    const dir = scratch();
    cpSync(inProject('node_modules/lockbridge'), dir, { recursive: true });
    rmSync(join(dir, 'prebuilds'), { recursive: true });
    const path = join(dir, 'l');
    const lines = [
      run(process.execPath, join(dir, 'dist/bin.cjs'), 'status', path),
      run(join(dir, 'dist/lockbridge-run'), path, '--', 'true'),
    ];
    for (const { code, out, err } of lines) {
      expect({ code, out }).toEqual({ code: 69, out: '' });
      expect(err).toMatch(/^lockbridge: no .* for linux-.*docs\/install\.md.*\n$/);
    }
  });
});

describe('lockbridge-run of another processor', () => {
  const QEMU = { 'linux-arm64': 'qemu-aarch64', 'linux-arm': 'qemu-arm' } as const;
  for (const [machine, qemu] of Object.entries(QEMU)) {
    const missing =
      spawnSync(qemu, ['--version']).error && `no \`${qemu}\` in PATH (Debian: qemu-user)`;
    itWith(MISSING ?? missing, `locks too: ${machine}`, () => {
      const program = inProject('node_modules/lockbridge/prebuilds', machine, 'lockbridge-run');
      const path = join(scratch(), 'updates.lock');
      const again = [bin('lockbridge-run'), '-n', path, '--', 'true'];
      expect(run(qemu, program, path, '--', ...again).code).toBe(1);
      expect(run(qemu, program, 'status', path).out).toBe(`'${path}' is free\n`);
      expect(execFileSync('ls', [dirname(path)], { encoding: 'utf8' })).toBe('');
    });
  }
});
