// A supervisor that keeps its state in memory and runs nothing: what the API is tried against. It
// obeys the contract (src/supervisor/types.ts): locks are in the way until somebody forces.

import { LockError } from '../../src/errors.js';
import type { Instance } from '../../src/supervisor/drivers/types.js';
import type { Blocker } from '../../src/supervisor/locks/types.js';
import type { TargetState } from '../../src/supervisor/target/types.js';
import type {
  AppStatus,
  Asked,
  FleetStatus,
  JournalEntry,
  JournalKind,
  LockReport,
  OverrideStatus,
  ServiceStatus,
  Status,
  Supervisor,
  SupervisorEvent,
  UpdateStatus,
} from '../../src/supervisor/types.js';

export const DEVICE_KEY = 'device-key-0123456789abcdef';
export const SINCE = '2026-11-24T10:00:00.000Z';

/** A device that waits for its turn, or as told. */
export function fleetStatus(more: Partial<FleetStatus> = {}): FleetStatus {
  const counts = { ok: 1, refused: 2, unreachable: 3 };
  return {
    ...{ server: 'https://fleet.example', group: 'default', id: 'device-1', since: SINCE },
    ...{ state: 'waiting', apps: ['1'], owed: 0, text: '1 of 1 slots are taken by press-3' },
    requests: { 'pre-reboot': counts, 'steady-state': { ok: 0, refused: 0, unreachable: 0 } },
    ...more,
  };
}

export function keyOf(app: string): string {
  return `key-of-app-${app}`;
}

function service(app: string, name: string, number: number): ServiceStatus {
  const instance: Instance = {
    id: `${app}-${name}-run`,
    app,
    service: name,
    release: `release-${app}`,
    fingerprint: 'f',
    state: 'running',
    startedAt: SINCE,
  };
  const ids = { serviceId: number, imageId: 100 + number, image: `registry/${name}` };
  return { name, ...ids, status: 'Running', instance };
}

function appStatus(id: string, services: readonly string[]): AppStatus {
  return {
    id,
    name: `app-${id}`,
    release: `release-${id}`,
    update: { state: 'idle', since: SINCE },
    services: services.map((name, at) => service(id, name, at + 1)),
  };
}

/** A lock as somebody's flock looks, with a record in the file. */
export function blocker(app: string, name: string, reason = 'writing a dump'): Blocker {
  const path = `/tmp/balena-supervisor/services/${app}/${name}/updates.lock`;
  return {
    path,
    verdict: 'held',
    by: 'kernel',
    protocol: 'lockbridge',
    holders: [{ pid: 42, role: 'holds', source: 'flock', command: 'backup' }],
    orphans: [],
    record: {
      lockbridge: 1,
      pid: 42,
      start: 1,
      pidns: 1,
      boot: 'b',
      host: 'box',
      uid: 0,
      cmd: 'backup',
      reason,
      since: SINCE,
    },
    since: { at: SINCE, from: 'record' },
    service: { app, service: name },
    evidence: [],
    unseen: [],
    actions: [],
  };
}

export class MemorySupervisor implements Supervisor {
  readonly keys = {
    device: DEVICE_KEY,
    ofApp: (id: string): string | undefined =>
      this.apps.some((app) => app.id === id) ? keyOf(id) : undefined,
  };
  apps: AppStatus[] = [appStatus('1', ['main', 'side']), appStatus('2', ['only'])];
  well = true;
  /** The slot of its fleet, if it has one. */
  fleet: FleetStatus | undefined;
  /** Who is in the way. Forcing removes them. */
  blockers: Blocker[] = [];
  /** Thrown by the next operation. */
  failure: Error | undefined;
  /** Every operation that went through: its name, what it was about, on whose behalf. */
  readonly calls: [operation: string, about: unknown, asked: Asked][] = [];
  readonly journal: JournalEntry[] = [];
  readonly listeners = new Set<(event: SupervisorEvent) => void>();
  #target: TargetState = { name: 'device', config: {}, apps: [] };
  #override: OverrideStatus = { on: false, from: 'default' };
  #hostname = 'box';

  healthy(): boolean {
    return this.well;
  }

  status(): Status {
    const { apps, fleet } = this;
    return { name: 'device', apps, override: this.#override, ...(fleet && { fleet }) };
  }

  async locks(): Promise<LockReport[]> {
    await Promise.resolve();
    return this.blockers.map((one) => ({
      ...one,
      app: one.service?.app ?? '?',
      ...(one.record && { reason: one.record.reason }),
      ...(one.supervisor && { ours: true as const }),
    }));
  }

  update(asked: Asked & { cancel?: boolean }): void {
    this.#record('update', undefined, asked);
  }

  target(): TargetState {
    return this.#target;
  }

  setTarget(target: TargetState, asked: Asked): void {
    this.#record('setTarget', target, asked);
    this.#target = target;
  }

  async restart(app: string, asked: Asked): Promise<void> {
    await this.#locked('restart', app, asked);
  }

  async purge(app: string, asked: Asked): Promise<void> {
    await this.#locked('purge', app, asked);
  }

  async restartService(app: string, name: string, asked: Asked): Promise<Instance> {
    return this.#one('restartService', app, name, asked);
  }

  async stopService(app: string, name: string, asked: Asked): Promise<Instance> {
    return this.#one('stopService', app, name, asked);
  }

  async startService(app: string, name: string, asked: Asked): Promise<Instance> {
    await Promise.resolve();
    const instance = this.#instance(app, name);
    this.#record('startService', app, asked);
    return instance;
  }

  async reboot(asked: Asked): Promise<void> {
    await this.#locked('reboot', undefined, asked);
  }

  async shutdown(asked: Asked): Promise<void> {
    await this.#locked('shutdown', undefined, asked);
  }

  hostConfig(): { network: { hostname: string } } {
    return { network: { hostname: this.#hostname } };
  }

  async setHostname(hostname: string, asked: Asked): Promise<void> {
    await this.#locked('setHostname', undefined, asked);
    this.#hostname = hostname;
  }

  override(): OverrideStatus {
    return this.#override;
  }

  setOverride(on: boolean, asked: Asked): void {
    this.#record('setOverride', on, asked);
    this.#override = { on, from: 'api' };
  }

  async history(most: number): Promise<JournalEntry[]> {
    await Promise.resolve();
    return this.journal.slice(-most);
  }

  subscribe(listener: (event: SupervisorEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Something happened. */
  log(kind: JournalKind, text: string, app?: string): void {
    const entry = { at: SINCE, kind, text, ...(app !== undefined && { app }) };
    this.journal.push(entry);
    this.#emit({ event: 'journal', data: entry });
  }

  /** An app's update moves on. */
  move(id: string, update: UpdateStatus): void {
    this.apps = this.apps.map((app) => (app.id === id ? { ...app, update } : app));
    this.#emit({ event: 'update', data: { app: id, update } });
  }

  #emit(event: SupervisorEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  #record(operation: string, about: unknown, asked: Asked): void {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    this.calls.push([operation, about, asked]);
  }

  async #locked(operation: string, app: string | undefined, asked: Asked): Promise<void> {
    await Promise.resolve();
    if (app !== undefined && !this.apps.some(({ id }) => id === app))
      throw new LockError('ERR_NOT_FOUND', `no app '${app}'`);
    const inTheWay = this.blockers.filter((one) => app === undefined || one.service?.app === app);
    if (inTheWay.length > 0 && asked.force !== true)
      throw new LockError(
        'ERR_UPDATES_LOCKED',
        `Lockfile exists for { appId: ${app ?? 'all'}, service: ${inTheWay[0]?.service?.service ?? ''} }`,
        { blockers: inTheWay },
      );
    this.#record(operation, app, asked);
    if (asked.force === true)
      this.blockers = this.blockers.filter((one) => !inTheWay.includes(one));
  }

  async #one(operation: string, app: string, name: string, asked: Asked): Promise<Instance> {
    await this.#locked(operation, app, asked);
    return this.#instance(app, name);
  }

  #instance(app: string, name: string): Instance {
    const services = this.apps.find(({ id }) => id === app)?.services ?? [];
    const found = services.find((one) => one.name === name)?.instance;
    if (found === undefined) throw new LockError('ERR_NOT_FOUND', `no service '${name}'`);
    return found;
  }
}
