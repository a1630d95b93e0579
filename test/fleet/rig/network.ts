// Three machines of a network of their own, as network namespaces: each has one interface for clients
// and one for the other members of its cluster, and either can be cut. The test reaches the clients'
// interfaces by one more link. All of it is gone when the test has finished.

import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { Spot } from './etcd.js';

const MACHINES = 3;
type Link = 'clients' | 'peers';

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: 'pipe', timeout: 10_000 });
}

/** Why there can be no network of our own here; undefined if there can. */
export function lacksNetwork(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const name = `lb-try-${String(process.pid)}`;
  try {
    ip('netns', 'add', name);
    ip('netns', 'del', name);
    return undefined;
  } catch (error) {
    return `no network namespaces here: ${String((error as { stderr?: unknown }).stderr ?? error)}`;
  }
}

export class Network {
  readonly #id = randomInt(1, 60_000).toString(36);
  readonly #net = randomInt(1, 250);
  readonly #hub = `lb${this.#id}-hub`;

  constructor() {
    onTestFinished(() => {
      this.#remove();
    });
    ip('netns', 'add', this.#hub);
    for (const link of ['clients', 'peers']) {
      this.#inHub('link', 'add', link, 'type', 'bridge');
      this.#inHub('link', 'set', link, 'up');
    }
    for (let at = 0; at < MACHINES; at++) this.#addMachine(at);
    // The test's own link, which goes with the other end of it.
    const here = `lb${this.#id}`;
    ip('link', 'add', here, 'type', 'veth', 'peer', 'name', 'test', 'netns', this.#hub);
    this.#inHub('link', 'set', 'test', 'master', 'clients', 'up');
    ip('addr', 'add', `10.213.${String(this.#net)}.254/24`, 'dev', here);
    ip('link', 'set', here, 'up');
  }

  /** Where the members of a cluster are. */
  get spots(): Spot[] {
    return Array.from({ length: MACHINES }, (_, at) => ({
      client: `http://${this.#address('clients', at)}:2379`,
      peer: `http://${this.#address('peers', at)}:2380`,
      before: ['ip', 'netns', 'exec', this.#machine(at)],
    }));
  }

  /** Nothing goes through that link of the machine until it is mended. */
  cut(at: number, link: Link): void {
    this.#inHub('link', 'set', `${link}${String(at)}`, 'down');
  }

  mend(at: number, link: Link): void {
    this.#inHub('link', 'set', `${link}${String(at)}`, 'up');
  }

  #addMachine(at: number): void {
    const machine = this.#machine(at);
    ip('netns', 'add', machine);
    ip('-n', machine, 'link', 'set', 'lo', 'up');
    for (const link of ['clients', 'peers'] as const) {
      const end = `${link}${String(at)}`;
      this.#inHub('link', 'add', end, 'type', 'veth', 'peer', 'name', link, 'netns', machine);
      this.#inHub('link', 'set', end, 'master', link, 'up');
      ip('-n', machine, 'addr', 'add', `${this.#address(link, at)}/24`, 'dev', link);
      ip('-n', machine, 'link', 'set', link, 'up');
    }
  }

  #machine(at: number): string {
    return `lb${this.#id}-m${String(at)}`;
  }

  #address(link: Link, at: number): string {
    return `10.${link === 'clients' ? '213' : '214'}.${String(this.#net)}.${String(at + 1)}`;
  }

  #inHub(...args: string[]): void {
    ip('-n', this.#hub, ...args);
  }

  #remove(): void {
    for (const name of [
      this.#hub,
      ...Array.from({ length: MACHINES }, (_, at) => this.#machine(at)),
    ])
      try {
        ip('netns', 'del', name);
      } catch {
        // It was never made.
      }
    try {
      ip('link', 'del', `lb${this.#id}`);
    } catch {
      // Gone with its other end.
    }
  }
}
