// Whether to print in colours.

import { isatty } from 'node:tty';
import picocolors from 'picocolors';

/** Whether stdout is a terminal that shows colours, and nobody asked for none (NO_COLOR). */
export function inColor(): boolean {
  // Asked apart, because picocolors is in colour under CI whatever it writes to.
  return isatty(1) && picocolors.isColorSupported;
}
