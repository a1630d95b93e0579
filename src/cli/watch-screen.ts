// Drawing in place on a terminal: the last picture is overwritten, and the cursor comes back however
// the process ends. No alternate screen: what was seen last stays to be read.

import type { WriteStream } from 'node:tty';
import picocolors from 'picocolors';
import { onExit } from 'signal-exit';
import type { LockEvent } from '../observe/types.js';
import type { Observation } from '../observe/observe.js';
import { render } from './watch-view.js';

const MOST_EVENTS = 100;
const SOON_MS = 50;
const AGES_MS = 1000;

export class Screen {
  readonly #out: WriteStream;
  readonly #source: () => Observation | undefined;
  readonly #events: LockEvent[] = [];
  readonly #ages: NodeJS.Timeout;
  readonly #restore: () => void;
  #soon: NodeJS.Timeout | undefined;
  #drawn = 0;

  constructor(out: WriteStream, source: () => Observation | undefined) {
    this.#out = out;
    this.#source = source;
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

  add(event: LockEvent): void {
    this.#events.push(event);
    if (this.#events.length > MOST_EVENTS) this.#events.shift();
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
    const lines = render({
      locks: this.#source()?.locks() ?? [],
      events: this.#events,
      width: this.#out.columns || 80,
      // One line less, so that the last newline never scrolls.
      height: (this.#out.rows || 24) - 1,
      color: picocolors.isColorSupported, // knows NO_COLOR
      now: Date.now(),
    });
    const back = this.#drawn === 0 ? '\r' : `\u001b[${String(this.#drawn)}A\r`;
    this.#out.write(`${back}\u001b[0J${lines.join('\n')}\n`);
    this.#drawn = lines.length;
  }
}
