// The API over a supervisor in memory, and a client that says exactly what it is told to.

import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { LockError } from '../../src/errors.js';
import { startApi, type Api, type ApiOptions } from '../../src/supervisor/api/start.js';
import type { TargetState } from '../../src/supervisor/target/types.js';
import { DEVICE_KEY, MemorySupervisor } from './memory-supervisor.js';

/** Stands for src/supervisor/target/local.ts: takes the shape of the name only. */
function parseTarget(body: unknown): TargetState {
  const { local } = body as { local?: { name?: unknown } };
  if (typeof local?.name !== 'string')
    throw new LockError('ERR_TARGET', 'local.name must be a string');
  return { name: local.name, config: {}, apps: [] };
}

export const TARGET_FORMAT = {
  parseTarget,
  formatTarget: ({ name }: TargetState): unknown => ({ local: { name } }),
};

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

export interface Ask {
  key?: string | undefined;
  /** Objects are sent as JSON, text as it is. */
  body?: unknown;
  headers?: Record<string, string>;
}

export class TestApi {
  readonly supervisor: MemorySupervisor;
  readonly warnings: string[];
  readonly api: Api;
  readonly #socketPath: string | undefined;

  private constructor(
    supervisor: MemorySupervisor,
    warnings: string[],
    api: Api,
    socketPath: string | undefined,
  ) {
    this.supervisor = supervisor;
    this.warnings = warnings;
    this.api = api;
    this.#socketPath = socketPath;
  }

  /** Listens on a free port of 127.0.0.1 unless told otherwise; closed after the test. */
  static async start(options: Partial<ApiOptions> = {}): Promise<TestApi> {
    const supervisor = new MemorySupervisor();
    const warnings: string[] = [];
    const listen = options.listen ?? { host: '127.0.0.1', port: 0 };
    const api = await startApi(supervisor, {
      ...TARGET_FORMAT,
      onWarning: (text) => warnings.push(text),
      ...options,
      listen,
    });
    onTestFinished(() => api.close());
    return new TestApi(supervisor, warnings, api, 'path' in listen ? listen.path : undefined);
  }

  get port(): number {
    return Number(new URL(this.api.address).port);
  }

  /** `ask('POST /v1/update', …)`, with the device key unless another one (or none) is given. */
  async ask(what: string, options: Ask = {}): Promise<Answer> {
    const { body, headers = {} } = options;
    const key = 'key' in options ? options.key : DEVICE_KEY;
    const [method, path] = what.split(' ');
    const json = body !== undefined && typeof body !== 'string';
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          ...(this.#socketPath === undefined
            ? { host: '127.0.0.1', port: this.port }
            : { socketPath: this.#socketPath }),
          method,
          path,
          agent: false,
          headers: {
            ...(key !== undefined && { authorization: `Bearer ${key}` }),
            ...(json && { 'content-type': 'application/json' }),
            ...headers,
          },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (data: string) => (text += data));
          response.once('end', () => {
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
          });
        },
      );
      sent.once('error', reject);
      sent.end(json ? JSON.stringify(body) : body);
    });
  }

  /** A connection that nothing is sent on yet; gone after the test. */
  async raw(): Promise<Socket> {
    const socket = connect({ host: '127.0.0.1', port: this.port });
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    await new Promise((resolve) => socket.once('connect', resolve));
    return socket;
  }
}
