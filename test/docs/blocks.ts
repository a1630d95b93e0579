// The fenced blocks of a Markdown document, and what their info strings say of them:
//
//     ```console                  lines that begin with `$ ` are run, the others are what they print
//     ```console scene=press      … after scenes/press.sh
//     ```console needs=spin,gcc   … where those programs are
//     ```sh                       a script, which has to succeed
//     ```sh not-run=containers    neither: the word says what is needed and is not here
//     ```ts file=update.ts        is put into the working directory; TypeScript beside its JavaScript
//     ```console and-then         goes on in the shell, and with the files, of the block before
//     ```yaml part-of=press.yaml  is text of that file, after its scene or in the repository
//     ```text                     nobody's program

export interface Block {
  /** `docs/cli.md:17` */
  readonly where: string;
  readonly language: string;
  readonly scene: string | undefined;
  readonly notRun: string | undefined;
  readonly needs: readonly string[];
  readonly file: string | undefined;
  readonly partOf: string | undefined;
  readonly andThen: boolean;
  readonly lines: readonly string[];
}

const SHELL = ['console', 'sh'];
const CODE = ['ts', 'python', 'yaml', 'json'];
const NEITHER = ['text', 'dockerfile'];
const WORDS = ['scene', 'not-run', 'needs', 'file', 'part-of', 'and-then'];

export function isShell({ language }: Block): boolean {
  return SHELL.includes(language);
}

/** Every fenced block; throws where text is set as code in a way that this would not see. */
export function blocksOf(file: string, markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: { where: string; info: string; lines: string[] } | undefined;
  for (const [at, line] of markdown.split('\n').entries()) {
    const where = `${file}:${String(at + 1)}`;
    const fence = /^```(.*)$/.exec(line);
    if (open === undefined && fence !== null) open = { where, info: fence[1] ?? '', lines: [] };
    else if (open !== undefined && fence !== null) {
      blocks.push(blockOf(open));
      open = undefined;
    } else if (open !== undefined) open.lines.push(line);
    else if (/^( {4,}|\t)\S/.test(line)) throw new Error(`${where}: an indented block; fence it`);
    else if (/^\s*(```|~~~|<pre)/.test(line))
      throw new Error(`${where}: code that is not seen; begin the line with \`\`\``);
  }
  if (open !== undefined) throw new Error(`${open.where}: a fence that is never closed`);
  return blocks;
}

function blockOf({ where, info, lines }: { where: string; info: string; lines: string[] }): Block {
  const [language = '', ...rest] = info.split(' ');
  if (![...SHELL, ...CODE, ...NEITHER].includes(language))
    throw new Error(`${where}: nobody checks the language '${language}'`);
  const said = new Map(rest.map((word) => word.split('=') as [string, string | undefined]));
  for (const [word] of said)
    if (!WORDS.includes(word)) throw new Error(`${where}: '${word}' means nothing here`);
  return {
    where,
    language,
    scene: said.get('scene'),
    notRun: said.get('not-run'),
    needs: said.get('needs')?.split(',') ?? [],
    file: said.get('file'),
    partOf: said.get('part-of'),
    andThen: said.has('and-then'),
    lines,
  };
}

/** Blocks that are run one after the other in one shell: each that says `and-then` with those before. */
export function storiesOf(blocks: readonly Block[]): Block[][] {
  const stories: Block[][] = [];
  for (const block of blocks) {
    if (!isShell(block) && block.file === undefined) continue;
    const last = stories.at(-1);
    if (!block.andThen) stories.push([block]);
    else if (last === undefined) throw new Error(`${block.where}: and-then, but nothing is before`);
    else last.push(block);
  }
  return stories;
}

export interface Step {
  readonly command: string;
  readonly shows: readonly string[];
}

/** The commands of a console block with what each prints. */
export function stepsOf({ lines, where }: Block): Step[] {
  const steps: { command: string; shows: string[] }[] = [];
  for (const line of lines) {
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), shows: [] });
    else if (steps.length === 0) throw new Error(`${where}: output before any command`);
    else steps.at(-1)?.shows.push(line);
  }
  return steps;
}
