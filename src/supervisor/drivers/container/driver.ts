// Services as containers of an engine that speaks Docker's API (Docker, Podman, balenaEngine).
//
// A service sees its lock directory at /tmp/balena and /tmp/resin. The containers are the engine's: they
// outlive the daemon, and the next one knows them again by their labels. The engine never restarts
// them. Everything made for a start that fails is removed; what a daemon left that was killed between
// making and starting is removed by the next list().
//
// What it does not protect: two daemons of one scope on one engine take each other's containers for
// their own. The engine counts the grace of a stop in whole seconds (rounded up here), and sends the signal that the
// image asks for (STOPSIGNAL), SIGTERM if it asks for none.

import { LockError } from '../../../errors.js';
import type { AppTarget, ServiceTarget } from '../../target/types.js';
import type { Driver, FetchOptions, Instance, StartRequest } from '../types.js';
import { called, creation } from './creation.js';
import { Engine } from './engine.js';
import { Events, type Death } from './events.js';
import { haltContainer, removeContainer } from './halt.js';
import { instanceOf } from './instance.js';
import { filterFor } from './labels.js';
import { inspectContainer, listContainers } from './listing.js';
import { fetchImage } from './pull.js';
import { Roster } from './roster.js';
import { runContainer } from './run.js';
import { ensureVolumes, removeVolumes } from './volumes.js';

export interface ContainerDriverOptions {
  /** Path of the engine's socket; else DOCKER_HOST or CONTAINER_HOST, else the usual places. */
  socket?: string;
  /** Tells supervisors that share an engine apart: each knows only its own containers. */
  scope?: string;
}

function endedBy(instance: Instance, { at, exitCode }: Death): Instance {
  const code = exitCode === undefined ? {} : { exitCode };
  return { ...instance, state: 'exited', exitedAt: at, ...code };
}

export class ContainerDriver implements Driver {
  readonly name = 'container';
  onExit: ((instance: Instance) => void) | undefined;

  readonly #engine: Engine;
  readonly #scope: string;
  readonly #events: Events;
  readonly #roster: Roster;
  /** Names of containers that are being started, and the ends of any that came before its start did. */
  readonly #starting = new Set<string>();
  readonly #early = new Map<string, Death>();

  /** Asks nothing of the engine yet: it may come up later. */
  constructor({ socket, scope = 'default' }: ContainerDriverOptions = {}) {
    this.#engine = new Engine(socket);
    this.#scope = scope;
    // Later: whoever called start() first learns what has ended.
    this.#roster = new Roster((instance) => {
      setImmediate(() => this.onExit?.(instance));
    });
    this.#events = new Events(this.#engine, filterFor(scope), {
      died: (death) => void this.#died(death),
      look: async () => this.#look(),
    });
  }

  async list(): Promise<Instance[]> {
    this.#events.open();
    return this.#look();
  }

  async #look(): Promise<Instance[]> {
    const look = this.#roster.look();
    try {
      const { instances, neverStarted } = await listContainers(
        this.#engine,
        filterFor(this.#scope),
      );
      for (const { id, name } of neverStarted)
        // One that somebody has started since is refused without force, and stays. What cannot be
        // removed now is found again by the next list.
        if (!this.#starting.has(name) && !this.#roster.has(id))
          await removeContainer(this.#engine, `cannot remove ${name}`, id, false).catch(
            () => undefined,
          );
      return this.#roster.settle(look, instances);
    } finally {
      this.#roster.discard(look);
    }
  }

  async fetch(service: ServiceTarget, options: FetchOptions = {}): Promise<void> {
    if (service.image === undefined)
      throw new LockError(
        'ERR_SERVICE',
        `cannot fetch service '${service.name}': it names no image, and the container driver runs nothing else`,
      );
    await fetchImage(this.#engine, service.image, options);
  }

  async start(request: StartRequest): Promise<Instance> {
    this.#events.open();
    const made = creation(request, this.#scope);
    this.#starting.add(made.name);
    try {
      await ensureVolumes(this.#engine, request.app, request.service);
      const instance = await runContainer(this.#engine, `cannot start ${called(request)}`, made);
      this.#roster.note({ ...instance, state: 'running' });
      this.#roster.note(instance);
      const death = this.#early.get(instance.id);
      if (death !== undefined) void this.#died(death);
      return instance;
    } finally {
      this.#starting.delete(made.name);
      if (this.#starting.size === 0) this.#early.clear();
    }
  }

  async stop(instance: Instance, grace: number): Promise<void> {
    const doing = `cannot stop service '${instance.service}' of app '${instance.app}'`;
    const goOn = this.#roster.stopping(instance.id);
    try {
      await haltContainer(this.#engine, doing, instance.id, grace);
      await removeContainer(this.#engine, doing, instance.id, true);
      this.#roster.forget(instance.id);
    } finally {
      goOn();
    }
  }

  async purge(app: AppTarget): Promise<void> {
    await removeVolumes(this.#engine, app);
  }

  async #died(death: Death): Promise<void> {
    const known = this.#roster.running(death.id);
    if (known === undefined) {
      if (this.#starting.size > 0) this.#early.set(death.id, death);
      return;
    }
    // Gone already, or not to be asked: the event says enough.
    const seen = await inspectContainer(this.#engine, death.id).catch(() => undefined);
    const now = seen && instanceOf(seen);
    if (this.#roster.running(death.id) === undefined) return;
    // Running: somebody has started it again, or the engine has not written the end down yet.
    const restarted =
      typeof now === 'object' && (now.startedAt !== known.startedAt || death.at < now.startedAt);
    const truth = typeof now === 'object' && (now.state === 'exited' || restarted);
    this.#roster.note(truth ? now : endedBy(known, death));
  }

  async close(): Promise<void> {
    this.onExit = undefined;
    await this.#events.close();
  }
}
