// A shell on a terminal of its own (script(1) makes it), to type into.

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';

export class Terminal {
  readonly #child: ChildProcessWithoutNullStreams;
  #shown = '';
  #more: () => void = () => undefined;

  /** `command`: a line for sh. */
  constructor(command: string, options: { cwd: string; env: NodeJS.ProcessEnv }) {
    this.#child = spawn('script', ['-qfec', command, '/dev/null'], options);
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#shown += text;
      this.#more();
    });
    this.#child.on('exit', () => {
      this.#more();
    });
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  /** Waits until what is shown matches, gives the match, and forgets everything up to its end. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#shown);
      if (match !== null) {
        this.#shown = this.#shown.slice(match.index + match[0].length);
        return match;
      }
      if (this.#child.exitCode !== null)
        throw new Error(`the shell has ended; it showed ${JSON.stringify(this.#shown)}`);
      await new Promise<void>((resolve) => {
        this.#more = resolve;
      });
    }
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL'); // the shell gets SIGHUP from its terminal
    await ended;
  }
}
