// What cannot be seen from here. A tool that is silent about its blind spots is believed too much.

import type { RawLook, RawOpeners } from '../native.js';
import { inInitialPidNamespace, procHidesProcesses, procIsOurs } from './liveness.js';

interface Blindness {
  /** In a pid namespace of our own. */
  outside: boolean;
  /** Whether the /proc here is that of our pid namespace. */
  mounted: boolean;
  hidepid: boolean;
}

/** The blind spots of this process, whatever it looks at. Read once an inspection, when first asked. */
export class View {
  readonly hidden: number;
  #blindness: Blindness | undefined;

  constructor({ hidden }: RawOpeners) {
    this.hidden = hidden;
  }

  get #blind(): Blindness {
    if (this.#blindness !== undefined) return this.#blindness;
    const mounted = procIsOurs();
    const outside = !inInitialPidNamespace();
    return (this.#blindness = { outside, mounted, hidepid: mounted && procHidesProcesses() });
  }

  /** Whether every process and what it has open was seen. */
  get complete(): boolean {
    const { outside, mounted, hidepid } = this.#blind;
    return !outside && mounted && !hidepid && this.hidden === 0;
  }

  /** In sentences, for one file that nobody is seen to hold; `openers`: how many have it open. */
  sentences({ locked, leaseRefused }: RawLook, openers: number, searched: boolean): string[] {
    const { outside, mounted, hidepid } = this.#blind;
    // A refused lease means that somebody has it open: if none of those in sight, one out of sight.
    const elsewhere = leaseRefused && openers === 0 && searched;
    const who = locked
      ? 'it is held by a process'
      : elsewhere && this.hidden === 0
        ? 'it is open in a process'
        : 'a holder may be';
    const text: string[] = [];
    if (!searched) text.push('the descriptors of other processes were not searched');
    if (outside) text.push(`${who} outside this pid namespace (a container cannot see out)`);
    if (!mounted) text.push('/proc is not that of this pid namespace: mount it to see more');
    if (hidepid) text.push("/proc is mounted with hidepid: other users' processes are not shown");
    if (this.hidden > 0)
      text.push(
        `${String(this.hidden)} processes of other users would not show what they have open; root sees them`,
      );
    return text;
  }
}
