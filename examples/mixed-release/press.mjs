// The device of the demonstration: its configuration, its daemon, and the command line that asks it.
// All of it lies in one directory that is gone in the end.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { peersDir } from '../../dist/env.js';

const HERE = fileURLToPath(new URL('services/', import.meta.url));
const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const BIN = join(REPOSITORY, 'dist/bin.cjs');
const PYTHON = join(peersDir(), 'python');

export class Press {
  #image;
  #dir = mkdtempSync(join(tmpdir(), 'mixed-release-'));
  #config = join(this.#dir, 'press.yaml');
  #daemon;
  #listeners = new Set();
  logs = join(this.#dir, 'logs');
  quiet = false;

  /** `image`: in containers of that one; else in child processes. */
  constructor(image) {
    this.#image = image;
    mkdirSync(this.logs);
  }

  // What a service needs is at the same place inside and outside, so that both drivers can run it.
  #service(command, release) {
    const mounts = [REPOSITORY, process.execPath, PYTHON].filter((path) => existsSync(path));
    const inContainer = this.#image !== undefined && {
      image: this.#image,
      volumes: [`${this.logs}:${this.logs}`, ...mounts.map((path) => `${path}:${path}:ro`)],
    };
    const environment = {
      RELEASE: release,
      LOG_DIR: this.logs,
      NPM_LOCKFILE: join(REPOSITORY, 'node_modules/lockfile'),
      PYTHONPATH: PYTHON,
    };
    return { ...inContainer, command, environment, 'stop-grace': '5s' };
  }

  /** Says what is to run; undefined: nothing. Renamed into place: nobody reads half a file. */
  configure(release) {
    const services = {
      pump: this.#service([join(HERE, 'pump.sh')], release),
      feed: this.#service(['python3', join(HERE, 'feed.py')], release),
      label: this.#service([process.execPath, join(HERE, 'label.cjs')], release),
    };
    const content = {
      name: 'press-7',
      root: this.#dir,
      state: join(this.#dir, 'state'),
      driver: this.#image === undefined ? 'process' : 'container',
      api: { listen: `unix:${join(this.#dir, 'api.sock')}` },
      apps: release === undefined ? {} : { 1: { name: 'press', release, services } },
    };
    writeFileSync(`${this.#config}.new`, JSON.stringify(content, null, 2)); // JSON is YAML
    renameSync(`${this.#config}.new`, this.#config);
  }

  /** `lockbridge supervise`: deaf to the terminal's Ctrl-C, as its services are to be stopped first. */
  start() {
    this.#daemon = this.#run('daemon', ['supervise'], (line) => {
      for (const listener of this.#listeners) listener(line);
    });
    this.#daemon.once('close', () => {
      for (const listener of this.#listeners) listener(undefined);
    });
  }

  /** `lockbridge update`, to its end. */
  async update(...args) {
    await once(this.#run('update', ['update', ...args]), 'close');
  }

  /** Until the daemon has said a line for each pattern, from now on. */
  async said(...patterns) {
    let open = patterns;
    await new Promise((resolve, reject) => {
      const listener = (line) => {
        open = open.filter((pattern) => line === undefined || !pattern.test(line));
        if (line !== undefined && open.length > 0) return;
        this.#listeners.delete(listener);
        if (line === undefined) reject(new Error('the daemon has ended'));
        else resolve();
      };
      this.#listeners.add(listener);
    });
  }

  /** Takes everything away, by force: it is over. */
  async remove() {
    if (this.#daemon?.exitCode === null) {
      const told = this.said(/nothing is to run/);
      this.configure(undefined);
      await told;
      await this.update('--force');
      this.#daemon.kill();
      await once(this.#daemon, 'close');
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #run(name, args, heard = () => undefined) {
    const child = spawn(process.execPath, [BIN, ...args, '--config', this.#config], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      createInterface(stream).on('line', (line) => {
        if (!this.quiet) console.log(`  ${name} | ${this.#short(line)}`);
        heard(line);
      });
    return child;
  }

  // The time without the day, paths from where everybody can tell what they are.
  #short(line) {
    return line
      .replace(/^\d{4}-\d\d-\d\dT([\d:.]+)Z/, '$1')
      .replaceAll(join(this.#dir, 'tmp/balena-supervisor/services/1/'), '')
      .replaceAll(`${this.#dir}/`, '')
      .replaceAll(HERE, '');
  }
}
