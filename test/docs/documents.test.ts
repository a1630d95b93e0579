// Every command in the documents is run, and prints what the document shows.

import { basename, dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { itWith, lacksCommand } from '../helpers/peers.js';
import { isShell, stepsOf, storiesOf, type Block } from './blocks.js';
import { alike, asShown } from './compare.js';
import { compiled } from './compile.js';
import { BLOCKS } from './documents.js';
import { put, ROOT, run } from './session.js';

const missing =
  process.getuid?.() === 0
    ? ['unshare', 'lockfile', 'bindfs'].map(lacksCommand).find((why) => why !== undefined)
    : 'a mount namespace of its own needs root';
const shell = BLOCKS.filter(isShell);
const notRun = shell.filter((block) => block.notRun !== undefined);

interface Act {
  readonly block: Block;
  readonly command: string;
  /** What it prints; undefined of a script, which has to succeed. */
  readonly shows?: readonly string[];
}

function actsOf(block: Block): Act[] {
  const { language, file, lines } = block;
  if (file !== undefined) return [{ block, command: put(...namesOf(file)) }];
  if (language === 'console') return stepsOf(block).map((step) => ({ block, ...step }));
  return [{ block, command: `set -e\n${lines.join('\n')}\nset +e` }];
}

// TypeScript comes with what it compiles to.
function namesOf(file: string): string[] {
  const name = basename(file);
  return name.endsWith('.ts') ? [name, name.replace(/ts$/, 'js')] : [name];
}

/** A file below src/ finds its neighbours. */
function filesOf(story: readonly Block[]): Record<string, string> {
  const files: Record<string, string> = {};
  for (const { file, lines } of story) {
    if (file === undefined) continue;
    const [name = '', js] = namesOf(file);
    const text = `${lines.join('\n')}\n`;
    files[name] = text;
    const beside = file.startsWith('src/') ? join(ROOT, dirname(file)) : undefined;
    if (js !== undefined) files[js] = compiled(text, beside);
  }
  return files;
}

async function tell(story: readonly Block[]): Promise<void> {
  const acts = story.flatMap(actsOf);
  const { outputs, codes } = await run(
    acts.map(({ command }) => command),
    { scene: story.find(({ scene }) => scene !== undefined)?.scene, files: filesOf(story) },
  );
  for (const [at, { block, command, shows }] of acts.entries()) {
    const printed = outputs[at] ?? '';
    const said = `${block.where}: $ ${command}\n`;
    if (shows === undefined)
      expect(`${said}${String(codes[at])} ${printed}`).toBe(`${said}0 ${printed}`);
    else expect(`${said}${asShown(printed, shows)}`).toBe(`${said}${alike(shows.join('\n'))}`);
  }
}

describe('documents', () => {
  for (const story of storiesOf(BLOCKS)) {
    const [first] = story;
    if (first === undefined) continue;
    const name = story.map(({ where }, at) => (at === 0 ? where : where.replace(/.*:/, '')));
    const needs = story.flatMap((block) => block.needs);
    const lacks = missing ?? needs.map(lacksCommand).find((why) => why !== undefined);
    if (first.notRun === undefined)
      itWith(lacks, `${name.join(', ')} does as it shows`, () => tell(story), 120_000);
    else it.skip(`${name.join(', ')} (needs ${first.notRun})`, () => undefined);
  }

  it('says what is not run, and why', () => {
    expect(shell.length).toBeGreaterThan(50);
    for (const { where, notRun: why, andThen } of notRun) {
      expect(`${where} ${why ?? ''}`).toMatch(/\w$/);
      expect(andThen, `${where}: what is not run is no part of a story`).toBe(false);
    }
  });
});

afterAll(() => {
  const list = notRun.map(({ where, notRun: why = '' }) => `${where} (${why})`);
  process.stderr.write(
    `documents: ${String(shell.length - notRun.length)} shell blocks run, ${String(notRun.length)} not: ${list.join(', ')}\n`,
  );
});
