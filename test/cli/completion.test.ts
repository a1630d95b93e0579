// Completion in the real shells: what is typed, a Tab, and what the program is then called with. The
// names of files are hostile: what a shell inserts has to mean that very file, and nothing may run.

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN } from '../helpers/cli.js';
import { helpOf, NAMES as COMMAND_NAMES, optionsIn, RUN_NAMES } from '../helpers/help.js';
import { itWith, lacksCommand } from '../helpers/peers.js';
import { Terminal } from '../helpers/terminal.js';

const DIST = join(BIN, '..');
const script = (shell: string): string => join(DIST, 'completions', `lockbridge.${shell}`);

// What zsh would show, before it does.
const LISTENING = `compadd() {
  local -a offered
  [[ " $* " == *' -'[OAD]' '* ]] || { builtin compadd -O offered "$@"; print -r -- "$offered" >> ~/offers }
  builtin compadd "$@"
}`;

const SHELLS = [
  {
    shell: 'bash',
    start: 'bash --norc --noprofile -i',
    set: `PS1='READ''Y '; bind 'set enable-bracketed-paste off'; . ${script('bash')}`,
    list: (line: string) =>
      ` COMP_LINE='${line}' COMP_POINT=${String(line.length)}; _lockbridge 2>/dev/null; echo "\${COMPREPLY[@]}" > ~/offers; `,
  },
  {
    shell: 'zsh',
    start: 'zsh -f -i',
    set: `PS1='READ''Y '; unset zle_bracketed_paste; autoload -Uz compinit; compinit -D -u; . ${script('zsh')}; ${LISTENING}`,
    list: (line: string) => `${line}\t\x15`,
  },
  {
    shell: 'fish',
    start: `fish --no-config -i`,
    set: `function fish_prompt; echo -n READ''Y' '; end; source ${script('fish')}`,
    list: (line: string) => ` complete -C '${line}' > ~/offers; `,
  },
];

// As typed (up to where the name is the only one), and the name.
const NAMES: readonly (readonly [typed: string, name: string])[] = [
  ['my', 'my lock.lock'],
  ['quo', 'quo"te.lock'],
  ['sin', "sin'gle.lock"],
  [String.raw`\$`, '$(touch pwned).lock'],
  [String.raw`\``, '`touch pwned`.lock'],
  ['new', 'new\nline.lock'],
  [String.raw`\*`, '*star.lock'],
  [String.raw`\~t`, '~tilde.lock'],
  ['semi', 'semi;touch pwned;.lock'],
  ['eq=', 'eq=al.lock'],
  ['co:', 'co:lon.lock'],
  ['back', String.raw`back\slash.lock`],
  ['ün', 'ünï.lock'],
  [String.raw`a\ dir/`, 'a dir/in.lock'],
  ['./-', './-n.lock'],
  ['pl', 'plain'],
];

// What stands in for the program: it says what it was called with.
const STUB = `#!/bin/sh
[ "$1" = completion ] && exec '${BIN}' "$@"
printf 'ARGS:%s:' "$(printf '%s\\0' "$@" | od -An -v -tx1 | tr -d ' \\n')"
`;

// Everything that the programs say they know: the commands, and the options of each.
const KNOWN: [line: string, words: string[]][] = [
  ['lockbridge ', [...COMMAND_NAMES]],
  ['lockbridge-run ', [...RUN_NAMES]],
  ['lockbridge-run lock --', ['--nonblock', '--wait', '--watch-pid', '--reason', '--empty']],
];
for (const name of COMMAND_NAMES) {
  const options = optionsIn(await helpOf(name)).filter((one) => one.name !== 'version');
  KNOWN.push([`lockbridge ${name} --`, options.map((one) => `--(?:no-)?${one.name}`)]);
}

let dir = '';
let work = '';

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'lockbridge-tab-'));
  work = join(dir, 'work');
  mkdirSync(join(work, 'a dir'), { recursive: true });
  mkdirSync(join(dir, 'bin'));
  for (const [, name] of NAMES) writeFileSync(join(work, name), '');
  for (const name of ['lockbridge', 'lockbridge-run', 'zz-a-command'])
    writeFileSync(join(dir, 'bin', name), STUB, { mode: 0o755 });
  symlinkSync('work', join(dir, 'link'));
});
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

describe.each(SHELLS)('$shell', ({ shell, start, set, list }) => {
  const missing = lacksCommand(shell) ?? lacksCommand('script');
  if (missing !== undefined) {
    itWith(missing, 'completes', () => undefined);
    return;
  }
  let terminal: Terminal;

  beforeAll(async () => {
    const env = {
      ...process.env,
      PATH: `${join(dir, 'bin')}:${process.env['PATH'] ?? ''}`,
      HOME: dir,
      LC_ALL: 'C.UTF-8',
      TERM: 'dumb',
    };
    terminal = new Terminal(start, { cwd: work, env });
    terminal.type(`${set}\n`);
    await terminal.shows(/READY /);
  });
  afterAll(async () => {
    await terminal.close();
  });

  async function called(line: string): Promise<string[]> {
    terminal.type(`${line}\n`);
    const [, hex = ''] = await terminal.shows(/ARGS:([0-9a-f]*):/);
    await terminal.shows(/READY /);
    return Buffer.from(hex, 'hex').toString().split('\0').slice(0, -1);
  }

  it.each([
    ['a command', 'lockbridge expl\t', ['explain']],
    ['an option', 'lockbridge ls --rev\t', ['ls', '--reverse']],
    ['a choice', 'lockbridge ls --sort ver\t', ['ls', '--sort', 'verdict']],
    ['a choice after =', 'lockbridge ls --sort=ver\t', ['ls', '--sort=verdict']],
    ['a word', 'lockbridge override stat\t', ['override', 'status']],
    ['a topic', 'lockbridge help exit\t', ['help', 'exit-codes']],
    ['a file', 'lockbridge watch --trace pl\t', ['watch', '--trace', 'plain']],
    ['a command of the native program', 'lockbridge-run unl\t', ['unlock']],
    ['its option', 'lockbridge-run lock --nonb\t', ['lock', '--nonblock']],
    ['its option without `run`', 'lockbridge-run -n pl\t --js\t', ['-n', 'plain', '--json']],
    [
      'a lock in the home directory',
      'lockbridge status ~/work/my\t',
      ['status', () => join(dir, 'work/my lock.lock')],
    ],
    ['the command to execute', 'lockbridge run x -- zz-a\t', ['run', 'x', '--', 'zz-a-command']],
  ] as const)('completes %s', async (_, line, expected) => {
    const words = expected.map((word) => (typeof word === 'string' ? word : word()));
    expect(await called(line)).toEqual(words);
  });

  // fish 3.6 offers nothing after an escaped star but files of its own finding.
  const names = NAMES.filter(([typed]) => shell !== 'fish' || typed !== String.raw`\*`);
  it.each(names)('completes %s to %j', async (typed, name) => {
    expect(await called(`lockbridge status ${typed}\t`)).toEqual(['status', name]);
  });

  // All that a Tab has to offer there, told by the shell's own machinery.
  async function offers(line: string): Promise<string> {
    writeFileSync(join(dir, 'offers'), '');
    terminal.type(`${list(line)}echo DO''NE\n`);
    await terminal.shows(/DONE[^]*READY /);
    return readFileSync(join(dir, 'offers'), 'utf8');
  }

  it.each(KNOWN)('lists what may follow %s', async (line, words) => {
    const text = await offers(line);
    for (const word of words) expect(text).toMatch(new RegExp(`(?<![-\\w])${word}\\b`));
  });

  it('has run nothing', () => {
    expect(readdirSync(work)).not.toContain('pwned');
  });
});
