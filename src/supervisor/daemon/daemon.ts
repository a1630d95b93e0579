// The supervisor as a whole: apps, their services and locks, the override, the journal. What it must
// never do: stop a service whose app holds a lock, or leave a lock of its own that blocks for good.
//
// `new`: become the only one on this state. `begin`: see what runs, remove what a supervisor that
// died has left, watch every lock directory, and only then bring the apps to their target.

import { join } from 'node:path';
import { LockError } from '../../errors.js';
import { LockHistory } from '../../inspect/history.js';
import { serviceOf } from '../../inspect/service.js';
import type { Lock } from '../../lock/lock.js';
import { observe, type Observation } from '../../observe/observe.js';
import type { Config } from '../config.js';
import type { Driver, Instance } from '../drivers/types.js';
import { Journal } from '../journal/journal.js';
import { readJournal } from '../journal/read.js';
import { recoverLeftovers } from '../locks/leftovers.js';
import { makeServicesDir } from '../locks/directories.js';
import { lockDir } from '../locks/places.js';
import type { UpdateLockEvent, UpdateLockEventKind } from '../locks/types.js';
import { newKey } from '../key.js';
import { StateStore } from '../state.js';
import { sameTarget } from '../target/digest.js';
import { overrideIn } from '../target/override.js';
import type { AppTarget, TargetState } from '../target/types.js';
import type {
  Asked,
  JournalEntry,
  JournalKind,
  LockReport,
  OverrideStatus,
  Status,
  Supervisor,
  SupervisorEvent,
} from '../types.js';
import { App } from './app.js';
import type { Context } from './context.js';
import { DataLocks } from './data-locks.js';
import { Device } from './device.js';
import { environmentOf } from './environment.js';
import { Fleet } from './fleet/fleet.js';
import { Sign } from './fleet/sign.js';
import { LockChanges } from './lock-changes.js';
import { LockEvents } from './lock-events.js';
import { locksOf } from './lock-report.js';
import { Operations } from './operations.js';
import { journalDir, onlyOne } from './state-dir.js';
import { Override } from './override.js';
import { own, without } from './records.js';

const JOURNAL_KINDS: Readonly<Record<UpdateLockEventKind, JournalKind>> = {
  taken: 'take',
  released: 'release',
  overridden: 'override',
  lost: 'loss',
  retaken: 'retake',
  recovered: 'recovery',
  unclear: 'notice',
};

export interface DaemonOptions {
  driver: Driver;
  deviceKey: string;
  /** What nobody else is told: the journal cannot be written, say. */
  onWarning: (text: string) => void;
}

export class Daemon implements Supervisor {
  readonly keys: Supervisor['keys'];
  readonly journal: Journal;
  /** Called when an update is asked for: the configuration may have been written just now. */
  beforeUpdate: (() => void) | undefined;
  readonly #config: Config;
  readonly #driver: Driver;
  readonly #state: StateStore;
  readonly #only: Lock;
  readonly #context: Context;
  readonly #apps = new Map<string, App>();
  readonly #operations: Operations;
  readonly #device: Device;
  readonly #override: Override;
  readonly #dataLocks: DataLocks;
  readonly #changes: LockChanges;
  readonly #fleet: Fleet;
  readonly #sign: Sign;
  readonly #listeners = new Set<(event: SupervisorEvent) => void>();
  #observation: Observation | undefined;
  #address: string | undefined;
  #begun = false;

  /** LockError if another daemon uses this state, or it cannot be read. */
  constructor(config: Config, { driver, deviceKey, onWarning }: DaemonOptions) {
    this.#config = config;
    this.#driver = driver;
    this.#only = onlyOne(config.state);
    this.#state = new StateStore(config.state);
    this.journal = new Journal(journalDir(config), { onWarning });
    this.journal.on((data) => {
      this.#tell({ event: 'journal', data });
    });
    this.#changes = new LockChanges((app) => {
      this.#tell({ event: 'locks', data: { app } });
    });
    const history = new LockHistory(join(config.state, 'lock-history.json'));
    this.#dataLocks = new DataLocks(history, onWarning, () => {
      this.#locksChanged(undefined);
    });
    this.#override = new Override(config.root, this.#state, this.journal);
    this.#sign = new Sign(config.root, this.journal);
    this.#fleet = new Fleet(config, this.#state, this.journal, (data) => {
      this.#tell({ event: 'fleet', data });
      this.#sign.show(data);
    });
    this.keys = { device: deviceKey, ofApp: (id) => own(this.#state.state.keys, id) };
    this.#context = {
      driver,
      journal: this.journal,
      state: this.#state,
      locks: {
        root: config.root,
        history,
        onEvent: (event) => {
          this.#noteLocks(event);
        },
      },
      environment: (app, service) =>
        environmentOf(app, service, {
          address: this.#address,
          key: this.keys.ofApp(app.id),
          device: this.target().name,
          lockDir: lockDir(config.root, app.id, service.name),
          driver: driver.name,
        }),
      override: () => this.#override.asked,
      fleet: this.#fleet.slot,
      moved: (app, update) => {
        this.#tell({ event: 'update', data: { app, update } });
      },
      rested: (app) => {
        this.#forget(app);
      },
    };
    this.#operations = new Operations(this.#context, (id) => this.#apps.get(id));
    this.#device = new Device(config.root, config.commands, this.#operations, () =>
      this.#inOrder(),
    );
  }

  /** `address`: where services reach the API, if they can. */
  async begin(address: string | undefined): Promise<void> {
    this.#address = address;
    this.journal.write({ kind: 'started', text: `started with pid ${String(process.pid)}` });
    const services = makeServicesDir(this.#config.root);
    this.#driver.onExit = (instance) => this.#apps.get(instance.app)?.ended(instance);
    const running = await this.#driver.list();
    for (const dataDir of [undefined, ...dataDirs(this.target())])
      recoverLeftovers({ ...this.#context.locks, ...(dataDir !== undefined && { dataDir }) });
    const events = new LockEvents((entry) => this.journal.write(entry));
    this.#observation = observe([services], {
      onEvent: (event) => {
        events.take(event);
        this.#locksChanged(serviceOf(event.path)?.app);
      },
    });
    const { current, applying } = this.#state.state;
    for (const [app, { from = 'nothing', to }] of Object.entries(applying)) {
      const text = `the update from ${from} to ${to || 'nothing'} was interrupted; it goes on`;
      this.journal.write({ kind: 'recovery', app, text });
    }
    for (const id of [...Object.keys(current), ...running.map(({ app }) => app)]) this.#app(id);
    for (const app of this.#apps.values()) app.services.adopt(running);
    this.#begun = true;
    this.#take(this.target());
    this.#fleet.begin((app) => this.#apps.has(app));
  }

  /** Lets go of everything; the services go on running. A change that is on its way is finished. */
  async close(): Promise<void> {
    const begun = this.#begun;
    this.#begun = false;
    await this.#operations.close();
    await Promise.all(this.#inOrder().map(async (app) => app.close()));
    await this.#fleet.close();
    const text = 'stops; the services go on running';
    if (begun) this.journal.write({ kind: 'stopping', text });
    this.#observation?.close();
    this.#changes.close();
    this.#dataLocks.close();
    await this.#driver.close();
    this.journal.close();
    await this.#only.release();
  }

  healthy(): boolean {
    return this.#begun;
  }

  status(): Status {
    const fleet = this.#fleet.status;
    return {
      name: this.target().name,
      apps: this.#inOrder().map((app) => app.status()),
      override: this.override(),
      ...(fleet && { fleet }),
    };
  }

  async locks(): Promise<LockReport[]> {
    const { socket } = this.#config;
    return (
      await Promise.all(
        this.#inOrder().map(async (app) => locksOf(app, this.#context.locks, socket)),
      )
    ).flat();
  }

  update(asked: Asked): void {
    this.beforeUpdate?.();
    const { who, force, noFleet } = asked;
    const how = [
      ...(force ? ['by force'] : []),
      ...(noFleet ? ['without a slot of the fleet'] : []),
    ];
    if (how.length > 0) {
      const text = `update ${how.join(' and ')}, asked for by ${who}`;
      this.journal.write({ kind: 'operation', who, text });
    }
    for (const app of this.#apps.values()) app.apply(asked);
  }

  target(): TargetState {
    return this.#state.state.target ?? { name: this.#config.target.name, config: {}, apps: [] };
  }

  setTarget(target: TargetState, asked: Asked): void {
    const old = this.target();
    this.#state.update((all) => {
      all.target = target;
      for (const { id } of old.apps)
        // A new target says otherwise than who stopped a service.
        if (!sameTarget(appOf(old, id), appOf(target, id))) all.stopped = without(all.stopped, id);
      // An override that the target newly sets or unsets counts more than what the API said before.
      if (overrideIn(old.config) !== overrideIn(target.config)) delete all.override;
    });
    const { who } = asked;
    const releases = target.apps.map(({ id, release }) => `app ${id}: ${release}`).join(', ');
    const text = `new target state from ${who}: ${releases || 'nothing is to run'}`;
    this.journal.write({ kind: 'target', who, text });
    this.#refreshOverride(asked);
    this.#take(target);
  }

  /** Takes over what the configuration file says is to run, if it says something new. */
  takeConfig({ target, digest }: Config): void {
    if (this.#state.state.configDigest === digest) return;
    this.setTarget(target, { who: 'configuration file' });
    this.#state.update((all) => {
      all.configDigest = digest;
    });
  }

  restart = async (app: string, asked: Asked): Promise<void> =>
    this.#operations.restart(app, asked);
  purge = async (app: string, asked: Asked): Promise<void> => this.#operations.purge(app, asked);
  restartService = async (app: string, service: string, asked: Asked): Promise<Instance> =>
    this.#operations.restartService(app, service, asked);
  stopService = async (app: string, service: string, asked: Asked): Promise<Instance> =>
    this.#operations.stopService(app, service, asked);
  startService = async (app: string, service: string, asked: Asked): Promise<Instance> =>
    this.#operations.startService(app, service, asked);
  reboot = async (asked: Asked): Promise<void> => this.#device.goDown('reboot', asked);
  shutdown = async (asked: Asked): Promise<void> => this.#device.goDown('shutdown', asked);
  setHostname = async (name: string, asked: Asked): Promise<void> =>
    this.#device.setHostname(name, asked);

  hostConfig(): { network: { hostname: string } } {
    return this.#device.hostConfig();
  }

  override(): OverrideStatus {
    return this.#override.status;
  }

  setOverride(on: boolean, asked: Asked): void {
    this.#override.set(on, asked);
    this.#refreshOverride(asked);
  }

  async history(most: number): Promise<JournalEntry[]> {
    return readJournal(journalDir(this.#config), { most });
  }

  subscribe(listener: (event: SupervisorEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #refreshOverride(asked: Asked): void {
    const paths = (): string[] => this.#inOrder().flatMap((app) => [...app.locks().paths]);
    if (!this.#override.refresh(asked, paths)) return;
    for (const app of this.#apps.values()) app.kick(this.#override.status.on);
  }

  // Brings the apps to this target, which is on record.
  #take(target: TargetState): void {
    const wanted = new Map(target.apps.map((app) => [app.id, app]));
    const { keys } = this.#state.state;
    const fresh = [...wanted.keys()].filter((id) => own(keys, id) === undefined);
    if (fresh.length > 0)
      this.#state.update((all) => {
        for (const id of fresh) all.keys[id] = newKey();
      });
    this.#dataLocks.set(dataDirs(target));
    if (!this.#begun) return;
    for (const id of wanted.keys()) this.#app(id);
    for (const app of this.#apps.values()) app.setTarget(wanted.get(app.id));
  }

  #app(id: string): App {
    const app = this.#apps.get(id) ?? new App(id, this.#context);
    this.#apps.set(id, app);
    return app;
  }

  #forget(app: App): void {
    if (!app.over) return;
    this.#apps.delete(app.id);
    try {
      this.#state.update((all) => {
        all.keys = without(all.keys, app.id);
        all.stopped = without(all.stopped, app.id);
      });
    } catch (error) {
      // Nothing hangs on it: its key opens nothing any more, and is overwritten or kept for its return.
      if (!LockError.is(error)) throw error;
      this.journal.write({ kind: 'notice', app: app.id, text: error.message });
    }
  }

  #inOrder(): App[] {
    return [...this.#apps.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  // Of that app, or of any.
  #locksChanged(app: string | undefined): void {
    for (const id of app === undefined ? this.#apps.keys() : [app]) this.#changes.changed(id);
  }

  #noteLocks({ kind, ...about }: UpdateLockEvent): void {
    this.journal.write({ kind: JOURNAL_KINDS[kind], ...about });
  }

  #tell(event: SupervisorEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function appOf({ apps }: TargetState, id: string): AppTarget | undefined {
  return apps.find((app) => app.id === id);
}

function dataDirs({ apps }: TargetState): string[] {
  return apps.flatMap(({ update: { dataDir } }) => dataDir ?? []);
}
