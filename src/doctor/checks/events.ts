// inotify: a holder learns by it that its lock was taken away, a waiter that it is free.

import { writeFileSync } from 'node:fs';
import { sysctl } from '../../inspect/sysctl.js';
import { LockError } from '../../errors.js';
import { IN, subscribe } from '../../watch.js';
import { eachDescriptor } from '../descriptors.js';
import { missing, ok, weak } from '../outcome.js';
import type { Bench, Check, Outcome } from '../types.js';

const BOUND_MS = 2000;
const WANTED: readonly [name: string, bit: number][] = [
  ['create', IN.CREATE],
  ['close', IN.CLOSE],
  ['delete', IN.DELETE],
];

const COST =
  'a holder does not learn that its lock was removed, and a waiter looks only now and then';

/** Which events of a second process arrive; 'nothing' if not even one of our own does. */
async function arrived(bench: Bench): Promise<number | 'nothing'> {
  let seen = 0;
  const { promise: sentinel, resolve } = withResolvers();
  const watch = subscribe(bench.file('.'), true, (name, mask) => {
    if (name === 'event') seen |= mask;
    if (name === 'sentinel') resolve(true);
  });
  const bound = setTimeout(resolve, BOUND_MS, false);
  try {
    const second = bench.second();
    const fd = await second.call('openExclusive', bench.file('event'));
    await second.call('close', fd);
    await second.call('unlink', bench.file('event'));
    // Events come in order: once ours is here, nothing of theirs is still to come.
    writeFileSync(bench.file('sentinel'), '');
    return (await sentinel) ? seen : 'nothing';
  } finally {
    clearTimeout(bound);
    watch.close();
  }
}

// Promise.withResolvers() is not in Node 20.
function withResolvers(): { promise: Promise<boolean>; resolve: (value: boolean) => void } {
  let resolve: (value: boolean) => void = () => undefined;
  const promise = new Promise<boolean>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

export const events: Check = {
  id: 'inotify',
  name: 'inotify events of others',
  guarantee: 'a holder learns within milliseconds that its lock was taken away',
  writes: true,
  async run(bench) {
    let seen: number | 'nothing';
    try {
      seen = await arrived(bench);
    } catch (error) {
      if (!LockError.is(error)) throw error;
      return missing(
        `${error.syscall ?? 'inotify'}: ${error.errnoName ?? error.message}`,
        COST,
        'raise fs.inotify.max_user_instances and fs.inotify.max_user_watches',
      );
    }
    const bits = seen === 'nothing' ? 0 : seen;
    const lost = WANTED.filter(([, bit]) => (bits & bit) === 0).map(([name]) => name);
    if (lost.length === 0) return ok('create, close and delete by a second process arrived');
    return missing(`did not arrive from a second process: ${lost.join(', ')}`, COST);
  },
};

/** The lower of the host's limit and the user namespace's (user_namespaces(7), inotify(7)). */
function limit(what: 'instances' | 'watches', sysctls: string): number {
  const limits = [
    sysctl(`fs/inotify/max_user_${what}`, sysctls),
    sysctl(`user/max_inotify_${what}`, sysctls),
  ];
  return Math.min(...limits.filter((value) => value !== undefined));
}

/** Whether what is in use leaves a margin below the limit. */
export function judgeRoom(used: number, max: number, what: string, margin: number): Outcome {
  const detail = `${String(used)} of ${max === Infinity ? 'unknown' : String(max)} ${what}`;
  if (max - used >= margin) return ok(detail);
  return weak(
    detail,
    'soon no process of this user can watch its locks: a lost lock goes unnoticed',
    `raise fs.inotify.max_user_${what}`,
  );
}

export const room: Check = {
  id: 'inotify-room',
  name: 'inotify limits',
  host: true,
  run(bench) {
    let instances = 0;
    let watches = 0;
    const uid = process.geteuid?.();
    for (const { owner, target, info } of eachDescriptor()) {
      if (owner !== uid || target !== 'anon_inode:inotify') continue;
      instances++;
      watches += info().match(/^inotify wd:/gm)?.length ?? 0;
    }
    const found = [
      judgeRoom(instances, limit('instances', bench.sysctls), 'instances', 8),
      judgeRoom(watches, limit('watches', bench.sysctls), 'watches', 64),
    ] as const;
    const detail = `in use by this user: ${found.map((outcome) => outcome.detail).join(', ')}`;
    return { ...(found.find(({ status }) => status !== 'ok') ?? found[0]), detail };
  },
};
