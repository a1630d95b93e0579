// What every app of a daemon shares.

import type { Driver } from '../drivers/types.js';
import type { Journal } from '../journal/journal.js';
import type { UpdateLocksOptions } from '../locks/types.js';
import type { StateStore } from '../state.js';
import type { AppTarget, ServiceTarget } from '../target/types.js';
import type { Asked, UpdateStatus } from '../types.js';
import type { App } from './app.js';
import type { FleetSlot } from './fleet/slot.js';

export interface Context {
  readonly driver: Driver;
  readonly journal: Journal;
  readonly state: StateStore;
  /** Options for the locks of an app, without what the app itself knows. */
  readonly locks: UpdateLocksOptions;
  /** Variables of the supervisor's for a service. */
  environment(app: AppTarget, service: ServiceTarget): Record<string, string>;
  /** Whether locks are overridden now, and on whose behalf. */
  override(): Asked | undefined;
  /** The slot that an update needs beside the locks, if the device has a fleet. */
  readonly fleet: FleetSlot | undefined;
  /** An app's update moved on. */
  moved(app: string, update: UpdateStatus): void;
  /** It has nothing to do for now. */
  rested(app: App): void;
}
