// The bench as a program: it says what it measures, refuses what it does not know, and every row that
// needs nothing installed runs to its end.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { itWith, lacksCommand } from '../helpers/peers.js';
import { BASES, scratch } from '../helpers/scratch.js';

const RUN = fileURLToPath(new URL('../../bench/run.mjs', import.meta.url));

function bench(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [RUN, ...args], { encoding: 'utf8' });
}

describe('npm run bench', () => {
  it('lists a row for each goal', () => {
    const { status, stdout } = bench('--list');
    expect(status).toBe(0);
    const names = stdout.split('\n').map((line) => line.split(' ')[0]);
    expect(names).toEqual(
      expect.arrayContaining(['uncontended', 'refused', 'handoff', 'existence', 'lockset']),
    );
    expect(names).toEqual(expect.arrayContaining(['ls', 'waiters', 'startup', 'command']));
  });

  it.each([[['nonsense']], [['--rounds', '0']], [['--rounds', 'x']], [['--nonsense']]])(
    'refuses %s with the exit code for usage',
    (args) => {
      const { status, stderr } = bench(...args);
      expect(status).toBe(64);
      expect(stderr).toMatch(/^bench: /);
    },
  );

  it('gives every table as JSON, with what became of its goals, and leaves nothing behind', () => {
    const dir = scratch(BASES.at(-1)); // the disk may be busy with other tests
    const { status, stdout } = bench('--json', '--rounds', '1', '--dir', dir, 'refused');
    expect(readdirSync(dir)).toEqual([]);
    expect(status).toBe(0);
    const { node, tables } = JSON.parse(stdout);
    expect(node).toBe(process.version);
    expect(tables).toHaveLength(3);
    for (const { row, lines, goals } of tables) {
      expect(row).toBe('refused');
      expect(lines.map(({ name }: { name: string }) => name)).toContain('tryAcquireSync');
      for (const { value, met, atMost } of goals) expect(met).toBe(value <= atMost);
    }
  });

  itWith(lacksCommand('strace'), 'makes the calls in C that the addon makes', () => {
    const { status, stdout } = bench('--json', '--dir', scratch(), 'calls');
    expect(status).toBe(0);
    const [{ notes, goals }] = JSON.parse(stdout).tables;
    expect(notes.join('\n')).toMatch(/^ {2}openat .* close close$/);
    expect(goals[0].met).toBe(true);
  });
});
