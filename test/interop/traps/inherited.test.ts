// A lock that lives on in a child: flock(2) belongs to the open file, so whoever inherited the
// descriptor holds, long after the process that took it has gone. (`lockbridge run`, which leaves its
// lock to its command in the same way: test/cli/cli.test.ts.)

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { inspectSync, tryAcquireSync, type Holder } from '../../../src/index.js';
import { Child, exitCode, python } from '../../helpers/child.js';
import { itWith, lacksCommand } from '../../helpers/peers.js';
import { scratch, until } from '../../helpers/scratch.js';

const missing = lacksCommand('flock');
const noPython = missing ?? lacksCommand('python3');

const FORKS = `
import fcntl, os, signal, sys
f = open(sys.argv[1], 'w')
fcntl.flock(f, fcntl.LOCK_EX)
child = os.fork()
if child == 0:
    signal.pause()
print(child)
os.waitpid(child, 0)
`;

/** The child that a program made under its lock and printed the number of. */
async function heirOf(program: Child): Promise<number> {
  const said = await program.line();
  const heir = Number(said);
  if (!(heir > 1)) throw new Error(`not a number of a process: ${said}`);
  onTestFinished(() => {
    end(heir);
  });
  return heir;
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended
  }
}

async function kill(program: Child): Promise<void> {
  program.process.kill('SIGKILL');
  await until(() => program.process.signalCode === 'SIGKILL'); // its pipes stay open in the heir
}

/** Who holds it, and that everybody is refused. */
function heirs(path: string): Holder[] {
  const seen = inspectSync(path);
  expect(seen).toMatchObject({ verdict: 'held', by: 'kernel', protocol: 'flock' });
  expect(exitCode('flock', '-n', path, 'true')).toBe(1);
  expect(tryAcquireSync(path, { empty: 'free' })).toBeUndefined();
  return seen.holders.filter(({ role }) => role === 'holds');
}

itWith(missing, 'a flock(1) that was killed holds by its command, which is named', async () => {
  const path = join(scratch(), 'l');
  const command = ['sh', '-c', 'echo $$; exec sleep 600'];
  const program = new Child('flock', ['-n', path, ...command]);
  const heir = await heirOf(program);
  await kill(program);
  expect(heirs(path)).toMatchObject([{ pid: heir, source: 'flock', command: 'sleep 600' }]);
  end(heir);
  await until(() => inspectSync(path).by === 'undecidable');
});

itWith(missing, 'a flock(1) whose command has ended holds by what that left running', async () => {
  const path = join(scratch(), 'l');
  const command = ['sh', '-c', 'sleep 600 & echo $!'];
  const program = new Child('flock', ['-n', path, ...command]);
  const heir = await heirOf(program);
  await until(() => program.process.exitCode === 0);
  const gone = new RegExp(
    `FLOCK .* ${String(program.process.pid)} .*:${String(statSync(path).ino)} `,
  );
  await until(() => gone.test(readFileSync('/proc/locks', 'utf8'))); // the kernel names who has gone
  expect(heirs(path)).toMatchObject([{ pid: heir, source: 'flock', command: 'sleep 600' }]);
  end(heir);
  await until(() => inspectSync(path).by === 'undecidable');
});

itWith(
  noPython,
  'a program that forked and was killed holds by its child, which is named',
  async () => {
    const path = join(scratch(), 'l');
    const program = python(FORKS, path);
    const heir = await heirOf(program);
    await kill(program);
    expect(heirs(path)).toMatchObject([{ pid: heir, source: 'flock', alive: true }]);
    end(heir);
    await until(() => inspectSync(path).by === 'undecidable');
  },
);
