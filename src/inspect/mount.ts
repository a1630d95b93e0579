// Which mount a directory lies on, as /proc/self/mountinfo has it (proc(5)): its type tells the
// programs behind FUSE apart, which all share one statfs magic, and its options what a network
// filesystem does with locks.

import { readFileSync, realpathSync } from 'node:fs';

export interface Mount {
  point: string;
  /** `ext4`, `fuse.sshfs`, `nfs4`, … */
  type: string;
  /** Of the mount and of the filesystem, together. */
  options: string[];
}

// mountinfo writes space, tab, newline and backslash as three octal digits.
function unescape(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(parseInt(digits, 8)),
  );
}

function parse(line: string): Mount {
  const [left = '', right = ''] = line.split(' - ');
  const [, , , , point = '', own = ''] = left.split(' ');
  const [type = '', , superblock = ''] = right.split(' ');
  const options = [...own.split(','), ...superblock.split(',')];
  return { point: unescape(point), type, options };
}

/** The mount that `dir` lies on; undefined where /proc does not tell. */
export function mountOf(dir: string): Mount | undefined {
  let text: string;
  let real: string;
  try {
    text = readFileSync('/proc/self/mountinfo', 'utf8');
    real = realpathSync(dir);
  } catch {
    return undefined;
  }
  let found: Mount | undefined;
  for (const line of text.trimEnd().split('\n')) {
    const mount = parse(line);
    const below = mount.point === '/' ? '/' : `${mount.point}/`;
    if (real !== mount.point && !real.startsWith(below)) continue;
    // The last of several on one point is the one on top.
    if (mount.point.length >= (found?.point.length ?? 0)) found = mount;
  }
  return found;
}
