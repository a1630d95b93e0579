// Drawing in place on a terminal: the last picture is overwritten, and the cursor comes back however
// the process ends. No alternate screen: what was seen last stays to be read.

import type { WriteStream } from 'node:tty';
import { onExit } from 'signal-exit';

const SOON_MS = 50;
const AGES_MS = 1000;

/** The lines of a picture: at most `height`, each at most `width` wide. */
export type Picture = (width: number, height: number) => readonly string[];

export class Screen {
  readonly #out: WriteStream;
  readonly #picture: Picture;
  readonly #ages: NodeJS.Timeout;
  readonly #restore: () => void;
  #soon: NodeJS.Timeout | undefined;
  #drawn = 0;

  constructor(out: WriteStream, picture: Picture) {
    this.#out = out;
    this.#picture = picture;
    const cursor = onExit(() => {
      out.write('\u001b[?25h');
    });
    out.write('\u001b[?25l');
    out.on('resize', this.#resized);
    this.#ages = setInterval(() => {
      this.#draw();
    }, AGES_MS);
    this.#restore = () => {
      out.off('resize', this.#resized);
      out.write('\u001b[?25h');
      cursor();
    };
  }

  /** There is something new to show. */
  changed(): void {
    this.#soon ??= setTimeout(() => {
      this.#draw();
    }, SOON_MS);
  }

  close(): void {
    clearInterval(this.#ages);
    this.#draw();
    this.#restore();
  }

  // Lines that were too long for the new width have wrapped: begin anew.
  readonly #resized = (): void => {
    this.#out.write('\u001b[2J\u001b[H');
    this.#drawn = 0;
    this.#draw();
  };

  #draw(): void {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    // One line less, so that the last newline never scrolls.
    const lines = this.#picture(this.#out.columns || 80, (this.#out.rows || 24) - 1);
    const back = this.#drawn === 0 ? '\r' : `\u001b[${String(this.#drawn)}A\r`;
    this.#out.write(`${back}\u001b[0J${lines.join('\n')}\n`);
    this.#drawn = lines.length;
  }
}
