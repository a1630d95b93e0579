// The end of processes, with an event and where there is none to be had.

import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { allGone, whenGone } from '../../../src/supervisor/drivers/process/gone.js';
import { processAt, type ProcessEntry } from '../../../src/supervisor/drivers/process/table.js';

const NEVER = new AbortController().signal;

function victim(): { entry: ProcessEntry; kill: () => void } {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const kill = (): void => void child.kill('SIGKILL');
  onTestFinished(kill);
  return { entry: processAt(child.pid ?? 0) as ProcessEntry, kill };
}

function gone({ pid, start }: ProcessEntry): Promise<void> {
  return new Promise((resolve) => whenGone(pid, start, resolve));
}

it('a process that is gone already is told, but not at once', async () => {
  const { entry, kill } = victim();
  kill();
  await gone(entry);
  let told = false;
  whenGone(entry.pid, entry.start, () => (told = true));
  expect(told).toBe(false);
  await gone(entry);
  expect(told).toBe(true);
});

it('a process is noticed without a descriptor to spare', async () => {
  const { entry, kill } = victim();
  const fds: number[] = [];
  let end: Promise<void>;
  try {
    for (;;) fds.push(openSync('/dev/null', 'r'));
  } catch (error) {
    expect(error).toMatchObject({ code: 'EMFILE' });
    end = gone(entry);
  } finally {
    for (const fd of fds) closeSync(fd);
  }
  kill();
  await end;
});

it('all are waited for, or none any more', async () => {
  const victims = [victim(), victim()];
  const entries = victims.map(({ entry }) => entry);
  const stop = new AbortController();
  const given = allGone(entries, stop.signal);
  stop.abort();
  await given;
  await allGone(entries, stop.signal);
  await allGone([], NEVER);
  const all = allGone(entries, NEVER);
  for (const { kill } of victims) kill();
  await all;
  expect(entries.map(({ pid }) => processAt(pid))).toEqual([undefined, undefined]);
});
