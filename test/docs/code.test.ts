// What the documents show that is no shell: programs are checked and run, configuration is read by its
// reader, and what is part of a file is in that file.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/supervisor/config.js';
import { itWith, lacksCommand } from '../helpers/peers.js';
import { scratch } from '../helpers/scratch.js';
import type { Block } from './blocks.js';
import { compiled } from './compile.js';
import { BLOCKS, DOCUMENTS } from './documents.js';
import { put, ROOT, run } from './session.js';

const root = process.getuid?.() === 0 ? undefined : 'a mount namespace of its own needs root';
const README = BLOCKS.filter(({ where }) => where.startsWith('README.md:'));

const textOf = ({ lines }: Block): string => `${lines.join('\n')}\n`;
const of = (language: string): Block[] => BLOCKS.filter((block) => block.language === language);

function only(language: string): string {
  const found = README.filter((block) => block.language === language);
  expect(found).toHaveLength(1);
  return found.map(textOf).join('');
}

itWith(root, 'the TypeScript of the README is sound, takes the lock and lets go', async () => {
  const program = compiled(`${only('ts')}\nasync function flash(): Promise<void> {}\n`);
  const commands = [put('readme.js'), `'${process.execPath}' readme.js`, 'ls /tmp/balena'];
  const { outputs } = await run(commands, { files: { 'readme.js': program } });
  expect(outputs).toEqual(['', '{ existence: true, flock: true, ofd: true } unlinked\n', '']);
});

const python = root ?? lacksCommand('python3');

itWith(python, 'the Python of the README takes the lock twice and lets go', async () => {
  const program = `def flash():\n    import os\n    print(os.listdir("/tmp/balena"))\n\n${only('python')}\n`;
  const commands = [put('readme.py'), 'python3 readme.py', 'ls /tmp/balena'];
  const { outputs } = await run(commands, { files: { 'readme.py': program } });
  expect(outputs).toEqual(['', "['updates.lock']\n['updates.lock']\n", '']);
});

it('no program is only shown: it is run by name, or is part of a file, or the README’s', () => {
  for (const block of [...of('ts'), ...of('python')])
    if (!README.includes(block))
      expect(block.file ?? block.partOf, `${block.where} is run by nobody`).toBeDefined();
});

describe('a part of a file', () => {
  // The documents import by the package's name.
  const asShown = (text: string): string =>
    text
      .replaceAll("'../src/index.js'", "'lockbridge'")
      .replaceAll("'../src/supervisor/index.js'", "'lockbridge/supervisor'");
  for (const { where, partOf = '', scene, lines } of BLOCKS.filter(({ partOf: p }) => p)) {
    const shown = `${lines.join('\n')}\n`;
    if (scene === undefined)
      it(`${where} is in ${partOf}`, () => {
        expect(asShown(readFileSync(join(ROOT, partOf), 'utf8'))).toContain(shown);
      });
    else
      itWith(root ?? lacksCommand('unshare'), `${where} is in ${partOf} of ${scene}`, async () => {
        const { outputs } = await run([`cat ${partOf}`], { scene });
        expect(outputs[0]).toContain(shown);
      });
  }
});

describe('a configuration', () => {
  for (const block of of('yaml'))
    it(`${block.where} is one that the daemon takes`, () => {
      const file = join(scratch(), 'shown.yaml');
      writeFileSync(file, textOf(block));
      const { target, fleet } = readConfig(file);
      expect({ apps: target.apps.length, fleet }).not.toEqual({ apps: 0, fleet: undefined });
    });
});

describe('JSON', () => {
  for (const block of of('json'))
    it(`${block.where} is JSON`, () => {
      expect(JSON.parse(textOf(block))).toEqual(expect.any(Object));
    });
});

it('every document is found', () => {
  for (const file of ['README.md', 'docs/supervise.md', 'examples/mixed-release/README.md'])
    expect(DOCUMENTS).toContain(file);
  expect(new Set(BLOCKS.map(({ where }) => where.replace(/:.*/, ''))).size).toBeGreaterThan(10);
});
