// What driver and entry program say to each other.

import type { Mount } from '../../target/types.js';

/** Everything that makes the service. */
export interface Order {
  command: readonly string[];
  /** All of it. */
  environment: Readonly<Record<string, string>>;
  workingDir: string;
  /** Those that need a mount; sources are paths of the host. */
  volumes: readonly Mount[];
  lockDir: string;
}

/** Said right before the execve. The end of the stream after it means that the service runs. */
export const EXEC = 'exec\n';

/** Said, after EXEC or instead of it, when the service cannot be made. */
export interface Refusal {
  why: string;
  path?: string;
  syscall?: string;
  errno?: number;
}
