// Asking a daemon over HTTP exactly as told, and seeing what it answers, word for word.

import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AppStatus, Status } from '../../src/supervisor/types.js';
import { daemon, Place, type TestDaemon } from './daemon.js';
import { until } from './scratch.js';

export interface Said {
  status: number;
  type: string;
  text: string;
}

export interface Question {
  body?: unknown;
  /** The device's by default, '' for none. */
  key?: string;
  type?: string;
  /** `http://127.0.0.1:…` instead of the place's socket. */
  address?: string;
}

/** `ask(place, 'POST /v1/update', { body: { force: true } })`; text is sent as it is. */
export async function ask(place: Place, what: string, more: Question = {}): Promise<Said> {
  const [method = '', path = ''] = what.split(' ');
  const { body, type = 'application/json', address, key = deviceKey(place) } = more;
  const content = typeof body === 'string' ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, address ?? 'http://localhost'),
      {
        method,
        agent: false,
        ...(address === undefined && { socketPath: join(place.dir, 'api.sock') }),
        headers: {
          ...(key !== '' && { authorization: `Bearer ${key}` }),
          ...(body !== undefined && { 'content-type': type }),
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('error', reject).on('end', () => {
          const { statusCode: status = 0, headers } = response;
          resolve({ status, type: headers['content-type'] ?? '', text });
        });
      },
    );
    sent.on('error', reject);
    sent.end(content);
  });
}

/** The same, with the JSON of the answer. */
export async function askJson<T = Record<string, unknown>>(
  place: Place,
  what: string,
  more: Question = {},
): Promise<T> {
  return JSON.parse((await ask(place, what, more)).text) as T;
}

export function deviceKey(place: Place): string {
  return readFileSync(join(place.dir, 'state/api.key'), 'utf8').trim();
}

/** The key that the services of an app get. */
export function appKey(place: Place, app: string): string {
  const state = JSON.parse(readFileSync(join(place.dir, 'state/state.json'), 'utf8')) as {
    keys: Record<string, string>;
  };
  return state.keys[app] ?? '';
}

export async function appStatus(place: Place, id: string): Promise<AppStatus | undefined> {
  const { apps } = await askJson<Status>(place, 'GET /status');
  return apps.find((app) => app.id === id);
}

/** The runs of an app's services, by name: another id is another run. */
export async function runs(place: Place, app: string): Promise<Record<string, string>> {
  const { services = [] } = (await appStatus(place, app)) ?? {};
  return Object.fromEntries(
    services.flatMap(({ name, instance }) =>
      instance?.state === 'running' ? [[name, instance.id]] : [],
    ),
  );
}

export const sleeper = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  command: ['sleep', 'infinity'],
  'stop-grace': '2s',
  ...more,
});

/** A daemon on which all apps of `apps` have been started. */
export async function started(
  apps: Record<string, unknown>,
  settings: Record<string, unknown> = {},
  place: Place = new Place(),
): Promise<{ place: Place; supervisor: TestDaemon }> {
  place.configure(apps, settings);
  const supervisor = await daemon(place);
  for (const app of Object.keys(apps)) {
    await until(() => supervisor.entries.some((one) => one.kind === 'applied' && one.app === app));
  }
  return { place, supervisor };
}

/** Server-sent events of the place from now on, as they come; closed after the test. */
export async function events(
  place: Place,
  as: { key?: string; address?: string } = {},
): Promise<{ event: string; data: Record<string, unknown> }[]> {
  const seen: { event: string; data: Record<string, unknown> }[] = [];
  const stop = new AbortController();
  onTestFinished(() => {
    stop.abort();
  });
  const stream = await place.client(as).events('/events', stop.signal);
  void (async () => {
    for await (const one of stream) seen.push(one as (typeof seen)[number]);
  })();
  return seen;
}
