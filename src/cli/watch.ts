// lockbridge watch [PATH…]: who took, waited for, released, lost and broke locks, as it happens.

import picocolors from 'picocolors';
import { EXIT, invalid } from '../errors.js';
import { observe, type Observation } from '../observe/observe.js';
import type { LockEvent } from '../observe/types.js';
import { commonOptions, emptyOf } from './options.js';
import { placesOf } from './places.js';
import { TraceFile } from './trace-file.js';
import type { Command } from './types.js';
import { Screen } from './screen.js';
import { eventLine, render } from './watch-view.js';

const MOST_EVENTS = 100;

export const watchCommand: Command = {
  command: 'watch [dir..]',
  describe: 'Follow locks live: who took, waited, let go, lost, broke; clears proven residue',
  builder: (y) =>
    commonOptions(y)
      .positional('dir', {
        type: 'string',
        describe: 'Lock files, there or not, and directories of them; else the usual places',
      })
      .option('trace', {
        type: 'string',
        requiresArg: true,
        describe: 'Write a picture for ui.perfetto.dev or chrome://tracing to this FILE',
      })
      .option('clear', {
        type: 'boolean',
        default: true,
        describe: 'Remove proven residue; --no-clear leaves it',
      })
      .option('for', {
        type: 'string',
        requiresArg: true,
        describe: 'End after so many SECONDS (fractions allowed)',
      })
      .example('$0 watch', 'the update locks of this device')
      .example('$0 watch --json /data | jq -c "[.at, .kind, .path]"', 'a line for each event')
      .example('$0 watch --trace trace.json --for 60 /tmp/balena', 'contention as a picture'),
  run,
};

function milliseconds(text: unknown): number | undefined {
  if (text === undefined) return undefined;
  const seconds = typeof text === 'string' && text.trim() !== '' ? Number(text) : NaN;
  if (!(seconds >= 0 && seconds <= 2e6)) throw invalid('--for', 'seconds, 0 or more', text);
  return seconds * 1000;
}

interface Output {
  add(event: LockEvent): void;
  close(): void;
}

function lines(format: (event: LockEvent) => string): Output {
  return {
    add: (event) => void process.stdout.write(`${format(event)}\n`),
    close: () => undefined,
  };
}

function outputOf(json: boolean, source: () => Observation | undefined): Output {
  if (json) return lines(JSON.stringify);
  return process.stdout.isTTY ? drawn(source) : lines(eventLine);
}

function drawn(source: () => Observation | undefined): Output {
  const events: LockEvent[] = [];
  const screen = new Screen(process.stdout, (width, height) =>
    render({
      locks: source()?.locks() ?? [],
      events,
      width,
      height,
      color: picocolors.isColorSupported, // knows NO_COLOR
      now: Date.now(),
    }),
  );
  return {
    add: (event) => {
      events.push(event);
      if (events.length > MOST_EVENTS) events.shift();
      screen.changed();
    },
    close: () => {
      screen.close();
    },
  };
}

async function run(args: Record<string, unknown>): Promise<number> {
  const { dirs } = placesOf(args);
  const time = milliseconds(args['for']);
  const trace = typeof args['trace'] === 'string' ? new TraceFile(args['trace']) : undefined;
  let observation: Observation | undefined;
  const ending = new Ending(time);
  const early: LockEvent[] = [];
  let output: Output | undefined;
  const show = (event: LockEvent): void => {
    try {
      trace?.add(event);
      if (output === undefined) early.push(event);
      else output.add(event);
    } catch (error) {
      ending.fail(error);
    }
  };
  try {
    observation = observe(dirs, {
      ...emptyOf(args),
      clear: args['clear'] !== false,
      onEvent: show,
    });
    // Only now, so that a path that cannot be watched is a line of its own on a terminal.
    output = outputOf(args['json'] === true, () => observation);
    for (const event of early) output.add(event);
    await ending.reached;
    return EXIT.ok;
  } finally {
    output?.close();
    observation?.close();
    ending.close();
    trace?.close();
  }
}

/** When to stop: a signal, the time, a reader that has gone, or a failure. */
class Ending {
  readonly reached: Promise<void>;
  fail: (error: unknown) => void = () => undefined;
  #stop: () => void = () => undefined;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(time: number | undefined) {
    this.reached = new Promise((resolve, reject) => {
      this.#stop = resolve;
      this.fail = reject;
    });
    this.reached.catch(() => undefined); // it is awaited later
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, this.#stop);
    process.stdout.on('error', this.#broken);
    if (time !== undefined) this.#timer = setTimeout(this.#stop, time);
  }

  readonly #broken = (error: NodeJS.ErrnoException): void => {
    if (error.code === 'EPIPE') this.#stop();
    else this.fail(error);
  };

  close(): void {
    clearTimeout(this.#timer);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, this.#stop);
  }
}
