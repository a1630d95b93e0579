// Mounts (proc(5), mountinfo). They tell what kind of filesystem a directory lies on, and where a
// path really is: filesystem and place in it, so that one directory under two names (a bind mount
// into a container) is recognised as one without resolving a path in a foreign mount namespace, which
// its owner could make hang.

import { realpathSync } from 'node:fs';
import { readProc } from './procfs.js';

/** A line of mountinfo: which part of which filesystem is mounted where, and how. */
export interface Mount {
  id: number;
  /** `major:minor` of the filesystem. */
  device: string;
  root: string;
  point: string;
  /** `ext4`, `fuse.sshfs`, `nfs4`, …: programs behind FUSE share one statfs magic. */
  type: string;
  /** Of the mount and of the filesystem, together. */
  options: string[];
}

// Space, tab, newline and backslash are written as three octal digits.
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

function parse(line: string): Mount {
  const [left = '', right = ''] = line.split(' - ');
  const [id, , device = '', root = '', point = '', own = ''] = left.split(' ');
  const [type = '', , superblock = ''] = right.split(' ');
  return {
    id: Number(id),
    device,
    root: unescape(root),
    point: unescape(point),
    type,
    options: [...own.split(','), ...superblock.split(',')],
  };
}

/** The mounts that a process sees, in the order in which they were made. */
export function mountsOf(pid: number | 'self'): Mount[] {
  const text = readProc(`/proc/${String(pid)}/mountinfo`).trimEnd();
  return text === '' ? [] : text.split('\n').map(parse);
}

// What remains of `path` below `top`; undefined if it is not below.
function below(path: string, top: string): string | undefined {
  if (top === '/') return path === '/' ? '' : path;
  if (path === top) return '';
  return path.startsWith(`${top}/`) ? path.slice(top.length) : undefined;
}

function mountOfReal(path: string, mounts: readonly Mount[]): Mount | undefined {
  let best: Mount | undefined;
  // The last of several on one point is the one on top.
  for (const mount of mounts)
    if (below(path, mount.point) !== undefined && mount.point.length >= (best?.point.length ?? 0))
      best = mount;
  return best;
}

function real(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** The mount that a directory of ours lies on; undefined where that cannot be told. */
export function mountOf(dir: string): Mount | undefined {
  const path = real(dir);
  return path === undefined ? undefined : mountOfReal(path, mountsOf('self'));
}

/** A place in a filesystem, whatever it is called where. */
export interface Place {
  device: string;
  path: string;
}

/** The place of a path that a process sees through a certain mount of its own. */
export function placeThrough(mount: Mount | undefined, path: string): Place | undefined {
  const rest = mount === undefined ? undefined : below(path, mount.point);
  if (mount === undefined || rest === undefined) return undefined;
  const inside = `${mount.root === '/' ? '' : mount.root}${rest}`;
  return { device: mount.device, path: inside === '' ? '/' : inside };
}

/** The place of a directory of ours; `mounts`: those of this process, for who asks for many. */
export function placeOf(
  dir: string,
  mounts: readonly Mount[] = mountsOf('self'),
): Place | undefined {
  const path = real(dir);
  return path === undefined ? undefined : placeThrough(mountOfReal(path, mounts), path);
}

/** Whether a mount shows a place. */
export function shows(mount: Mount, place: Place): boolean {
  return mount.device === place.device && below(place.path, mount.root) !== undefined;
}
