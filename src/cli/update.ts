// lockbridge update: applies the target state now, and shows live who blocks it and since when.

import { EXIT, invalid, LockError } from '../errors.js';
import type { Client } from '../supervisor/client.js';
import type { AppStatus, Status, SupervisorEvent } from '../supervisor/types.js';
import { clientOf, endpointOptions } from './endpoint.js';
import { timeoutOf, waitOption } from './options.js';
import { printJson, warn } from './output.js';
import { Screen } from './screen.js';
import type { Command } from './types.js';
import { appLines, fleetWarning, outcomeOf } from './update-view.js';

export const updateCommand: Command = {
  command: 'update',
  describe: 'Apply the target state now, and show who blocks it and since when',
  builder: (y) =>
    waitOption(endpointOptions(y))
      .option('force', {
        alias: 'f',
        type: 'boolean',
        default: false,
        describe: 'Override the locks, for this one update',
      })
      .option('fleet', {
        type: 'boolean',
        default: true,
        describe: 'Wait for a slot of the fleet; --no-fleet does without, for this one update',
      })
      .option('follow', {
        type: 'boolean',
        default: true,
        describe: 'Wait until it is applied; --no-follow only asks for it',
      })
      .example('$0 update', 'ends when the release runs')
      .example(
        '$0 update --force',
        'an update that waits goes on at once; critical sections are cut',
      )
      .example('$0 update -w 60', 'exit code 1 if a lock is still in the way after a minute'),
  run,
};

async function run(args: Record<string, unknown>): Promise<number> {
  const client = clientOf(args);
  const { timeout } = timeoutOf(args);
  if (timeout !== undefined && timeout > 0x7fffffff)
    throw invalid('--wait', 'at most 24 days', args['wait']);
  const json = args['json'] === true;
  const follows = args['follow'] !== false;
  // The stream is opened first, so that nothing is missed between asking and looking.
  const follower = follows ? new Follower(client, timeout) : undefined;
  try {
    await follower?.opened;
    await client.ask('POST', '/v1/update', {
      force: args['force'] === true,
      ...(args['fleet'] === false && { noFleet: true }),
    });
    if (follower === undefined) {
      if (json) printJson(await client.ask<Status>('GET', '/status'));
      return EXIT.ok;
    }
    const output = json ? undefined : outputOf();
    let status: Status;
    try {
      status = await follower.until(
        (now) => now.apps.every(({ update }) => isOver(update.state)),
        (now) => output?.show(now.apps),
      );
    } finally {
      output?.close();
    }
    if (json) printJson(status);
    return report(status);
  } finally {
    follower?.close();
  }
}

function isOver(state: AppStatus['update']['state']): boolean {
  return state === 'idle' || state === 'failed' || state === 'gave-up';
}

function report({ apps, fleet }: Status): number {
  const kept = fleetWarning(fleet);
  if (kept !== undefined) warn(kept);
  if (apps.length === 0) warn('the target state has no apps: nothing is to run');
  const outcomes = apps.map(outcomeOf);
  for (const { text } of outcomes) if (text !== undefined) warn(text);
  if (outcomes.some(({ kind }) => kind === 'failed')) return EXIT.unavailable;
  return outcomes.some(({ kind }) => kind === 'locked') ? EXIT.conflict : EXIT.ok;
}

/** The status of the supervisor, asked for anew whenever an event says that it has changed. */
class Follower {
  readonly #client: Client;
  readonly #stop = new AbortController();
  readonly #timeout: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timedOut = false;
  readonly opened: ReturnType<Client['events']>;

  constructor(client: Client, timeout: number | undefined) {
    this.#client = client;
    this.opened = client.events('/events', this.#stop.signal);
    this.#timeout = timeout;
  }

  async until(done: (status: Status) => boolean, show: (status: Status) => void): Promise<Status> {
    const stream = await this.opened;
    let status = await this.#client.ask<Status>('GET', '/status');
    show(status);
    // Only now: however short the time, it is enough for one look.
    if (this.#timeout !== undefined)
      this.#timer = setTimeout(() => {
        this.#timedOut = true;
        this.#stop.abort();
      }, this.#timeout);
    while (!done(status)) {
      const next = await stream.next();
      if (next.done === true) {
        if (this.#timedOut) return status;
        throw new LockError('ERR_SUPERVISOR', 'the supervisor has ended the stream of events');
      }
      if ((next.value.event as SupervisorEvent['event']) !== 'update') continue;
      status = await this.#client.ask<Status>('GET', '/status');
      show(status);
    }
    return status;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#stop.abort();
  }
}

interface Output {
  show(apps: readonly AppStatus[]): void;
  close(): void;
}

// On a terminal a picture whose ages go on; else a line for whatever changes.
function outputOf(): Output {
  let apps: readonly AppStatus[] = [];
  if (process.stdout.isTTY) {
    const screen = new Screen(process.stdout, (width, height) =>
      apps.flatMap((app) => appLines(app, Date.now(), width)).slice(0, height),
    );
    return {
      show: (now) => {
        apps = now;
        screen.changed();
      },
      close: () => {
        screen.close();
      },
    };
  }
  const said = new Map<string, string>();
  return {
    show: (now) => {
      for (const app of now) {
        const text = appLines(app, undefined).join('\n');
        if (said.get(app.id) !== text) process.stdout.write(`${text}\n`);
        said.set(app.id, text);
      }
    },
    close: () => undefined,
  };
}
