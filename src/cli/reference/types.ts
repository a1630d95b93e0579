// What the man pages, the completions and `help --json` know of a program.

export interface Option {
  /** Long name, without dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  readonly describe: string;
  /** The word that stands for its value; absent if it takes none. */
  readonly value?: string;
  readonly choices?: readonly string[];
  readonly default?: string;
  /** On by default: it is written `--no-NAME`. */
  readonly negated?: true;
  readonly repeatable?: true;
}

/** What a word of the command line is, for completion. */
export type Kind = 'lock' | 'directory' | 'lock-or-directory' | 'file' | 'choice' | 'text';

export interface Positional {
  readonly name: string;
  readonly describe: string;
  readonly kind: Kind;
  readonly choices?: readonly string[];
  readonly required: boolean;
  readonly many: boolean;
}

export interface Example {
  readonly line: string;
  readonly describe: string;
}

export interface CommandTable {
  readonly name: string;
  readonly describe: string;
  readonly positionals: readonly Positional[];
  readonly options: readonly Option[];
  readonly examples: readonly Example[];
  /** A command to execute follows after `--`. */
  readonly executes: boolean;
}

export interface Program {
  readonly name: string;
  readonly commands: readonly CommandTable[];
}
