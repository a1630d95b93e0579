// What runs services, behind one small interface: child processes, or containers of an engine.
//
// A driver obeys: whether a service may be stopped is the business of who calls it.

import type { AppTarget, ServiceTarget } from '../target/types.js';

/** One run of a service, of whatever release; those of a daemon that died are known too. */
export interface Instance {
  /** The engine's container id; `pid-starttime` of a process. */
  id: string;
  app: string;
  service: string;
  release: string;
  /** Digest of what it was started from: another one means that it has to be replaced. */
  fingerprint: string;
  state: 'running' | 'exited';
  /** RFC 3339. */
  startedAt: string;
  exitedAt?: string;
  /** Exit code, or 128 + signal. */
  exitCode?: number;
  /** In our pid namespace, where that is known. */
  pid?: number;
}

export interface StartRequest {
  app: AppTarget;
  service: ServiceTarget;
  fingerprint: string;
  /** The service's lock directory on the host; the service sees it as /tmp/balena and /tmp/resin. */
  lockDir: string;
  /** Variables of the supervisor's, which win over the service's own. */
  environment: Readonly<Record<string, string>>;
}

export interface FetchOptions {
  signal?: AbortSignal;
  /** Percent, where it is known. */
  onProgress?: (percent: number) => void;
}

export interface Driver {
  readonly name: 'process' | 'container';
  /** What it has of ours, exited ones included. Adopts what a daemon before this one started. */
  list(): Promise<Instance[]>;
  /** Gets what the service needs (an image, a program), so that starting it needs no network. */
  fetch(service: ServiceTarget, options?: FetchOptions): Promise<void>;
  /** Starts it. LockError (ERR_SERVICE) if it cannot be started; then nothing of it is left. */
  start(request: StartRequest): Promise<Instance>;
  /** SIGTERM, and SIGKILL after `grace` ms; resolves when it is gone and forgotten. Idempotent. */
  stop(instance: Instance, grace: number): Promise<void>;
  /** Removes the volumes that this driver keeps for the app (or one service of it). */
  purge(app: AppTarget): Promise<void>;
  /** Called once for each instance that ends by itself or is stopped from outside. */
  onExit: ((instance: Instance) => void) | undefined;
  /** Lets go of the services without stopping them. */
  close(): Promise<void>;
}
