// Looking from inside a container, where the processes outside have no numbers: what cannot be seen
// is said, and never taken for absence.

import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Inspection } from '../../dist/index.js';
import { flockHolder, holder, python, type Child } from '../helpers/child.js';
import {
  containerHolder,
  holding,
  inContainer,
  INSIDE,
  lockbridge,
  serviceDirectory,
} from '../helpers/containers.js';
import { needContainers, podman } from '../helpers/podman.js';

needContainers();

async function explain(dir: string, ...options: string[]): Promise<Inspection> {
  const argv = lockbridge('explain', '--json', INSIDE);
  const [seen] = JSON.parse(await inContainer(dir, argv, ...options)) as Inspection[];
  if (seen === undefined) throw new Error('explain said nothing');
  return seen;
}

const OUTSIDE = /outside this pid namespace/;

function lockfHolder(path: string): Child {
  return python(
    'import fcntl,sys; f = open(sys.argv[1], "w"); fcntl.lockf(f, fcntl.LOCK_EX); print("held"); sys.stdin.read()',
    path,
  );
}

describe('explain in a container', () => {
  it('says that a flock(1) outside may hold: open, by a process that cannot be seen', async () => {
    const { dir, path } = serviceDirectory('1234', 'main');
    await flockHolder(path);
    const seen = await explain(dir);
    expect(seen).toMatchObject({ verdict: 'held', by: 'undecidable', holders: [] });
    expect(seen.unseen).toContainEqual(expect.stringMatching(OUTSIDE));
    expect(seen.evidence).toContainEqual(expect.objectContaining({ kind: 'openers-hidden' }));
  });

  it('knows of a record lock outside, and not whose it is', async () => {
    const { dir, path } = serviceDirectory('1234', 'main');
    expect(await lockfHolder(path).line()).toBe('held');
    const seen = await explain(dir);
    expect(seen).toMatchObject({ verdict: 'held', by: 'kernel', holders: [] });
    expect(seen.unseen).toContainEqual(expect.stringMatching(/held by a process outside/));
  });

  it('knows of a lockbridge lock outside, and reads its record', async () => {
    const { dir, path } = serviceDirectory('1234', 'main');
    const { process: outside } = await holder(path);
    const seen = await explain(dir);
    expect(seen).toMatchObject({
      verdict: 'held',
      by: 'kernel',
      protocol: 'lockbridge',
      record: { pid: outside.pid },
      holders: [],
    });
    expect(seen.unseen).toContainEqual(expect.stringMatching(/held by a process outside/));
  });

  it('names a holder in the same container', async () => {
    const { dir } = serviceDirectory('1234', 'main');
    const { name } = await containerHolder(dir, holding('flock.sh'));
    const argv = ['exec', name, ...lockbridge('explain', '--json', INSIDE)];
    const [seen] = JSON.parse(await podman(...argv)) as Inspection[];
    expect(seen?.holders[0]).toMatchObject({ role: 'holds', source: 'flock' });
  });

  it('does not believe a pid file dead whose number is not in the container', async () => {
    const { dir, path } = serviceDirectory('1234', 'main');
    writeFileSync(path, `${String(process.pid)}\n`);
    const seen = await explain(dir);
    expect(seen).toMatchObject({ verdict: 'held', by: 'existence' });
    expect(seen).not.toHaveProperty('reach'); // of the containers it sees one
    expect(seen.evidence).toContainEqual(expect.objectContaining({ kind: 'pid-unknown' }));
  });

  it('believes what is left of a lockbridge lock dead: no lock is on it', async () => {
    const { dir, path } = serviceDirectory('1234', 'main');
    const child = await holder(path);
    child.process.kill('SIGKILL');
    await child.ended;
    expect(await explain(dir)).toMatchObject({ verdict: 'stale', unseen: [] });
  });

  it('sees everybody from a container that shares the pid namespace of the host', async () => {
    const { dir, path } = serviceDirectory('1234', 'main');
    const { process: outside } = await flockHolder(path);
    const seen = await explain(dir, '--pid=host');
    expect(seen).toMatchObject({ verdict: 'held', by: 'kernel', unseen: [] });
    expect(seen.holders[0]).toMatchObject({ pid: outside.pid, role: 'holds', source: 'flock' });
  });

  it('cannot rule out a holder of a file that is not its own, in a user namespace', async () => {
    const { dir, path } = serviceDirectory('1234', 'main');
    const child = await holder(path);
    child.process.kill('SIGKILL');
    await child.ended;
    const seen = await explain(dir, '--uidmap', '0:100000:65536'); // a lease is the owner's
    expect(seen).toMatchObject({ verdict: 'held', by: 'undecidable' });
    expect(seen.unseen).toContainEqual(expect.stringMatching(OUTSIDE));
  });

  it('in words, too', async () => {
    const { dir, path } = serviceDirectory('1234', 'main');
    await flockHolder(path);
    const text = await inContainer(dir, lockbridge('explain', INSIDE));
    expect(text).toMatch(/is HELD, undecidable/);
    expect(text).toMatch(/what cannot be seen from here\n.*outside this pid namespace/);
  });
});
