// A peer that is a library: one interpreter process runs a script that speaks a line protocol
// (`hold PATH`, `release PATH`, `take PATH`, `prepare DIR`), so it holds many paths at once and its
// start-up is paid once. Answers come in the order of the requests.

import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { BOUND_MS, ended, killGroup, start } from './children.js';
import type { Outcome, Session } from './types.js';

export interface Program {
  /** The peer, for messages. */
  readonly id: string;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The script itself, for an interpreter that reads it from its input. */
  readonly prelude?: string;
  /** Whether the script knows `prepare`. */
  readonly prepares?: boolean;
}

const KINDS: readonly string[] = ['acquired', 'refused', 'undecidable', 'error'];

/** What an answer line means; anything that is no answer is an error. */
export function parseAnswer(line: string): Outcome {
  const [kind = '', ...words] = line.split(' ');
  if (!KINDS.includes(kind)) return { kind: 'error', detail: line };
  const detail = words.join(' ');
  return { kind: kind as Outcome['kind'], ...(detail !== '' && { detail }) };
}

class Conversation {
  readonly #id: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #asked: ((line: string) => void)[] = [];
  #stderr = '';
  #over: string | undefined;

  constructor(program: Program) {
    this.#id = program.id;
    this.#child = start(program.argv, program.env);
    if (program.prelude !== undefined) this.#child.stdin.write(program.prelude);
    this.#child.stderr.on('data', (data: Buffer) => {
      this.#stderr = (this.#stderr + data.toString()).slice(-400);
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) =>
      this.#asked.shift()?.(line),
    );
    this.#child.once('error', (error) => {
      this.#end(error.message);
    });
    this.#child.once('close', () => {
      this.#end(`its program ended${this.#stderr === '' ? '' : `: ${this.#stderr.trim()}`}`);
    });
  }

  #end(why: string): void {
    this.#over ??= `error ${this.#id}: ${why.replaceAll('\n', ' ')}`;
    for (const answer of this.#asked.splice(0)) answer(this.#over);
  }

  /** The answer to a request, or the greeting if there is none. Never rejects. */
  async ask(request?: string): Promise<string> {
    if (this.#over !== undefined) return this.#over;
    return new Promise((resolve) => {
      // Nothing that comes after a lost answer could be told apart, so that ends the conversation.
      const timer = setTimeout(() => {
        this.#end(`no answer in ${String(BOUND_MS / 1000)} s`);
        killGroup(this.#child);
      }, BOUND_MS);
      this.#asked.push((line) => {
        clearTimeout(timer);
        resolve(line);
      });
      if (request !== undefined) this.#child.stdin.write(`${request}\n`);
    });
  }

  async end(crash: boolean): Promise<void> {
    if (crash) killGroup(this.#child);
    this.#child.stdin.end();
    await ended(this.#child);
  }
}

/** Starts the program and waits for its greeting. */
export async function openProgram(program: Program): Promise<Session> {
  const talk = new Conversation(program);
  const greeting = await talk.ask();
  if (greeting !== 'ready') {
    await talk.end(true);
    throw new Error(`${program.id} does not start: ${greeting}`);
  }
  const expect = async (request: string, wanted: string): Promise<void> => {
    const answer = await talk.ask(request);
    if (answer !== wanted) throw new Error(`${program.id}: ${answer}`);
  };
  return {
    ...(program.prepares === true && {
      prepare: (dir: string) => expect(`prepare ${dir}`, 'ready'),
    }),
    hold: async (path) => parseAnswer(await talk.ask(`hold ${path}`)),
    take: async (path) => parseAnswer(await talk.ask(`take ${path}`)),
    release: (path) => expect(`release ${path}`, 'released'),
    kill: () => talk.end(true),
    close: () => talk.end(false),
  };
}
