// Services as child processes, each in a session of its own; no engine is needed.
//
// To start one: (1) the entry program is started, which waits for its order; (2) it goes on record;
// (3) it gets the order and becomes the service, under the same pid; (4) the record says so. Killed
// between two steps, the driver leaves nothing that runs without being on record, and nothing
// on record that never ran: what has not begun is ended and forgotten by the next one.
//
// A service gets the lock directory at /tmp/balena and /tmp/resin in a mount namespace of its own,
// where this process may make one (root); place.ts has the details. Elsewhere its environment alone
// can tell it where that is. Both its outputs are this process's stderr, and it outlives it: it finds
// them closed if that was a pipe to this process's parent.
//
// Not protected: a process that leaves the session (setsid(2)) is not stopped with its service. A
// service runs as the same user. Two drivers must not share a `stateDir`.

import { randomUUID } from 'node:crypto';
import { LockError } from '../../../errors.js';
import type { AppTarget, ServiceTarget } from '../../target/types.js';
import type { Driver, Instance, StartRequest } from '../types.js';
import { adopt } from './adopt.js';
import { Entry } from './entry.js';
import { whenGone } from './gone.js';
import { ProcessRecords } from './record.js';
import { checkProgram, orderFor, serviceError } from './request.js';
import { instanceOf, keyOf, recordOf, type Run } from './run.js';
import { endSession } from './session.js';
import { epoch } from './table.js';
import { Volumes } from './volumes.js';

export class ProcessDriver implements Driver {
  readonly name = 'process';
  onExit: ((instance: Instance) => void) | undefined;
  readonly #records: ProcessRecords;
  readonly #volumes: Volumes;
  readonly #runs = new Map<string, Run>();
  readonly #starting = new Set<string>();
  #adopted: Promise<void> | undefined;
  #closed = false;

  /** `stateDir`: a directory of the supervisor's own, for records and named volumes. */
  constructor(options: { stateDir: string }) {
    this.#records = new ProcessRecords(options.stateDir);
    this.#volumes = new Volumes(options.stateDir);
  }

  async list(): Promise<Instance[]> {
    await (this.#adopted ??= this.#adopt());
    return [...this.#runs.values()].map(instanceOf);
  }

  // What fetch is there to spare: a release that is stopped for a program that cannot run.
  fetch(service: ServiceTarget): Promise<void> {
    try {
      checkProgram(service);
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(serviceError('fetch', service.name, error));
    }
  }

  /** What an exited run of the service has left behind is ended first. */
  async start(request: StartRequest): Promise<Instance> {
    const { app, service } = request;
    const key = keyOf(app.id, service.name);
    await this.list();
    try {
      const before = this.#runs.get(key);
      if (this.#starting.has(key) || before?.running === true)
        throw new Error('it runs already; stop it first');
      this.#starting.add(key);
      try {
        if (before !== undefined) await this.#end(before, service.stopGrace);
        return await this.#start(request, key);
      } finally {
        this.#starting.delete(key);
      }
    } catch (error) {
      throw serviceError('start', service.name, error);
    }
  }

  async stop(instance: Instance, grace: number): Promise<void> {
    await this.list();
    const run = this.#runs.get(keyOf(instance.app, instance.service));
    // Another run of the same service is none of this one's business.
    if (run === undefined || instanceOf(run).id !== instance.id) return;
    try {
      await this.#end(run, grace);
    } catch (error) {
      throw serviceError('stop', instance.service, error);
    }
  }

  purge(app: AppTarget): Promise<void> {
    try {
      this.#volumes.empty(app.id);
      return Promise.resolve();
    } catch (cause) {
      const why = `cannot empty the volumes of app '${app.id}': ${String(cause)}`;
      return Promise.reject(new LockError('ERR_SERVICE', why, { cause }));
    }
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const run of this.#runs.values()) run.forget();
    return Promise.resolve();
  }

  async #adopt(): Promise<void> {
    for (const run of await adopt(this.#records)) {
      const { app, service, pid, start } = run.record;
      this.#runs.set(keyOf(app, service), run);
      if (run.running)
        run.forget = whenGone(pid, start, () => {
          this.#ended(run);
        });
    }
  }

  async #start(request: StartRequest, key: string): Promise<Instance> {
    const mark = `LOCKBRIDGE_INSTANCE=${randomUUID()}`;
    const order = orderFor(request, this.#volumes, mark);
    const entry = await Entry.launch(mark);
    const record = recordOf(request, entry, mark);
    try {
      this.#records.write(record);
      const refusal = await entry.become(order);
      if (refusal !== undefined) throw new LockError('ERR_SERVICE', refusal.why, refusal);
      record.begun = true;
      this.#records.write(record);
    } catch (error) {
      await endSession(record, 0);
      await entry.ended;
      this.#records.remove(record);
      throw error;
    }
    const forget = (): void => {
      entry.letGo();
    };
    const run: Run = { record, running: true, stopping: false, forget };
    this.#runs.set(key, run);
    // Not before the caller has the instance whose end it is.
    void entry.ended.then((code) => {
      setImmediate(() => {
        this.#ended(run, code);
      });
    });
    return instanceOf(run);
  }

  #ended(run: Run, exitCode?: number): void {
    if (this.#closed || run.stopping || !run.running) return;
    run.running = false;
    run.record.exitedAt = new Date().toISOString();
    if (exitCode !== undefined) run.record.exitCode = exitCode;
    try {
      this.#records.write(run.record);
    } catch (error) {
      // A full disk: it is dead all the same, only when and how is forgotten over a restart.
      process.emitWarning(`the end of service '${run.record.service}' is not on record`, {
        detail: String(error),
      });
    }
    this.onExit?.(instanceOf(run));
  }

  // A record of another boot or namespace names nobody: it is only removed.
  async #end(run: Run, grace: number): Promise<void> {
    const { record } = run;
    run.stopping = true;
    try {
      if (record.epoch === epoch()) await endSession(record, grace);
    } catch (error) {
      run.stopping = false;
      throw error;
    }
    run.forget();
    const key = keyOf(record.app, record.service);
    if (this.#runs.get(key) !== run) return; // stopped by two at once, and started again
    this.#runs.delete(key);
    this.#records.remove(record);
  }
}
