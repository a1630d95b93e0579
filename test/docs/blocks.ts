// The fenced blocks of a Markdown document, and what their info strings say of them:
//
//     ```console                  lines that begin with `$ ` are run, the others are what they print
//     ```console scene=press      … after scenes/press.sh
//     ```sh                       a script, which has to succeed
//     ```sh not-run=containers    neither: the word says what is needed and is not here

export interface Block {
  /** `docs/cli.md:17` */
  readonly where: string;
  readonly language: string;
  readonly scene: string | undefined;
  readonly notRun: string | undefined;
  readonly lines: readonly string[];
}

const SHELL = ['console', 'sh', 'shell', 'bash'];

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
    else if (/^ {4,}\S/.test(line)) throw new Error(`${where}: an indented block; fence it`);
  }
  return blocks;
}

function blockOf({ where, info, lines }: { where: string; info: string; lines: string[] }): Block {
  const [language = '', ...rest] = info.split(' ');
  const said = new Map(rest.map((word) => word.split('=') as [string, string]));
  return { where, language, scene: said.get('scene'), notRun: said.get('not-run'), lines };
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
