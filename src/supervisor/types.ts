// What a running supervisor can be asked for: the contract between the daemon and its HTTP API.
//
// Every failure is a LockError; the API turns its code into a status (errors.ts has the table).

import type { Verdict } from '../inspect/types.js';
import type { Blocker } from './locks/types.js';
import type { Instance } from './drivers/types.js';
import type { TargetState } from './target/types.js';

/** On whose behalf, and whether locks are to be overridden for this one operation. */
export interface Asked {
  /** For the journal: `api 127.0.0.1`, `cli`, `config file`, `policy`. */
  who: string;
  force?: boolean;
  /** Neither asks the fleet for a slot nor waits for one, for this one operation. */
  noFleet?: boolean;
}

/**
 * What happened, as the journal keeps it:
 * - `target`: another target state was given
 * - `fetch`, `fetched`: getting what the release needs; no lock is held
 * - `wait`: somebody's lock is in the way (again at every change of who); `window`: it is not time yet
 * - `take`, `release`: the update locks of an app; `loss`, `retake`: they disappeared while held
 * - `override`: somebody's lock was replaced; `override-on`, `override-off`: the config variable
 * - `stop`, `start`, `exit`: a service
 * - `fleet`: the slot of the device's fleet: asked for, refused, granted, kept, given back
 * - `applied`, `failed`, `gave-up`: how an update ended
 * - `operation`: restart, purge, reboot and the like, asked for over the API
 * - `recovery`: what a daemon that died had left
 * - `started`, `stopping`: the daemon itself
 * - `lock`: somebody took, let go or lost a lock in a lock directory
 * - `notice`: anything else a person should know
 */
export type JournalKind =
  | 'target'
  | 'fetch'
  | 'fetched'
  | 'wait'
  | 'window'
  | 'fleet'
  | 'take'
  | 'release'
  | 'loss'
  | 'retake'
  | 'override'
  | 'override-on'
  | 'override-off'
  | 'stop'
  | 'start'
  | 'exit'
  | 'applied'
  | 'failed'
  | 'gave-up'
  | 'operation'
  | 'recovery'
  | 'started'
  | 'stopping'
  | 'lock'
  | 'notice';

export interface JournalEntry {
  /** RFC 3339. */
  at: string;
  kind: JournalKind;
  /** One sentence for people. */
  text: string;
  app?: string;
  service?: string;
  release?: string;
  path?: string;
  /** Who held it, in words. */
  holder?: string;
  reason?: string;
  who?: string;
  /** How long it took or was held. */
  seconds?: number;
  /** With `lock`: what is at the path since then. */
  verdict?: Verdict;
}

export interface ServiceStatus {
  name: string;
  serviceId: number;
  imageId: number;
  image?: string;
  /** As balena's clients know it. */
  status: 'Running' | 'Stopped' | 'exited' | 'Downloading' | 'Installing';
  downloadProgress?: number;
  /** The run of it that there is, or was last. */
  instance?: Instance;
}

/** Where an app's update stands. */
export interface UpdateStatus {
  state: 'idle' | 'fetching' | 'window' | 'waiting' | 'fleet' | 'applying' | 'failed' | 'gave-up';
  /** RFC 3339: since when it is in this state. */
  since: string;
  /** The release that is to be applied; absent when idle. */
  release?: string;
  /** Who is in the way (`waiting`, `gave-up`). */
  blockers?: readonly Blocker[];
  /** When the waiting ends, and how. */
  deadline?: string;
  then?: 'give-up' | 'force';
  /** When the maintenance window opens (`window`). */
  opens?: string;
  /** Why the fleet lets it wait, as its server says it (`fleet`). */
  fleet?: string;
  error?: string;
}

export interface AppStatus {
  id: string;
  name: string;
  /** The release that runs; absent before the first one. */
  release?: string;
  update: UpdateStatus;
  services: readonly ServiceStatus[];
}

export interface Status {
  name: string;
  apps: readonly AppStatus[];
  override: OverrideStatus;
  /** Of a device that has a fleet, or owes one a slot. */
  fleet?: FleetStatus;
}

/** The device and the slot of its fleet. */
export interface FleetStatus {
  server: string;
  group: string;
  /** As whom it asks. */
  id: string;
  /**
   * - `none`: it needs no slot and has none
   * - `waiting`: it asks for one
   * - `held`: it may change a release, does, or has not been healthy since
   * - `unhealthy`: the same, and what runs is not as it should be: the slot stops the roll-out
   * - `returning`: it needs it no more, and it is not known yet to be given back
   */
  state: 'none' | 'waiting' | 'held' | 'unhealthy' | 'returning';
  /** RFC 3339: since when it is in this state. */
  since: string;
  /** Why it still waits, is unhealthy, or cannot be given back, in a sentence. */
  text?: string;
  /** RFC 3339: when the server is asked next. */
  next?: string;
  /** Whose updates it is for. */
  apps: readonly string[];
  /** How many slots at other servers, or of other groups, are still to be given back. */
  owed: number;
  /** Requests since the daemon began, by how they ended. */
  requests: Readonly<Record<'pre-reboot' | 'steady-state', FleetCounts>>;
}

/** How often a request ended so. */
export type FleetCounts = Readonly<Record<'ok' | 'refused' | 'unreachable', number>>;

export interface OverrideStatus {
  on: boolean;
  /** Where that comes from. */
  from: 'api' | 'target-state' | 'default';
}

/** One lock file of an app, or what is at its place; one in its data directory is of no `service`. */
export interface LockReport extends Blocker {
  app: string;
  /** Seconds since it was taken, if that is known. */
  age?: number;
  reason?: string;
  /** It is this supervisor's own. */
  ours?: true;
}

/**
 * What `/events` carries beside journal entries: an app's update moved on; something about its locks
 * has changed, who waits for them included, so that `locks()` says something else; the same for the
 * slot of the fleet.
 */
export type SupervisorEvent =
  | { event: 'journal'; data: JournalEntry }
  | { event: 'update'; data: { app: string; update: UpdateStatus } }
  | { event: 'locks'; data: { app: string } }
  | { event: 'fleet'; data: FleetStatus };

export interface Supervisor {
  readonly keys: {
    /** Opens everything. */
    readonly device: string;
    /** Opens what belongs to that app; undefined if there is no such app. */
    ofApp(id: string): string | undefined;
  };
  healthy(): boolean;
  status(): Status;
  locks(): Promise<LockReport[]>;

  /**
   * Applies the target state now. `force` overrides locks for this pass, also one that waits already;
   * `cancel` first ends an apply that is on its way, where it waits.
   */
  update(asked: Asked & { cancel?: boolean }): void;
  target(): TargetState;
  setTarget(target: TargetState, asked: Asked): void;

  /** All services of an app are stopped and started again, under its locks. */
  restart(app: string, asked: Asked): Promise<void>;
  /** As restart, with the volumes emptied in between. */
  purge(app: string, asked: Asked): Promise<void>;
  restartService(app: string, service: string, asked: Asked): Promise<Instance>;
  /** It stays stopped until it is started or a new target says otherwise. */
  stopService(app: string, service: string, asked: Asked): Promise<Instance>;
  /** Needs no lock. */
  startService(app: string, service: string, asked: Asked): Promise<Instance>;

  /** Under the locks of all apps. ERR_NOT_CONFIGURED without a command for it. */
  reboot(asked: Asked): Promise<void>;
  shutdown(asked: Asked): Promise<void>;
  hostConfig(): { network: { hostname: string } };
  /** Under the locks of all apps. ERR_NOT_CONFIGURED without a command for it. */
  setHostname(hostname: string, asked: Asked): Promise<void>;

  override(): OverrideStatus;
  setOverride(on: boolean, asked: Asked): void;
  /** Entries of the journal, the oldest first, at most `most` of the latest. */
  history(most: number): Promise<JournalEntry[]>;
  /** Returns the function that ends the subscription. */
  subscribe(listener: (event: SupervisorEvent) => void): () => void;
}
