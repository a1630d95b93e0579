// One contender's place in the field: its process is started again whenever it ends, until the field
// closes. An end that nobody here caused is a fault.

import { spawn } from 'node:child_process';
import { ENV } from './peers.mjs';
import { killTree, signal } from './processes.mjs';

export class Slot {
  id;
  #field;
  #contender;
  #child;
  #ended = Promise.resolve();
  #killed = false;
  #open = false;
  #starts = 0;

  constructor(field, contender, number) {
    this.#field = field;
    this.#contender = contender;
    this.id = `${contender.name}.${number}`;
  }

  get pid() {
    return this.#child?.pid;
  }

  get family() {
    return this.#contender.family;
  }

  /** Whether what is done inside is a command of its own. */
  get once() {
    return this.#contender.once === true;
  }

  start() {
    this.#open = true;
    this.#killed = false;
    const { root, dir, empty, seed } = this.#field;
    const mine = { root, dir, empty, id: this.id, seed: String(seed + 1000 * this.#starts++) };
    const [file, ...args] = this.#contender.argv(mine);
    const child = spawn(file, args, {
      env: { ...process.env, ...ENV, LC_ALL: 'C', NODE_EXTRA_CA_CERTS: undefined },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    let stderr = '';
    child.stderr.on('data', (data) => (stderr = (stderr + data).slice(-300)));
    child.once('error', ({ message }) =>
      this.#field.fault(`${this.id} does not start: ${message}`),
    );
    this.#ended = new Promise((resolve) => child.once('exit', resolve));
    if (this.#contender.once) this.#field.say('want', this.id, child.pid);
    child.once('exit', (code, how) => {
      this.#child = undefined;
      if (!this.#killed && !(this.#contender.once && code === 0))
        this.#field.fault(`${this.id} ended by itself (${how ?? code}): ${stderr.trim()}`);
      else if (this.#open) this.start();
    });
  }

  /** SIGSTOP for so long, unless it is killed first. */
  stop(ms) {
    const child = this.#child;
    if (child === undefined || this.#killed) return;
    this.#field.say('stop', this.id, child.pid);
    child.kill('SIGSTOP');
    setTimeout(() => {
      if (!this.#killed) child.kill('SIGCONT');
    }, ms);
  }

  /** SIGKILL; for an existence locker with all that it started, and then it is not started again. */
  async kill() {
    const { pid } = this;
    if (pid === undefined) return;
    this.#killed = true;
    this.#field.say('kill', this.id, pid);
    if (this.family !== 'existence') {
      signal(pid, 'SIGKILL');
      return;
    }
    this.#open = false;
    await killTree(pid);
    await this.#ended;
  }

  /** SIGKILL for the command that it runs while it holds. */
  killSection(pid) {
    this.#killed = true; // it then ends as its command did
    this.#field.say('kill', this.id, pid);
    signal(pid, 'SIGKILL');
  }

  async close() {
    this.#open = false;
    await this.kill();
    await this.#ended;
  }
}
