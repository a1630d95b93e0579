// Who waits is told with and without the poll of the event loop on inotify, and there is none where
// libuv's functions cannot be called.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { childEnvironment } from '../../src/env.js';
import { preload } from '../faults/rig/preload.js';
import { Child } from '../helpers/child.js';
import { itWith } from '../helpers/peers.js';
import { scratch } from '../helpers/scratch.js';

const API = new URL('../../dist/index.js', import.meta.url).href;
const without = preload('no-libuv');

/** What a waiter says whose name goes: whether any epoll of its process has the inotify, and how it let go. */
function waiter(path: string, before = '', env: Readonly<Record<string, string>> = {}): Child {
  const script = `
    import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, unlinkSync } from 'node:fs';
    const [api, path] = process.argv.slice(1);
    ${before}
    const { acquire } = await import(api);
    closeSync(openSync(path, 'wx'));
    const waiting = acquire(path);
    for (const turns of [1, 2]) await new Promise(setImmediate);
    const open = readdirSync('/proc/self/fd');
    const to = (fd) => { try { return readlinkSync('/proc/self/fd/' + fd); } catch { return ''; } };
    const watcher = open.find((fd) => to(fd) === 'anon_inode:inotify');
    const polls = open.filter((fd) => to(fd) === 'anon_inode:[eventpoll]')
      .map((fd) => readFileSync('/proc/self/fdinfo/' + fd, 'utf8'));
    const polled = polls.some((text) => new RegExp('^tfd: +' + watcher + ' ', 'm').test(text));
    unlinkSync(path);
    console.log(polled, (await waiting).releaseSync());`;
  const args = ['--input-type=module', '-e', script, API, path];
  const child = new Child(process.execPath, args, { env: childEnvironment(env) });
  return child;
}

it('the event loop of Node has the inotify among what it sleeps on while somebody waits', async () => {
  const path = join(scratch(), 'l');
  const child = waiter(path);
  expect(await child.line()).toBe('true unlinked');
  expect(await child.ended).toEqual({ code: 0, signal: null });
  expect(existsSync(path)).toBe(false);
});

itWith(
  'missing' in without ? without.missing : undefined,
  'where libuv’s functions are not to be found the watcher’s thread tells',
  async () => {
    if ('missing' in without) return;
    const child = waiter(join(scratch(), 'l'), '', { LD_PRELOAD: without.library });
    expect(await child.line()).toBe('false unlinked');
    expect(await child.ended).toEqual({ code: 0, signal: null });
  },
);

it('in Bun, where they are found and each ends the process, they are not called', async () => {
  const bun = `
    const versions = { ...process.versions, bun: '1.0.0' };
    globalThis.process = Object.create(process, { versions: { value: versions } });`;
  const child = waiter(join(scratch(), 'l'), bun);
  expect(await child.line()).toBe('false unlinked');
  expect(await child.ended).toEqual({ code: 0, signal: null });
});
