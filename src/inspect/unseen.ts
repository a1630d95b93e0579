// What cannot be seen from here. A tool that is silent about its blind spots is believed too much.

import type { RawLook, RawOpeners } from '../native.js';
import { inInitialPidNamespace, procHidesProcesses, procIsOurs } from './liveness.js';

/** The blind spots of this process, whatever it looks at. Read once an inspection. */
export class View {
  readonly outside: boolean = !inInitialPidNamespace();
  readonly hidden: number;
  readonly #mounted: boolean = procIsOurs();
  readonly #hidepid: boolean = this.#mounted && procHidesProcesses();

  constructor({ hidden }: RawOpeners) {
    this.hidden = hidden;
  }

  /** Whether every process and what it has open was seen. */
  get complete(): boolean {
    return !this.outside && this.#mounted && !this.#hidepid && this.hidden === 0;
  }

  /** In sentences, for one file that nobody is seen to hold; `openers`: how many have it open. */
  sentences({ locked, leaseRefused }: RawLook, openers: number, searched: boolean): string[] {
    // A refused lease means that somebody has it open: if none of those in sight, one out of sight.
    const elsewhere = leaseRefused && openers === 0 && searched;
    const who = locked
      ? 'it is held by a process'
      : elsewhere && this.hidden === 0
        ? 'it is open in a process'
        : 'a holder may be';
    const text: string[] = [];
    if (!searched) text.push('the descriptors of other processes were not searched');
    if (this.outside) text.push(`${who} outside this pid namespace (a container cannot see out)`);
    if (!this.#mounted) text.push('/proc is not that of this pid namespace: mount it to see more');
    if (this.#hidepid)
      text.push("/proc is mounted with hidepid: other users' processes are not shown");
    if (this.hidden > 0)
      text.push(
        `${String(this.hidden)} processes of other users would not show what they have open; root sees them`,
      );
    return text;
  }
}
