// The table of exit codes, as the help shows it and as `help exit-codes` prints it.

import { EXIT, EXIT_MEANINGS, LOCK_ERROR_CODES, type LockErrorCode } from '../errors.js';

export interface ExitCode {
  readonly code: number;
  readonly meaning: string;
  /** The codes of LockError that end in it. */
  readonly errors: readonly { readonly code: LockErrorCode; readonly meaning: string }[];
}

/** What is no row of the table: the exit codes of commands are theirs. */
export const OF_RUN: string =
  'run ends with the exit code of its command, or 128 + the signal that killed it';

/** Every exit code, the smallest first. */
export function exitCodes(): ExitCode[] {
  const errors = Object.entries(LOCK_ERROR_CODES) as [
    LockErrorCode,
    { exit: number; meaning: string },
  ][];
  return (Object.keys(EXIT) as (keyof typeof EXIT)[]).map((name) => ({
    code: EXIT[name],
    meaning: EXIT_MEANINGS[name],
    errors: errors
      .filter(([, { exit }]) => exit === EXIT[name])
      .map(([code, { meaning }]) => ({ code, meaning })),
  }));
}

/** The table for the end of the help. */
export function exitCodesText(): string {
  const rows = exitCodes().map(({ code, meaning }) => row(code, meaning));
  return ['Exit codes:', ...rows, ` ${OF_RUN}`].join('\n');
}

/** The table with the errors of the library and of `--json` that end in each code. */
export function exitCodesInFull(): string {
  const widest = Math.max(...Object.keys(LOCK_ERROR_CODES).map((name) => name.length));
  const rows = exitCodes().flatMap(({ code, meaning, errors }) => [
    row(code, meaning),
    ...errors.map((error) => `        ${error.code.padEnd(widest)}  ${error.meaning}`),
  ]);
  return [...rows, '', OF_RUN].join('\n');
}

const WIDTH = 95;

function row(code: number, meaning: string): string {
  const indent = 6;
  const lines = [''];
  for (const word of meaning.split(' ')) {
    const last = lines.length - 1;
    const line = lines[last] ?? '';
    if (line === '') lines[last] = word;
    else if (line.length + 1 + word.length <= WIDTH - indent) lines[last] = `${line} ${word}`;
    else lines.push(word);
  }
  return `  ${String(code).padStart(2)}  ${lines.join(`\n${' '.repeat(indent)}`)}`;
}
