// Where a path really is: the filesystem and the place in it, so that one directory under two names
// (a bind mount into a container) is recognised as one without resolving a path in a foreign mount
// namespace, which its owner could make hang.

import { realpathSync } from 'node:fs';
import { readProc } from './procfs.js';

/** A line of mountinfo: which part of which filesystem is mounted where (proc(5)). */
export interface Mount {
  device: string;
  root: string;
  point: string;
}

function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** The mounts that a process sees, by id. */
export function mountsOf(pid: number | 'self'): Map<number, Mount> {
  const mounts = new Map<number, Mount>();
  for (const line of readProc(`/proc/${String(pid)}/mountinfo`).split('\n')) {
    const [id, , device, root, point] = line.split(' ');
    if (id && device && root && point)
      mounts.set(Number(id), { device, root: unescape(root), point: unescape(point) });
  }
  return mounts;
}

function below(path: string, top: string): string | undefined {
  if (top === '/') return path;
  if (path === top) return '';
  return path.startsWith(`${top}/`) ? path.slice(top.length) : undefined;
}

function place(mount: Mount, path: string): string | undefined {
  const rest = below(path, mount.point);
  if (rest === undefined) return undefined;
  const inside = `${mount.root === '/' ? '' : mount.root}${rest}`;
  return `${mount.device} ${inside === '' ? '/' : inside}`;
}

/** The place of a path that a process sees through a certain mount of its own. */
export function placeThrough(mount: Mount | undefined, path: string): string | undefined {
  return mount === undefined ? undefined : place(mount, path);
}

/** Whether a mount shows a place, as {@link placeOf} gives it, under some name. */
export function covers({ device, root }: Mount, where: string): boolean {
  return (
    where.startsWith(`${device} `) && below(where.slice(device.length + 1), root) !== undefined
  );
}

/** The place of a directory of ours: the mount with the longest name that leads to it, newest first. */
export function placeOf(directory: string): string | undefined {
  let path: string;
  try {
    path = realpathSync(directory);
  } catch {
    return undefined;
  }
  let best: Mount | undefined;
  for (const mount of mountsOf('self').values())
    if (below(path, mount.point) !== undefined && mount.point.length >= (best?.point.length ?? 0))
      best = mount;
  return placeThrough(best, path);
}
