// `lockbridge help`, and the tables that pages and completions are made of: they are what the programs
// really take.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { helpIn, runHelp } from '../../dist/cli/reference/run-help.js';
import { lockbridge } from '../../dist/cli/reference/tables.js';
import { EXIT, LOCK_ERROR_CODES } from '../../dist/errors.js';
import { BIN, cli, cliJson, NATIVE } from '../helpers/cli.js';
import { exitCodesIn, helpOf, NAMES, optionsIn, RUN_HELP, RUN_NAMES } from '../helpers/help.js';

describe('lockbridge help', () => {
  it('is --help, of all or of a command', () => {
    expect(cli('help')).toEqual(cli('--help'));
    expect(cli('help', 'wait')).toEqual(cli('wait', '--help'));
    expect(cli('help', 'commands')).toEqual(cli('--help'));
  });

  it('exit-codes names every error under the code that it ends with', () => {
    const { code, out } = cli('help', 'exit-codes');
    expect(code).toBe(0);
    expect(exitCodesIn(out)).toEqual(Object.values(EXIT).map(String));
    for (const [error, { exit, meaning }] of Object.entries(LOCK_ERROR_CODES)) {
      const before = out.slice(0, out.indexOf(`${error} `));
      expect(exitCodesIn(before).at(-1)).toBe(String(exit));
      expect(out).toContain(meaning);
    }
  });

  it('prints JSON of the exit codes, of a command and of all', () => {
    const codes = cliJson<{ code: number; errors: { code: string }[] }[]>('help', 'exit-codes');
    expect(codes.map(({ code }) => code)).toEqual(Object.values(EXIT));
    expect(codes.flatMap(({ errors }) => errors)).toHaveLength(
      Object.keys(LOCK_ERROR_CODES).length,
    );
    expect(cliJson('help', 'run')).toMatchObject({ name: 'run' });
    expect(cliJson<unknown[]>('help')).toHaveLength(NAMES.length);
  });

  it('says what topics there are, in one line', () => {
    const { code, err } = cli('help', 'nonsense');
    expect(code).toBe(64);
    expect(err.split('\n')).toHaveLength(3); // the line, where help is, and the end
    expect(err).toContain('"exit-codes"');
  });
});

describe('the tables', () => {
  it('have the options of every command, as its help has them', async () => {
    for (const { name, options } of (await lockbridge()).commands) {
      const said = optionsIn(await helpOf(name)).filter(
        ({ name: one }) => !/^(help|version)$/.test(one),
      );
      expect(options.map(({ name: one }) => one.replace(/^no-/, ''))).toEqual(
        said.map(({ name: one }) => one),
      );
      expect(options.map(({ short }) => short)).toEqual(said.map(({ short }) => short));
    }
  });

  it('give each command of lockbridge-run the options that it takes, and no other', () => {
    const source = readFileSync(join(BIN, '../../native/run/commands.cc'), 'utf8');
    expect(helpIn(source)).toBe(RUN_HELP);
    const { commands } = runHelp(RUN_HELP).program;
    expect(commands.map(({ name }) => name)).toEqual(RUN_NAMES);
    const all = optionsIn(RUN_HELP)
      .map(({ name }) => name)
      .filter((name) => name !== 'help');
    for (const { name, options } of commands)
      for (const option of all) {
        const value = { empty: 'held', id: 'x', reason: 'x' }[option] ?? '1';
        const given = ['force', 'json', 'nonblock'].includes(option) ? [] : [value];
        // Help is printed once everything before it is understood.
        const { code } = NATIVE.run(name, `--${option}`, ...given, '--help');
        const listed = options.some((one) => one.name === option);
        expect({ name, option, code }).toEqual({ name, option, code: listed ? 0 : 64 });
      }
  });
});
