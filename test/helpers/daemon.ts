// `lockbridge supervise` as a process, with everything that it keeps in one fresh directory. It is
// killed when the test has finished, and with it every service that it started.

import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Client } from '../../dist/supervisor/client.js';
import type { JournalEntry, JournalKind, Status } from '../../src/supervisor/types.js';
import { Child } from './child.js';
import { BIN } from './cli.js';
import { scratch, until } from './scratch.js';

/** A service as the configuration file has it. */
export type ServiceConfig = Record<string, unknown>;

/** A directory with the configuration, state and lock root of one daemon. */
export class Place {
  readonly dir: string;
  readonly file: string;
  #settings: Record<string, unknown> = {};

  constructor(dir: string = scratch()) {
    this.dir = dir;
    this.file = join(dir, 'config.yaml');
    onTestFinished(() => {
      killServices(join(dir, 'state/processes'));
    });
  }

  /** Writes the configuration, as an editor does: renamed into place. JSON is YAML. */
  configure(apps: Record<string, unknown>, settings: Record<string, unknown> = {}): void {
    this.#settings = { ...this.#settings, ...settings };
    const content = {
      name: 'test',
      root: this.dir,
      state: join(this.dir, 'state'),
      api: { listen: `unix:${join(this.dir, 'api.sock')}` },
      ...this.#settings,
      apps,
    };
    mkdirSync(this.dir, { recursive: true });
    writeFileSync(`${this.file}.new`, JSON.stringify(content));
    renameSync(`${this.file}.new`, this.file);
  }

  lockDir(app: string, service: string): string {
    return join(this.dir, 'tmp/balena-supervisor/services', app, service);
  }

  lock(app: string, service: string): string {
    return join(this.lockDir(app, service), 'updates.lock');
  }

  /** With the device's key on the socket, unless told otherwise. */
  client(more: { key?: string; address?: string } = {}): Client {
    const { key = readFileSync(join(this.dir, 'state/api.key'), 'utf8').trim() } = more;
    return new Client({ address: more.address ?? `unix:${join(this.dir, 'api.sock')}`, key });
  }
}

/** A daemon that runs; its journal is read as it is written. */
export class TestDaemon {
  readonly child: Child;
  readonly place: Place;
  readonly entries: JournalEntry[] = [];

  constructor(place: Place, child: Child) {
    this.place = place;
    this.child = child;
    void this.#read();
  }

  async #read(): Promise<void> {
    for (;;) {
      const line = await this.child.line();
      if (!line.startsWith('{')) return;
      this.entries.push(JSON.parse(line) as JournalEntry);
    }
  }

  /** The first entry of this kind (after `from` entries) that matches. */
  async entry(kind: JournalKind, text: RegExp | string = '', from = 0): Promise<JournalEntry> {
    const find = (): JournalEntry | undefined =>
      this.entries
        .slice(from)
        .find(
          (one) => one.kind === kind && new RegExp(text).test(`${one.service ?? ''} ${one.text}`),
        );
    try {
      await until(() => find() !== undefined);
    } catch {
      const said = this.entries.map((one) => JSON.stringify(one)).join('\n');
      throw new Error(`no ${kind} ${String(text)} in:\n${said}\n${this.child.stderr.join('')}`);
    }
    return find() as JournalEntry;
  }

  async status(): Promise<Status> {
    return this.place.client().ask<Status>('GET', '/status');
  }

  /** SIGTERM, and the end of it: the services go on running. */
  async end(): Promise<void> {
    await this.#signal('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.#signal('SIGKILL');
  }

  // Its output stays open: the services have it too.
  async #signal(signal: NodeJS.Signals): Promise<void> {
    const ended = once(this.child.process, 'exit');
    this.child.process.kill(signal);
    await ended;
  }
}

/** Starts a daemon on `place`; resolves when it has begun. */
export async function daemon(place: Place): Promise<TestDaemon> {
  const args = [BIN, 'supervise', '--json', '--config', place.file];
  const running = new TestDaemon(place, new Child(process.execPath, args));
  await running.entry('started');
  return running;
}

// The records that the process driver keeps name every service's pid, which leads its own group.
function killServices(records: string): void {
  let names: string[];
  try {
    names = readdirSync(records);
  } catch {
    return;
  }
  for (const name of names) {
    try {
      const { pid } = JSON.parse(readFileSync(join(records, name), 'utf8')) as { pid: number };
      if (pid > 1) process.kill(-pid, 'SIGKILL');
    } catch {
      // it has ended
    }
  }
}
