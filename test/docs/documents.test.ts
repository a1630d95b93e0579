// Every command in the documents is run, and prints what the document shows.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { itWith, lacksCommand } from '../helpers/peers.js';
import { blocksOf, isShell, stepsOf } from './blocks.js';
import { alike, asShown } from './compare.js';
import { ROOT, run } from './session.js';

const DOCUMENTS = ['README.md', 'docs/cli.md', 'docs/debugging.md', 'docs/lockbridge-run.md'];

const missing =
  process.getuid?.() === 0
    ? ['unshare', 'lockfile', 'bindfs'].map(lacksCommand).find((why) => why !== undefined)
    : 'a mount namespace of its own needs root';
const all = DOCUMENTS.flatMap((file) => blocksOf(file, readFileSync(join(ROOT, file), 'utf8')));
const shell = all.filter(isShell);
const notRun = shell.filter((block) => block.notRun !== undefined);

describe('documents', () => {
  for (const block of shell) {
    if (block.notRun !== undefined) {
      it.skip(`${block.where} (needs ${block.notRun})`, () => undefined);
      continue;
    }
    if (block.language === 'console')
      itWith(missing, `${block.where} prints what it shows`, async () => {
        const steps = stepsOf(block);
        const { outputs } = await run(
          steps.map(({ command }) => command),
          block.scene,
        );
        for (const [at, { command, shows }] of steps.entries())
          expect(`$ ${command}\n${asShown(outputs[at] ?? '', shows)}`).toBe(
            `$ ${command}\n${alike(shows.join('\n'))}`,
          );
      });
    else
      itWith(missing, `${block.where} succeeds`, async () => {
        const { code, outputs } = await run([`set -e\n${block.lines.join('\n')}`], block.scene);
        expect({ code, outputs }).toEqual({ code: 0, outputs });
      });
  }

  it('says what is not run', () => {
    expect(shell.length).toBeGreaterThan(30);
    for (const { where, notRun: why } of notRun) expect(`${where} ${why ?? ''}`).toMatch(/\w$/);
  });
});

afterAll(() => {
  const list = notRun.map(({ where, notRun: why = '' }) => `${where} (${why})`);
  process.stderr.write(
    `documents: ${String(shell.length - notRun.length)} shell blocks run, ${String(notRun.length)} not: ${list.join(', ')}\n`,
  );
});
