// The manual pages: well formed for those who set them, and complete by what the programs say.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BIN, cli } from '../helpers/cli.js';
import { exitCodesIn, helpOf, NAMES, optionsIn, RUN_HELP, RUN_NAMES } from '../helpers/help.js';
import { itWith, lacksCommand } from '../helpers/peers.js';

const PAGES = ['lockbridge', 'lockbridge-run'] as const;
const fileOf = (page: string): string => join(BIN, '../man', `${page}.1`);

function rendered(page: string): string {
  const env = { ...process.env, MANWIDTH: '100', LC_ALL: 'C.UTF-8' };
  const { stdout, stderr } = spawnSync('man', ['--warnings', '-l', fileOf(page)], {
    env,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout;
}

// The part of the page that begins with this heading.
function part(page: string, heading: string, indent: string): string {
  const start = page.indexOf(`\n${indent}${heading}\n`);
  expect(start, `a part '${heading}'`).toBeGreaterThan(-1);
  const rest = page.slice(start + 1);
  const end = rest.slice(1).search(/\n {0,3}\S/);
  return end === -1 ? rest : rest.slice(0, end + 1);
}

const missing = lacksCommand('man');

describe.each(PAGES)('%s(1)', (page) => {
  itWith(missing, 'is set by man without a warning', () => {
    expect(rendered(page)).toContain(`${page.toUpperCase()}(1)`);
  });

  itWith(lacksCommand('groff'), 'is set by groff without a warning', () => {
    const { status, stderr } = spawnSync('groff', ['-ww', '-man', '-Tutf8', '-z', fileOf(page)], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('lockbridge(1)', () => {
  itWith(missing, 'has every command, with every option of its help', async () => {
    const page = rendered('lockbridge');
    expect(NAMES).toHaveLength(18);
    for (const name of NAMES) {
      const text = part(page, name, '   ');
      const options = optionsIn(await helpOf(name));
      expect(options.length).toBeGreaterThan(1); // --help and --version at least
      for (const { name: option, short } of options) {
        if (option === 'help' || option === 'version') continue;
        const spelling = short === undefined ? '' : `-${short}, `;
        expect(text).toMatch(new RegExp(`^ +${spelling}--(no-)?${option}\\b`, 'm'));
      }
    }
  });

  itWith(missing, 'has every exit code of the help', () => {
    const text = part(rendered('lockbridge'), 'EXIT STATUS', '');
    const codes = exitCodesIn(cli('--help').out);
    expect(codes).toEqual(['0', '1', '64', '65', '66', '69', '71', '73', '77']);
    for (const code of codes) expect(text).toMatch(new RegExp(`^ +${code} +[A-Z]`, 'm'));
  });
});

describe('lockbridge-run(1)', () => {
  itWith(missing, 'has every command, option and exit code of the help', () => {
    const page = rendered('lockbridge-run');
    const commands = RUN_NAMES.map((name) => part(page, name, '   ')).join('\n');
    const options = optionsIn(RUN_HELP);
    expect(options.length).toBeGreaterThan(9);
    for (const { name, short } of options) {
      const text = name === 'help' ? part(page, 'OPTIONS', '') : commands;
      const spelling = short === undefined ? '' : `-${short}, `;
      expect(text).toMatch(new RegExp(`^ +${spelling}--${name}\\b`, 'm'));
    }
    const codes = exitCodesIn(RUN_HELP);
    expect(codes).toEqual(['0', '1', '64', '66', '69', '71', '73']);
    for (const code of codes)
      expect(part(page, 'EXIT STATUS', '')).toMatch(new RegExp(`^ +${code} +[A-Z]`, 'm'));
  });
});

it('the package names the pages', () => {
  const root = join(BIN, '../..');
  const { man } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { man: string[] };
  expect(man.map((file) => join(root, file))).toEqual(PAGES.map(fileOf));
});
