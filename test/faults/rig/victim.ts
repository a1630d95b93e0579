// A process whose C library calls can be made to fail one by one; see shim.c and victim.mjs.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../../../src/env.js';
import { Child } from '../../helpers/child.js';
import { scratch } from '../../helpers/scratch.js';
import { preload } from './preload.js';

const PLAN_BYTES = 8 * 4 + 32768 * 16;

export interface Command {
  act: 'acquire' | 'replace' | 'release' | 'sweep' | 'inspect';
  path: string;
  at?: number;
  error?: number;
  noTmpfile?: boolean;
  /** Replace: only what was seen, by its id. */
  only?: boolean;
}

export interface Answer {
  said?: string;
  error?: { name: string; code: string; syscall?: string; path?: string; message: string };
  calls: string[];
  injected: boolean;
  /** Descriptors that are open in the directory of the path; -1 without one to count them with. */
  fds: number;
}

export type Language = 'node' | 'Python';

function here(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

const shim = preload('shim');

/** Why no fault can be injected here; undefined if it can. */
export const lacksShim = 'missing' in shim ? shim.missing : undefined;

export class Victim {
  readonly #child: Child;

  readonly language: Language;

  /** In Node or in Python: each has the protocol of its own. */
  constructor(language: Language = 'node') {
    this.language = language;
    if ('missing' in shim) throw new Error(shim.missing);
    const plan = join(scratch(), 'plan');
    writeFileSync(plan, new Uint8Array(PLAN_BYTES));
    const env = childEnvironment({
      LD_PRELOAD: shim.library,
      FAULT_PLAN: plan,
      PYTHONPATH: here('../../../python-compat/src'),
      PYTHONDONTWRITEBYTECODE: '1',
    });
    const [command, program] =
      language === 'node'
        ? [process.execPath, here('victim.mjs')]
        : ['/usr/bin/python3', here('victim.py')];
    this.#child = new Child(command, [program], { env });
  }

  get pid(): number | undefined {
    return this.#child.process.pid;
  }

  /** What it answers; undefined if it died. */
  async does(command: Command): Promise<Answer | undefined> {
    this.#child.say(JSON.stringify(command));
    const line = await this.#child.line();
    if (line.startsWith('{')) return JSON.parse(line) as Answer;
    const { signal } = await this.#child.ended;
    if (signal !== 'SIGKILL') throw new Error(`the victim ended: ${String(signal)} ${line}`);
    return undefined;
  }

  finish(): Promise<unknown> {
    return this.#child.finish();
  }
}
