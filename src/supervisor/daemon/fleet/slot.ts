// The device's slot of its fleet (FleetLock): one for all of its apps, because it is the device that must
// not be missing. Apps say what they need; one loop sends one request at a time, so that taking and
// giving back never overtake each other.
//
// An app wants the slot (it waits for it), then uses it (it takes its locks), then is on record as changed
// under it, until it is healthy. While any app is one of these the slot is wanted; else it is given back,
// and the server is asked until it says that it has it.
//
// Order, in which each step is on record before the next: intent, request, grant, change, healthy, return.
// A daemon that dies anywhere leaves a record, and the next one goes on from it.

import { setTimeout as delay } from 'node:timers/promises';
import type { FleetAnswer, FleetQuestion } from '../../../fleet/client.js';
import { Pace } from '../../../fleet/client-pace.js';
import { LockError } from '../../../errors.js';
import type { Journal } from '../../journal/journal.js';
import type { StateStore } from '../../state.js';
import type { State } from '../../state-file.js';
import type { FleetConfig } from '../../target/fleet.js';
import type { FleetStatus } from '../../types.js';
import { Ledger } from './ledger.js';
import { Requests } from './requests.js';
import { Telling } from './telling.js';

// A pass that begins anew (a service has ended, say) comes back within this; so much later it is over.
const GRACE_MS = 1000;

/** What an app that wants the slot has to say. */
export interface Want {
  /** Whether it could use it now: its locks are free, its window is open. Asked before each request. */
  ready: () => boolean;
  /** Why it still waits. `news`: whether the server has just said something new; undefined: nothing. */
  waits: (text: string, news?: boolean) => void;
  /** It wants it no more. */
  stop: AbortSignal;
}

type Outcome = 'granted' | 'busy' | undefined;

export class FleetSlot {
  /** How long a slot is held for locks that were taken meanwhile, in milliseconds. */
  readonly lockPatience: number;
  readonly healthyAfter: number;
  readonly #config: FleetConfig;
  readonly #ledger: Ledger;
  readonly #pace: Pace;
  readonly #telling: Telling;
  readonly #wanting = new Map<string, Want & { end: (how: Outcome) => void }>();
  readonly #using = new Set<string>();
  readonly #requests: Requests;
  /** Granted to this daemon, and not given back. */
  #held = false;
  // By performance.now().
  #askDue = 0;
  #giveDue = 0;
  #wake = new AbortController();
  #working: Promise<void> | undefined;

  constructor(
    config: FleetConfig,
    device: string,
    state: StateStore,
    journal: Journal,
    changed: (status: FleetStatus) => void,
  ) {
    this.#config = config;
    this.lockPatience = config.lockPatience;
    this.healthyAfter = config.healthyAfter;
    this.#ledger = new Ledger(state, config, device);
    this.#pace = new Pace(this.#ledger.place.id, config.retry);
    this.#telling = new Telling(this.#ledger, journal, changed);
    this.#requests = new Requests(config, this.#ledger, this.#telling);
  }

  get status(): Omit<FleetStatus, 'owed'> {
    return this.#telling.status;
  }

  /** What a daemon that died has left is settled; `known`: the apps that there are. */
  begin(known: (app: string) => boolean): void {
    const { slot } = this.#ledger;
    if (slot !== undefined) {
      this.#ledger.keep(known);
      this.#telling.found();
      if (slot.granted === undefined) this.#requests.unsure();
      if (!this.#ledger.inUse) this.#ledger.revoked(); // it may have been given back in the last moment
    }
    this.#changed();
  }

  /**
   * Waits for the slot. `busy`: the app itself is not ready any more, so it must not be asked for;
   * undefined: `stop` fired. Once granted (or where the policy is to proceed without), `leave` follows.
   */
  async acquire(app: string, want: Want): Promise<Outcome> {
    if (want.stop.aborted) return undefined;
    if (this.#held) {
      this.#using.add(app);
      this.#changed();
      return 'granted';
    }
    // So that a herd spreads that has just learned of a release.
    const now = performance.now();
    if (this.#ledger.slot === undefined)
      this.#askDue = Math.max(this.#askDue, now + this.#pace.first());
    return new Promise((resolve) => {
      const end = (how: Outcome): void => {
        want.stop.removeEventListener('abort', stopped);
        this.#wanting.delete(app);
        if (how === 'granted') this.#using.add(app);
        this.#giveDue = Math.max(this.#giveDue, performance.now() + GRACE_MS);
        resolve(how);
        this.#changed();
      };
      const stopped = (): void => {
        end(undefined);
      };
      want.stop.addEventListener('abort', stopped);
      this.#wanting.set(app, { ...want, end });
      want.waits(this.#telling.text ?? 'a slot is asked for');
      this.#changed();
    });
  }

  /** The app has done what it wanted the slot for, or cannot. */
  leave(app: string): void {
    if (this.#using.delete(app)) this.#changed();
  }

  /** Puts into a draft of the state that the app is changed from now on, if it is under the slot. */
  mark(draft: State, app: string): void {
    if (this.#using.has(app)) this.#ledger.mark(draft, app);
  }

  /** Whether the app was changed under the slot and has not been healthy since. */
  isChanged(app: string): boolean {
    return this.#ledger.has(app);
  }

  /** Why what was changed is not healthy; undefined: nothing is wrong, it only has to run a while. */
  ailing(app: string, text: string | undefined): void {
    if (this.#telling.ailing(app, text)) this.#changed();
  }

  /** What was changed is healthy; LockError if that cannot be put on record. */
  healthy(app: string, text: string): void {
    this.#ledger.unmark(app);
    this.#telling.healthy(app, text);
    this.#changed();
  }

  /** Asks no more. A slot that nothing needs is given back, if that takes no time; else at the start. */
  async close(): Promise<void> {
    this.#requests.close();
    this.#wake.abort();
    await this.#working;
    if (this.#ledger.slot === undefined || this.#ledger.inUse) return;
    if (await this.#requests.lastWord())
      this.#record(() => {
        this.#returned();
      });
  }

  #changed(): void {
    this.#telling.now([...this.#wanting.keys()], [...this.#using], this.#nextAt());
    this.#wake.abort();
    if (this.#requests.closed || this.#job() === undefined) return;
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
      if (this.#job() !== undefined) this.#changed();
    });
  }

  #job(): { question: FleetQuestion; due: number } | undefined {
    if (this.#requests.closed) return undefined;
    if (this.#wanting.size > 0) return { question: 'pre-reboot', due: this.#askDue };
    const needed = this.#using.size > 0 || this.#ledger.inUse;
    if (this.#ledger.slot === undefined || needed) return undefined;
    return { question: 'steady-state', due: this.#giveDue };
  }

  // For people: by the wall clock.
  #nextAt(): string | undefined {
    const job = this.#job();
    if (job === undefined) return undefined;
    return new Date(Date.now() + Math.max(0, job.due - performance.now())).toISOString();
  }

  async #work(): Promise<void> {
    for (let job = this.#job(); job !== undefined; job = this.#job()) {
      this.#wake = new AbortController();
      const left = job.due - performance.now();
      if (left > 0) {
        const { signal } = this.#wake;
        await delay(left, undefined, { signal }).catch(() => undefined);
      } else if (job.question === 'pre-reboot') await this.#take();
      else await this.#give();
    }
  }

  async #take(): Promise<void> {
    for (const want of [...this.#wanting.values()]) if (!want.ready()) want.end('busy');
    if (this.#wanting.size === 0) return;
    const answer = await this.#requests.ask('pre-reboot');
    const now = performance.now();
    if (this.#requests.closed) return;
    if (answer.kind === 'ok') {
      this.#held = true;
      this.#record(() => {
        this.#ledger.granted();
      });
    } else if (answer.kind === 'refused') {
      this.#record(() => {
        this.#ledger.revoked();
      });
    }
    if (this.#goesOn(answer)) for (const want of [...this.#wanting.values()]) want.end('granted');
    else this.#waits(answer, now);
    this.#changed();
  }

  // A slot that was granted before a crash is ours until somebody says otherwise.
  #goesOn({ kind, text }: FleetAnswer): boolean {
    if (kind === 'ok') this.#telling.granted();
    else if (kind === 'refused') return false;
    else if (this.#ledger.slot?.granted !== undefined) this.#telling.unconfirmed(text);
    else if (this.#config.unreachable === 'proceed') this.#telling.proceeds(text);
    else return false;
    this.#pace.reset();
    return true;
  }

  #waits(answer: FleetAnswer, now: number): void {
    const { kind, text } = answer;
    if (kind === 'ok') return;
    this.#askDue = now + this.#pace.after({ ...answer, kind });
    const news = this.#telling.refused(kind, text);
    for (const { waits } of this.#wanting.values()) waits(this.#telling.text ?? text, news);
  }

  async #give(): Promise<void> {
    this.#held = false;
    // Whoever wants it from now on asks anew: if the answer is lost, nobody knows whether it is still ours.
    const revoked = this.#record(() => {
      this.#ledger.revoked();
    });
    if (!revoked) {
      this.#giveDue = performance.now() + this.#config.retry;
      return;
    }
    const answer = await this.#requests.ask('steady-state');
    const now = performance.now();
    if (this.#requests.closed) return;
    if (answer.kind !== 'ok') {
      this.#giveDue = now + this.#pace.after({ ...answer, kind: answer.kind });
      this.#telling.notReturned(answer.kind, answer.text);
    } else if (now < this.#requests.unsureUntil)
      this.#giveDue = this.#requests.unsureUntil; // a request that nobody answered may arrive after this one
    else if (
      !this.#record(() => {
        this.#returned();
      })
    )
      this.#giveDue = now + this.#config.retry;
    this.#changed();
  }

  #returned(): void {
    this.#ledger.returned();
    this.#telling.returned();
    this.#pace.reset();
    // Others had to wait for it: they come first.
    this.#askDue = performance.now() + this.#pace.after({ kind: 'refused' });
  }

  // False, and said, if it cannot be written. What is on record is on the safe side then.
  #record(write: () => void): boolean {
    try {
      write();
      return true;
    } catch (error) {
      if (!LockError.is(error)) throw error;
      this.#telling.note(error.message);
      return false;
    }
  }
}
